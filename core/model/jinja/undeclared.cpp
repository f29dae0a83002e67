#include "core/model/jinja/undeclared.h"

#include <algorithm>

namespace winnow::jinja {
namespace {

    using Block = std::vector<StatementPtr>;

    bool readsIn(const Block &block, const std::string &name, bool &declared);
    bool readsIn(const Statement &statement, const std::string &name, bool &declared);

    bool readsIn(const Expression &expression, const std::string &name, bool &declared)
    {
        if (declared)
            return false;
        if (expression.kind == ExpressionKind::Name && expression.name == name)
            return true;
        for (const ExpressionPtr &operand : expression.operands) {
            if (operand && readsIn(*operand, name, declared))
                return true;
        }
        bool found = false;
        eachArgument(
            expression, [&](const Expression &argument) { found = found || readsIn(argument, name, declared); });
        return found;
    }

    bool readsIn(const Block &block, const std::string &name, bool &declared)
    {
        return std::any_of(block.begin(), block.end(),
            [&](const StatementPtr &statement) { return readsIn(*statement, name, declared); });
    }

    void note(const Expression &target, const std::string &name, bool &declared)
    {
        eachTarget(target, [&](const Expression &part) {
            declared = declared || (part.kind == ExpressionKind::Name && part.name == name);
        });
    }

    /// Visits the parts of a statement in the order of the node's fields in jinja2.nodes.
    bool readsIn(const Statement &statement, const std::string &name, bool &declared)
    {
        const auto one = [&](const ExpressionPtr &part) { return part && readsIn(*part, name, declared); };
        const auto many
            = [&](const std::vector<ExpressionPtr> &parts) { return std::any_of(parts.begin(), parts.end(), one); };
        switch (statement.kind) {
        case StatementKind::For:
            note(*statement.target, name, declared);
            return one(statement.value) || readsIn(statement.body, name, declared)
                || readsIn(statement.otherwise, name, declared) || one(statement.test);
        case StatementKind::If:
            return std::any_of(statement.branches.begin(), statement.branches.end(),
                [&](const Branch &branch) { return one(branch.test) || readsIn(branch.body, name, declared); });
        case StatementKind::Set:
            note(*statement.target, name, declared);
            return one(statement.value);
        case StatementKind::SetBlock:
            note(*statement.target, name, declared);
            return one(statement.value) || readsIn(statement.body, name, declared);
        case StatementKind::CallBlock:
            if (one(statement.value))
                return true;
            [[fallthrough]];
        case StatementKind::Macro:
            for (const ExpressionPtr &parameter : statement.parameters)
                note(*parameter, name, declared);
            return many(statement.defaults) || readsIn(statement.body, name, declared);
        case StatementKind::With:
            for (const ExpressionPtr &parameter : statement.parameters)
                note(*parameter, name, declared);
            return many(statement.values) || readsIn(statement.body, name, declared);
        default:
            return many(statement.values) || readsIn(statement.body, name, declared) || one(statement.value);
        }
    }

} // namespace

bool readsUndeclared(const std::vector<StatementPtr> &block, const std::string &name)
{
    bool declared = false;
    return readsIn(block, name, declared);
}

} // namespace winnow::jinja
