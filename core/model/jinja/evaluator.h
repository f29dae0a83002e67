#pragma once

#include "core/model/jinja/syntax.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace winnow::jinja {

/// Runs a template once.
class Evaluator {
public:
    /// @param variables  a Dict: what the template is called with.
    Evaluator(Machine &machine, const Syntax &syntax, Value variables)
        : m_machine(machine)
        , m_syntax(syntax)
        , m_variables(std::move(variables))
    {
    }

    /// The rendered text. @error Failure with the line.
    std::string run();

private:
    enum class Flow { Normal, Break, Continue };
    using Block = std::vector<StatementPtr>;

    struct Scope {
        const FramePlan *plan;
        Scope *parent;
        std::vector<Value> slots;
    };

    // variables
    Scope &open(const FramePlan &plan, Scope *parent, std::optional<Scope> &local);
    void enter(Scope &scope);
    Value &slot(Scope &scope, SlotRef ref);
    Value resolve(const std::string &name);
    void assign(const Expression &target, const Value &value, Scope &scope);
    void checkNamespaces(const Expression &target, Scope &scope);

    // statements
    Flow execute(const Block &block, Scope &scope);
    Flow execute(const Statement &statement, Scope &scope);
    Flow executeIf(const Statement &statement, Scope &scope);
    Flow executeFor(const Statement &statement, Scope &scope);
    Flow runLoop(const Statement &statement, Scope &scope, const Value &iterable, int64_t depth0);
    Flow runBody(const Statement &statement, Scope &body, LoopObject &loop, bool &completed);
    Value filteredItems(const Statement &statement, Scope &scope, const Value &iterable);
    Value rebuilt(const Expression &target, Scope &scope);
    Value loopObject(const Statement &statement, Scope &scope, const Value &iterable, int64_t depth0);
    Flow executeSet(const Statement &statement, Scope &scope);
    Flow executeCaptured(const Statement &statement, Scope &scope);
    Flow executeWith(const Statement &statement, Scope &scope);
    Value macro(const Statement &statement, Scope &scope);
    Value invoke(const Statement &statement, Scope &scope, Arguments &arguments);
    void bindParameters(const Statement &statement, Scope &inner, Arguments &arguments);
    template <typename Body> std::string captured(Body body);

    // expressions
    Value evaluate(const Expression &expression, Scope &scope);
    Value evaluateName(const Expression &expression, Scope &scope);
    Value evaluateCompare(const Expression &expression, Scope &scope);
    Value evaluateCondition(const Expression &expression, Scope &scope);
    Value evaluateFilter(const Expression &expression, Scope &scope);
    Value evaluateConcat(const Expression &expression, Scope &scope);
    Value evaluateDict(const Expression &expression, Scope &scope);
    Value evaluateSlice(const Expression &expression, Scope &scope);
    Value evaluateCall(const Expression &expression, Scope &scope, const Value &caller);
    std::vector<Value> evaluateAll(const std::vector<ExpressionPtr> &expressions, Scope &scope);
    Arguments evaluateArguments(const CallArguments &arguments, Scope &scope);

    Machine &m_machine;
    const Syntax &m_syntax;
    Value m_variables;
    Value m_blockText; // what a filter without a value in front works on
    Builder *m_out = nullptr;
    std::vector<std::unique_ptr<Scope>> m_kept; // frames that macros and generators hold
};

} // namespace winnow::jinja
