#include "core/model/jinja/parser.h"

#include <algorithm>

namespace winnow::jinja {

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
    const bool startsValue = (kind == TokenKind::Name && !isName("else") && !isName("or") && !isName("and"))
        || kind == TokenKind::String || kind == TokenKind::Integer || kind == TokenKind::Float || isOperator("[")
        || isOperator("{");
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
