#include "core/model/jinja/parser.h"

#include <algorithm>
#include <array>

namespace winnow::jinja {

ExpressionPtr Parser::node(ExpressionKind kind, int line) const
{
    auto made = std::make_unique<Expression>();
    made->kind = kind;
    made->line = line;
    return made;
}

void Parser::adopt(Expression &parent, ExpressionPtr child)
{
    if (child)
        deepen(parent, *child);
    parent.operands.push_back(std::move(child));
}

void Parser::adoptArguments(Expression &parent, std::unique_ptr<CallArguments> arguments)
{
    for (const ExpressionPtr &argument : arguments->positional)
        deepen(parent, *argument);
    for (const auto &named : arguments->named)
        deepen(parent, *named.second);
    for (const ExpressionPtr *dynamic : { &arguments->list, &arguments->map }) {
        if (*dynamic)
            deepen(parent, **dynamic);
    }
    parent.arguments = std::move(arguments);
}

void Parser::deepen(Expression &parent, const Expression &child)
{
    parent.depth = std::max(parent.depth, child.depth + 1);
    if (parent.depth > 2 * kMaxSourceDepth)
        fail("an expression nests deeper than " + std::to_string(2 * kMaxSourceDepth), child.line);
}

ExpressionPtr Parser::expression(bool withCondition)
{
    const Nesting nesting(*this);
    return withCondition ? condition() : orExpression();
}

ExpressionPtr Parser::condition()
{
    const Nesting nesting(*this); // "a if b else c if d else ..." recurses
    int line = current().line;
    ExpressionPtr value = orExpression();
    while (skipName("if")) {
        ExpressionPtr made = node(ExpressionKind::Condition, line);
        adopt(*made, orExpression());
        adopt(*made, std::move(value));
        adopt(*made, skipName("else") ? condition() : nullptr);
        value = std::move(made);
        line = current().line;
    }
    return value;
}

ExpressionPtr Parser::orExpression()
{
    const int line = current().line;
    ExpressionPtr left = andExpression();
    while (skipName("or")) {
        ExpressionPtr made = node(ExpressionKind::Or, line);
        adopt(*made, std::move(left));
        adopt(*made, andExpression());
        left = std::move(made);
    }
    return left;
}

ExpressionPtr Parser::andExpression()
{
    const int line = current().line;
    ExpressionPtr left = notExpression();
    while (skipName("and")) {
        ExpressionPtr made = node(ExpressionKind::And, line);
        adopt(*made, std::move(left));
        adopt(*made, notExpression());
        left = std::move(made);
    }
    return left;
}

ExpressionPtr Parser::notExpression()
{
    if (!isName("not"))
        return comparison();
    const Nesting nesting(*this);
    ExpressionPtr made = node(ExpressionKind::Not, take().line);
    adopt(*made, notExpression());
    return made;
}

ExpressionPtr Parser::comparison()
{
    static constexpr std::array<std::pair<std::string_view, Comparison>, 6> kOperators { { { "==", Comparison::Equal },
        { "!=", Comparison::NotEqual }, { "<", Comparison::Less }, { "<=", Comparison::LessEqual },
        { ">", Comparison::Greater }, { ">=", Comparison::GreaterEqual } } };
    ExpressionPtr made = node(ExpressionKind::Compare, current().line);
    adopt(*made, sum());
    for (;;) {
        const auto found = std::find_if(
            kOperators.begin(), kOperators.end(), [&](const auto &entry) { return isOperator(entry.first); });
        if (found != kOperators.end()) {
            take();
            made->comparisons.push_back(found->second);
        } else if (skipName("in")) {
            made->comparisons.push_back(Comparison::In);
        } else if (isName("not") && ahead().kind == TokenKind::Name && ahead().text == "in") {
            take();
            take();
            made->comparisons.push_back(Comparison::NotIn);
        } else {
            break;
        }
        adopt(*made, sum());
    }
    return made->comparisons.empty() ? std::move(made->operands[0]) : std::move(made);
}

ExpressionPtr Parser::binary(ExpressionPtr left, ExpressionPtr right, BinaryOperator op, int line)
{
    ExpressionPtr made = node(ExpressionKind::Binary, line);
    made->binary = op;
    adopt(*made, std::move(left));
    adopt(*made, std::move(right));
    return made;
}

ExpressionPtr Parser::sum()
{
    const int line = current().line;
    ExpressionPtr left = concatenation();
    while (isOperator("+") || isOperator("-")) {
        const BinaryOperator op = take().text == "+" ? BinaryOperator::Add : BinaryOperator::Subtract;
        left = binary(std::move(left), concatenation(), op, line);
    }
    return left;
}

ExpressionPtr Parser::concatenation()
{
    ExpressionPtr made = node(ExpressionKind::Concat, current().line);
    adopt(*made, product());
    while (skipOperator("~"))
        adopt(*made, product());
    return made->operands.size() == 1 ? std::move(made->operands[0]) : std::move(made);
}

ExpressionPtr Parser::product()
{
    const int line = current().line;
    ExpressionPtr left = power();
    while (isOperator("*") || isOperator("/") || isOperator("//") || isOperator("%")) {
        const std::string symbol = take().text;
        const BinaryOperator op = symbol == "*" ? BinaryOperator::Multiply
            : symbol == "/"                     ? BinaryOperator::Divide
            : symbol == "//"                    ? BinaryOperator::FloorDivide
                                                : BinaryOperator::Modulo;
        left = binary(std::move(left), power(), op, line);
    }
    return left;
}

ExpressionPtr Parser::power()
{
    const int line = current().line;
    ExpressionPtr left = unary();
    while (skipOperator("**"))
        left = binary(std::move(left), unary(), BinaryOperator::Power, line);
    return left;
}

ExpressionPtr Parser::unary(bool withFilter)
{
    ExpressionPtr value;
    if (isOperator("-") || isOperator("+")) {
        const Nesting nesting(*this);
        value = node(isOperator("-") ? ExpressionKind::Negative : ExpressionKind::Positive, current().line);
        take();
        adopt(*value, unary(false));
    } else {
        value = primary();
    }
    value = postfix(std::move(value));
    return withFilter ? filtersAndTests(std::move(value)) : std::move(value);
}

} // namespace winnow::jinja
