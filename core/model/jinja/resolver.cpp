#include "core/model/jinja/failure.h"
#include "core/model/jinja/symbols.h"
#include "core/model/jinja/undeclared.h"

#include <algorithm>

namespace winnow::jinja {

namespace {

    /// Checks that jinja2 makes when it compiles, and places for all names.
    class Resolver {
    public:
        void templateFrame(Syntax &syntax)
        {
            Symbols symbols(syntax.frame, nullptr);
            analyse(syntax.body, symbols);
            place(syntax.body, symbols, {});
        }

    private:
        struct Surroundings {
            bool inLoop = false;
            bool isSoft = false; ///< inside an `if` of this frame: unknown filters fail when they are evaluated
            Surroundings hard() const { return { inLoop, false }; }
        };
        using Block = std::vector<StatementPtr>;

        // Analysis: which names a frame loads and stores, in the order of jinja2's visitor.

        void analyse(const Expression &expression, Symbols &symbols)
        {
            if (expression.kind == ExpressionKind::Name || expression.kind == ExpressionKind::NamespaceTarget)
                symbols.load(expression.name);
            for (const ExpressionPtr &operand : expression.operands) {
                if (operand)
                    analyse(*operand, symbols);
            }
            eachArgument(expression, [&](const Expression &argument) { analyse(argument, symbols); });
        }

        static void store(const Expression &target, Symbols &symbols)
        {
            eachTarget(target, [&](const Expression &part) {
                if (part.kind == ExpressionKind::NamespaceTarget)
                    symbols.load(part.name);
                else
                    symbols.store(part.name);
            });
        }

        static void declare(const Expression &target, Symbols &symbols)
        {
            eachTarget(target, [&](const Expression &part) { symbols.declareParameter(part.name); });
        }

        void analyse(const Block &block, Symbols &symbols)
        {
            for (const StatementPtr &statement : block)
                analyse(*statement, symbols);
        }

        void analyse(const Statement &statement, Symbols &symbols)
        {
            switch (statement.kind) {
            case StatementKind::Output:
            case StatementKind::With: // only the values belong to the outer frame
                for (const ExpressionPtr &value : statement.values)
                    analyse(*value, symbols);
                return;
            case StatementKind::If:
                return analyseBranches(statement, symbols);
            case StatementKind::For:
            case StatementKind::CallBlock:
            case StatementKind::FilterBlock:
                return analyse(*statement.value, symbols);
            case StatementKind::Set:
                analyse(*statement.value, symbols);
                return store(*statement.target, symbols);
            case StatementKind::SetBlock:
                return store(*statement.target, symbols);
            case StatementKind::Macro:
                return symbols.store(statement.name);
            case StatementKind::Generation:
            case StatementKind::Break:
            case StatementKind::Continue:
                return;
            }
        }

        /// jinja2 visits the test of the first branch in the frame itself, every elif as one more branch with its test.
        void analyseBranches(const Statement &statement, Symbols &symbols)
        {
            analyse(*statement.branches[0].test, symbols);
            const Symbols before = symbols;
            std::vector<Symbols> branches(1, before);
            analyse(statement.branches[0].body, branches[0]);
            Symbols others = before; // all elifs are one list
            Symbols last = before;
            for (size_t i = 1; i < statement.branches.size(); ++i) {
                const Branch &branch = statement.branches[i];
                if (!branch.test) {
                    analyse(branch.body, last);
                    continue;
                }
                analyse(*branch.test, others);
                std::vector<Symbols> inner(1, others);
                analyse(branch.body, inner[0]);
                others.mergeBranches(inner);
            }
            branches.push_back(others);
            branches.push_back(last);
            symbols.mergeBranches(branches);
        }

        // Places: names get their slots, inner frames are analysed on the way.

        void place(Expression &expression, const Symbols &symbols, bool isSoft)
        {
            if (expression.kind == ExpressionKind::Name || expression.kind == ExpressionKind::NamespaceTarget)
                expression.slot = symbols.find(expression.name);
            const bool isUnknown = (expression.kind == ExpressionKind::Filter && !isFilterName(expression.name))
                || (expression.kind == ExpressionKind::Test && !isTestName(expression.name));
            if (isUnknown && !isSoft)
                throw Failure { ErrorCode::BadInput, expression.line,
                    std::string("No ") + (expression.kind == ExpressionKind::Filter ? "filter" : "test") + " named '"
                        + expression.name + "'.",
                    {} };
            const bool inner = isSoft || expression.kind == ExpressionKind::Condition;
            for (const ExpressionPtr &operand : expression.operands) {
                if (operand)
                    place(*operand, symbols, inner);
            }
            eachArgument(expression,
                [&](const Expression &argument) { place(const_cast<Expression &>(argument), symbols, inner); });
        }

        void place(const Block &block, const Symbols &symbols, Surroundings around)
        {
            for (const StatementPtr &statement : block)
                place(*statement, symbols, around);
        }

