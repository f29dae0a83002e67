#include "core/model/jinja/parser.h"
#include "core/model/jinja/text.h"

#include <algorithm>
#include <array>

namespace winnow::jinja {
namespace {

    bool isConstantName(std::string_view name)
    {
        static constexpr std::array<std::string_view, 6> kNames { "true", "false", "none", "True", "False", "None" };
        return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
    }

    Value constantText(std::string text)
    {
        auto object = std::make_shared<StringObject>();
        object->ascii = isAscii(text);
        object->text = std::move(text);
        return { Kind::String, std::move(object) };
    }

} // namespace

ExpressionPtr Parser::number()
{
    const Token token = take();
    ExpressionPtr made = node(ExpressionKind::Constant, token.line);
    made->constant = token.kind == TokenKind::Integer ? Value::integer(token.integer) : Value::real(token.real);
    return made;
}

ExpressionPtr Parser::primary(bool withNamespace)
{
    const int line = current().line;
    if (current().kind == TokenKind::Name) {
        const std::string name = take().text;
        ExpressionPtr made = node(ExpressionKind::Name, line);
        if (isConstantName(name)) {
            made->kind = ExpressionKind::Constant;
            made->constant
                = name == "none" || name == "None" ? Value::none() : Value::boolean(name == "true" || name == "True");
        } else if (withNamespace && isOperator(".")) {
            take();
            made->kind = ExpressionKind::NamespaceTarget;
            made->attribute = expect(TokenKind::Name).text;
        }
        made->name = name;
        return made;
    }
    if (current().kind == TokenKind::String) {
        std::string text;
        while (current().kind == TokenKind::String)
            text += take().text;
        ExpressionPtr made = node(ExpressionKind::Constant, line);
        made->constant = constantText(std::move(text));
        return made;
    }
    if (current().kind == TokenKind::Integer || current().kind == TokenKind::Float)
        return number();
    if (skipOperator("(")) {
        ExpressionPtr made = tuple(true, {}, true);
        expectOperator(")");
        return made;
    }
    if (isOperator("["))
        return list();
    if (isOperator("{"))
        return dictionary();
    const std::string got = current().kind == TokenKind::End ? "end of template"
        : current().kind == TokenKind::BlockEnd              ? "end of statement block"
        : current().kind == TokenKind::VariableEnd           ? "end of print statement"
                                                             : current().text;
    fail("unexpected " + quoted(got));
}

ExpressionPtr Parser::list()
{
    ExpressionPtr made = node(ExpressionKind::List, take().line);
    while (!isOperator("]")) {
        if (!made->operands.empty())
            expectOperator(",");
        if (isOperator("]"))
            break;
        adopt(*made, expression());
    }
    expectOperator("]");
    return made;
}

ExpressionPtr Parser::dictionary()
{
    ExpressionPtr made = node(ExpressionKind::Dict, take().line);
    while (!isOperator("}")) {
        if (!made->operands.empty())
            expectOperator(",");
        if (isOperator("}"))
            break;
        adopt(*made, expression());
        expectOperator(":");
        adopt(*made, expression());
    }
    expectOperator("}");
    return made;
}

bool Parser::isTupleEnd(std::string_view endName) const
{
    return current().kind == TokenKind::VariableEnd || current().kind == TokenKind::BlockEnd || isOperator(")")
        || (!endName.empty() && isName(endName));
}

ExpressionPtr Parser::tuple(bool withCondition, std::string_view endName, bool inParentheses)
{
    const int line = current().line;
    ExpressionPtr made = node(ExpressionKind::Tuple, line);
    bool isTuple = false;
    for (;;) {
        if (!made->operands.empty())
            expectOperator(",");
        if (isTupleEnd(endName))
            break;
        adopt(*made, expression(withCondition));
        if (!isOperator(","))
            break;
        isTuple = true;
    }
    if (isTuple)
        return made;
    if (!made->operands.empty())
        return std::move(made->operands[0]);
    if (!inParentheses)
        fail("Expected an expression, got "
            + quoted(current().kind == TokenKind::BlockEnd     ? "end of statement block"
                    : current().kind == TokenKind::VariableEnd ? "end of print statement"
                                                               : current().text));
    return made;
}

void Parser::checkTarget(const Expression &target) const
{
    if (target.kind == ExpressionKind::Tuple) {
        for (const ExpressionPtr &part : target.operands)
            checkTarget(*part);
        return;
    }
    const bool isFree = target.kind == ExpressionKind::Name || target.kind == ExpressionKind::NamespaceTarget;
    if (!isFree)
        fail("can't assign to this expression", target.line);
}

ExpressionPtr Parser::assignTarget(bool withNamespace, std::string_view endName)
{
    ExpressionPtr made = node(ExpressionKind::Tuple, current().line);
    bool isTuple = false;
    for (;;) {
        if (!made->operands.empty())
            expectOperator(",");
        if (isTupleEnd(endName))
            break;
        adopt(*made, primary(withNamespace));
        if (!isOperator(","))
            break;
        isTuple = true;
    }
    if (made->operands.empty())
        fail("Expected an expression, got "
            + quoted(current().kind == TokenKind::BlockEnd ? "end of statement block" : current().text));
    ExpressionPtr target = isTuple ? std::move(made) : std::move(made->operands[0]);
    checkTarget(*target);
    return target;
}

ExpressionPtr Parser::nameTarget()
{
    ExpressionPtr made = node(ExpressionKind::Name, current().line);
    made->name = expect(TokenKind::Name).text;
    if (isConstantName(made->name))
        fail("can't assign to 'name'", made->line);
    return made;
}

} // namespace winnow::jinja
