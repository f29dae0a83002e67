#pragma once

#include "core/model/jinja/syntax.h"

#include <functional>
#include <string>
#include <vector>

namespace winnow::jinja {

/// Calls `visit` with every argument of a call, filter or test.
template <typename Visit> void eachArgument(const Expression &expression, Visit visit)
{
    if (!expression.arguments)
        return;
    for (const ExpressionPtr &argument : expression.arguments->positional)
        visit(*argument);
    for (const auto &named : expression.arguments->named)
        visit(*named.second);
    if (expression.arguments->list)
        visit(*expression.arguments->list);
    if (expression.arguments->map)
        visit(*expression.arguments->map);
}

/// Calls `visit` with every name that a target assigns to.
inline void eachTarget(const Expression &target, const std::function<void(const Expression &)> &visit)
{
    if (target.kind != ExpressionKind::Tuple)
        return visit(target);
    for (const ExpressionPtr &part : target.operands)
        eachTarget(*part, visit);
}

/// Whether code reads one of the special names of a macro without having set it (jinja2's find_undeclared).
bool readsUndeclared(const std::vector<StatementPtr> &block, const std::string &name);

} // namespace winnow::jinja