        void place(Statement &statement, const Symbols &symbols, Surroundings around)
        {
            for (const ExpressionPtr &value : statement.values)
                place(*value, symbols, around.isSoft);
            switch (statement.kind) {
            case StatementKind::Output:
                return;
            case StatementKind::If:
                for (Branch &branch : statement.branches) {
                    if (branch.test)
                        place(*branch.test, symbols, true);
                    place(branch.body, symbols, { around.inLoop, true });
                }
                return;
            case StatementKind::For:
                return placeFor(statement, symbols, around);
            case StatementKind::Set:
                place(*statement.value, symbols, around.isSoft);
                return place(*statement.target, symbols, around.isSoft);
            case StatementKind::SetBlock:
            case StatementKind::FilterBlock:
            case StatementKind::With:
                return placeInner(statement, symbols, around);
            case StatementKind::Macro:
                statement.nameSlot = symbols.find(statement.name);
                return placeMacro(statement, symbols);
            case StatementKind::CallBlock:
                place(*statement.value, symbols, around.isSoft);
                return placeMacro(statement, symbols);
            case StatementKind::Generation:
                return placeMacro(statement, symbols);
            case StatementKind::Break:
            case StatementKind::Continue:
                if (!around.inLoop)
                    throw Failure { ErrorCode::BadInput, statement.line,
                        statement.kind == StatementKind::Break ? "'break' outside loop"
                                                               : "'continue' not properly in loop",
                        {} };
                return;
            }
        }

        void placeInner(Statement &statement, const Symbols &symbols, Surroundings around)
        {
            Symbols inner(statement.frame, &symbols);
            for (const ExpressionPtr &target : statement.parameters)
                declare(*target, inner);
            analyse(statement.body, inner);
            if (statement.value)
                analyse(*statement.value, inner);
            for (const ExpressionPtr &target : statement.parameters)
                place(*target, inner, false);
            if (statement.target)
                place(*statement.target, symbols, around.isSoft);
            if (statement.value)
                place(*statement.value, inner, false);
            place(statement.body, inner, around.hard());
        }

        static void checkLoopTargets(const Expression &target)
        {
            eachTarget(target, [](const Expression &part) {
                if (part.kind == ExpressionKind::Name && part.name == "loop")
                    throw Failure { ErrorCode::BadInput, part.line,
                        "Can't assign to special loop variable in for-loop target", {} };
            });
        }

        static void checkLoopTargets(const Block &block)
        {
            for (const StatementPtr &statement : block) {
                if (statement->target && statement->kind != StatementKind::Macro)
                    checkLoopTargets(*statement->target);
                checkLoopTargets(statement->body);
                checkLoopTargets(statement->otherwise);
                for (const Branch &branch : statement->branches)
                    checkLoopTargets(branch.body);
            }
        }

        void placeFor(Statement &statement, const Symbols &symbols, Surroundings around)
        {
            checkLoopTargets(*statement.target);
            checkLoopTargets(statement.body);
            checkLoopTargets(statement.otherwise);
            place(*statement.value, symbols, around.isSoft);
            if (statement.test || statement.recursive)
                symbols.capture();
            Symbols body(statement.frame, &symbols);
            statement.loopSlot = body.declareParameter("loop");
            declare(*statement.target, body);
            analyse(statement.body, body);
            place(*statement.target, body, false);
            place(statement.body, body, { true, false });
            Symbols otherwise(statement.otherwiseFrame, &symbols);
            analyse(statement.otherwise, otherwise);
            place(statement.otherwise, otherwise, around.hard());
            if (!statement.test)
                return;
            Symbols test(statement.testFrame, &symbols);
            test.declareParameter(
                {}); // in the place of `loop`, so that targets have the slots that they have in the body
            declare(*statement.target, test);
            analyse(*statement.test, test);
            place(*statement.test, test, false);
        }

        void placeMacro(Statement &statement, const Symbols &symbols)
        {
            symbols.capture();
            Symbols inner(statement.frame, &symbols);
            const auto declareAll = [&] {
                for (const ExpressionPtr &parameter : statement.parameters)
                    inner.declareParameter(parameter->name);
                for (const ExpressionPtr &value : statement.defaults)
                    analyse(*value, inner);
                analyse(statement.body, inner);
            };
            declareAll();
            const auto has = [&](const char *name) {
                return std::any_of(statement.parameters.begin(), statement.parameters.end(),
                    [name](const ExpressionPtr &p) { return p->name == name; });
            };
            declareSpecial(statement, inner, has("caller"), has("kwargs"), has("varargs"));
            declareAll();
            for (const ExpressionPtr &parameter : statement.parameters)
                place(*parameter, inner, false);
            for (const ExpressionPtr &value : statement.defaults)
                place(*value, inner, false);
            place(statement.body, inner, {});
        }

        void declareSpecial(Statement &statement, Symbols &inner, bool hasCaller, bool hasNamed, bool hasPositional)
        {
            if (readsUndeclared(statement.body, "caller")) {
                if (hasCaller) {
                    const auto isCaller = [](const ExpressionPtr &p) { return p->name == "caller"; };
                    const auto at = std::find_if(statement.parameters.begin(), statement.parameters.end(), isCaller)
                        - statement.parameters.begin();
                    if (static_cast<size_t>(at) < statement.parameters.size() - statement.defaults.size())
                        throw Failure { ErrorCode::BadInput, statement.line,
                            "When defining macros or call blocks the special \"caller\" argument must be omitted or be "
                            "given a default.",
                            {} };
                } else {
                    statement.callerSlot = inner.declareParameter("caller");
                }
                statement.takesCaller = true;
            }
            if (readsUndeclared(statement.body, "kwargs") && !hasNamed) {
                statement.namedSlot = inner.declareParameter("kwargs");
                statement.takesNamed = true;
            }
            if (readsUndeclared(statement.body, "varargs") && !hasPositional) {
                statement.positionalSlot = inner.declareParameter("varargs");
                statement.takesPositional = true;
            }
        }
    };

} // namespace

void resolveNames(Syntax &syntax) { Resolver().templateFrame(syntax); }

} // namespace winnow::jinja
