#include "core/model/jinja/failure.h"
#include "core/model/jinja/parser.h"
#include "core/model/jinja/text.h"

#include <algorithm>
#include <array>

namespace winnow::jinja {
namespace {

    bool isConstantName(std::string_view name)
    {
        static constexpr std::array<std::string_view, 6> kNames{"true", "false", "none", "True", "False", "None"};
        return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
    }

    Value constantText(std::string text)
    {
        auto object = std::make_shared<StringObject>();
        object->ascii = isAscii(text);
        object->text = std::move(text);
        return {Kind::String, std::move(object)};
    }

} // namespace

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
    for (const ExpressionPtr *dynamic : {&arguments->list, &arguments->map}) {
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
    static constexpr std::array<std::pair<std::string_view, Comparison>, 6> kOperators{{{"==", Comparison::Equal}, {"!=", Comparison::NotEqual},
        {"<", Comparison::Less}, {"<=", Comparison::LessEqual}, {">", Comparison::Greater}, {">=", Comparison::GreaterEqual}}};
    ExpressionPtr made = node(ExpressionKind::Compare, current().line);
    adopt(*made, sum());
    for (;;) {
        const auto found = std::find_if(kOperators.begin(), kOperators.end(), [&](const auto &entry) { return isOperator(entry.first); });
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
        const BinaryOperator op = symbol == "*" ? BinaryOperator::Multiply : symbol == "/" ? BinaryOperator::Divide
            : symbol == "//" ? BinaryOperator::FloorDivide : BinaryOperator::Modulo;
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
            made->constant = name == "none" || name == "None" ? Value::none() : Value::boolean(name == "true" || name == "True");
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
    const std::string got = current().kind == TokenKind::End ? "end of template" : current().kind == TokenKind::BlockEnd ? "end of statement block"
        : current().kind == TokenKind::VariableEnd ? "end of print statement" : current().text;
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
        fail("Expected an expression, got " + quoted(current().kind == TokenKind::BlockEnd ? "end of statement block" : current().kind == TokenKind::VariableEnd ? "end of print statement" : current().text));
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
        fail("Expected an expression, got " + quoted(current().kind == TokenKind::BlockEnd ? "end of statement block" : current().text));
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

ExpressionPtr Parser::postfix(ExpressionPtr value)
{
    for (;;) {
        if (isOperator(".") || isOperator("["))
            value = subscript(std::move(value));
        else if (isOperator("("))
            value = call(std::move(value));
        else
            return value;
    }
}

ExpressionPtr Parser::filtersAndTests(ExpressionPtr value)
{
    for (;;) {
        if (isOperator("|"))
            value = filters(std::move(value));
        else if (isName("is"))
            value = test(std::move(value));
        else if (isOperator("("))
            value = call(std::move(value));
        else
            return value;
    }
}

ExpressionPtr Parser::subscript(ExpressionPtr value)
{
    const Token token = take();
    if (token.text == "[")
        return subscriptIndex(std::move(value), token.line);
    if (current().kind == TokenKind::Name) {
        ExpressionPtr made = node(ExpressionKind::Attribute, token.line);
        made->name = take().text;
        adopt(*made, std::move(value));
        return made;
    }
    if (current().kind != TokenKind::Integer)
        fail("expected name or number");
    ExpressionPtr made = node(ExpressionKind::Item, token.line);
    adopt(*made, std::move(value));
    adopt(*made, number());
    return made;
}

ExpressionPtr Parser::subscriptIndex(ExpressionPtr object, int line)
{
    ExpressionPtr made = node(ExpressionKind::Item, line);
    adopt(*made, std::move(object));
    const auto isEnd = [&] { return isOperator("]") || isOperator(","); };
    if (isOperator("]")) { // object[] is object[()]
        adopt(*made, node(ExpressionKind::Tuple, line));
        take();
        return made;
    }
    ExpressionPtr first = isOperator(":") ? nullptr : expression();
    if (!isOperator(":")) {
        if (!isOperator(",")) {
            adopt(*made, std::move(first));
        } else {
            ExpressionPtr key = node(ExpressionKind::Tuple, line);
            adopt(*key, std::move(first));
            while (skipOperator(","))
                adopt(*key, expression());
            adopt(*made, std::move(key));
        }
        expectOperator("]");
        return made;
    }
    made->kind = ExpressionKind::Slice;
    adopt(*made, std::move(first));
    take();
    adopt(*made, isOperator(":") || isEnd() ? nullptr : expression());
    adopt(*made, skipOperator(":") && !isEnd() ? expression() : nullptr);
    expectOperator("]");
    return made;
}

ExpressionPtr Parser::call(ExpressionPtr callee)
{
    ExpressionPtr made = node(ExpressionKind::Call, current().line);
    adopt(*made, std::move(callee));
    adoptArguments(*made, callArguments());
    return made;
}

std::unique_ptr<CallArguments> Parser::callArguments()
{
    const Nesting nesting(*this);
    const int line = current().line;
    expectOperator("(");
    auto arguments = std::make_unique<CallArguments>();
    for (bool first = true; !isOperator(")"); first = false) {
        if (!first) {
            expectOperator(",");
            if (isOperator(")"))
                break;
        }
        callArgument(*arguments, line);
    }
    expectOperator(")");
    return arguments;
}

void Parser::callArgument(CallArguments &arguments, int line)
{
    const auto ensure = [&](bool holds) {
        if (!holds)
            fail("invalid syntax for function call expression", line);
    };
    if (skipOperator("*")) {
        ensure(!arguments.list && !arguments.map);
        arguments.list = expression();
    } else if (skipOperator("**")) {
        ensure(!arguments.map);
        arguments.map = expression();
    } else if (current().kind == TokenKind::Name && ahead().kind == TokenKind::Operator && ahead().text == "=") {
        ensure(!arguments.map);
        std::string name = take().text;
        take();
        const auto isSame = [&](const auto &entry) { return entry.first == name; };
        if (std::any_of(arguments.named.begin(), arguments.named.end(), isSame))
            fail("keyword argument repeated: " + name, line);
        arguments.named.emplace_back(std::move(name), expression());
    } else {
        ensure(!arguments.list && !arguments.map && arguments.named.empty());
        arguments.positional.push_back(expression());
    }
}

ExpressionPtr Parser::filters(ExpressionPtr value, bool startsInline)
{
    while (startsInline || isOperator("|")) {
        if (!startsInline)
            take();
        startsInline = false;
        ExpressionPtr made = node(ExpressionKind::Filter, current().line);
        made->name = expect(TokenKind::Name).text;
        while (skipOperator("."))
            made->name += "." + expect(TokenKind::Name).text;
        adopt(*made, std::move(value));
        adoptArguments(*made, isOperator("(") ? callArguments() : std::make_unique<CallArguments>());
        value = std::move(made);
    }
    return value;
}

ExpressionPtr Parser::test(ExpressionPtr value)
{
    const int line = take().line;
    const bool negated = skipName("not");
    ExpressionPtr made = node(ExpressionKind::Test, line);
    made->name = expect(TokenKind::Name).text;
    while (skipOperator("."))
        made->name += "." + expect(TokenKind::Name).text;
    adopt(*made, std::move(value));
    const TokenKind kind = current().kind;
    const bool startsValue = (kind == TokenKind::Name && !isName("else") && !isName("or") && !isName("and")) || kind == TokenKind::String
        || kind == TokenKind::Integer || kind == TokenKind::Float || isOperator("[") || isOperator("{");
    if (isOperator("(")) {
        adoptArguments(*made, callArguments());
    } else {
        auto arguments = std::make_unique<CallArguments>();
        if (startsValue && isName("is"))
            fail("You cannot chain multiple tests with is");
        if (startsValue) {
            const Nesting nesting(*this);
            arguments->positional.push_back(postfix(primary()));
        }
        adoptArguments(*made, std::move(arguments));
    }
    if (!negated)
        return made;
    ExpressionPtr result = node(ExpressionKind::Not, line);
    adopt(*result, std::move(made));
    return result;
}

} // namespace winnow::jinja
