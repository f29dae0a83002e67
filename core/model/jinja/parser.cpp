#include "core/model/jinja/parser.h"

#include "core/model/jinja/failure.h"
#include "core/model/jinja/text.h"

#include <algorithm>
#include <array>

namespace winnow::jinja {
namespace {

    /// What a token is called in messages.
    std::string described(const Token &token)
    {
        switch (token.kind) {
        case TokenKind::Data:
            return "template data / text";
        case TokenKind::BlockBegin:
            return "begin of statement block";
        case TokenKind::BlockEnd:
            return "end of statement block";
        case TokenKind::VariableBegin:
            return "begin of print statement";
        case TokenKind::VariableEnd:
            return "end of print statement";
        case TokenKind::Name:
        case TokenKind::Operator:
            return token.text;
        case TokenKind::String:
            return "string";
        case TokenKind::Integer:
            return "integer";
        case TokenKind::Float:
            return "float";
        case TokenKind::End:
            return "end of template";
        }
        return {};
    }

    constexpr std::array<std::string_view, 6> kRefusedTags { "block", "extends", "include", "import", "from",
        "autoescape" };

    std::string endsText(std::initializer_list<std::string_view> ends)
    {
        std::string text;
        for (const std::string_view end : ends)
            text += (text.empty() ? "'" : " or '") + std::string(end) + "'";
        return text;
    }

} // namespace

Token Parser::take()
{
    Token token = m_tokens[m_at];
    if (m_at + 1 < m_tokens.size())
        ++m_at;
    return token;
}

bool Parser::skipName(std::string_view name)
{
    const bool found = isName(name);
    if (found)
        take();
    return found;
}

bool Parser::skipOperator(std::string_view symbol)
{
    const bool found = isOperator(symbol);
    if (found)
        take();
    return found;
}

Token Parser::expect(TokenKind kind)
{
    if (current().kind != kind)
        failUnexpected(described({ kind, 0, kind == TokenKind::Name ? "name" : "", 0, 0 }));
    return take();
}

void Parser::expectName(std::string_view name)
{
    if (!skipName(name))
        failUnexpected(std::string(name));
}

void Parser::expectOperator(std::string_view symbol)
{
    if (!skipOperator(symbol))
        failUnexpected(std::string(symbol));
}

void Parser::fail(std::string message, int line) const
{
    throw Failure { ErrorCode::BadInput, line > 0 ? line : current().line, std::move(message), {} };
}

void Parser::failUnexpected(const std::string &expected) const
{
    if (current().kind == TokenKind::End)
        fail("unexpected end of template, expected '" + expected + "'");
    fail("expected token '" + expected + "', got " + quoted(described(current())));
}

std::vector<StatementPtr> Parser::parse() { return statements({}); }

/// Text, prints and statements up to a tag of `ends`, which stays the current token.
std::vector<StatementPtr> Parser::statements(std::initializer_list<std::string_view> ends)
{
    const Nesting nesting(*this);
    std::vector<StatementPtr> body;
    while (current().kind != TokenKind::End) {
        if (current().kind == TokenKind::Data) {
            StatementPtr output = newStatement(StatementKind::Output);
            output->values.push_back(node(ExpressionKind::Constant, current().line));
            auto text = std::make_shared<StringObject>();
            text->text = take().text;
            text->ascii = isAscii(text->text);
            output->values.back()->constant = Value(Kind::String, std::move(text));
            body.push_back(std::move(output));
        } else if (current().kind == TokenKind::VariableBegin) {
            take();
            StatementPtr output = newStatement(StatementKind::Output);
            output->values.push_back(tuple());
            expect(TokenKind::VariableEnd);
            body.push_back(std::move(output));
        } else {
            expect(TokenKind::BlockBegin);
            if (std::any_of(ends.begin(), ends.end(), [&](std::string_view end) { return isName(end); }))
                return body;
            body.push_back(statement());
            expect(TokenKind::BlockEnd);
        }
    }
    if (ends.size() > 0)
        fail("Unexpected end of template. Jinja was looking for the following tags: " + endsText(ends)
            + ". The innermost block that needs to be closed is '" + (m_open.empty() ? "" : m_open.back()) + "'.");
    return body;
}

/// The body of a statement, from the end of its opening tag to the name of the closing one.
std::vector<StatementPtr> Parser::block(std::initializer_list<std::string_view> ends)
{
    skipOperator(":");
    expect(TokenKind::BlockEnd);
    return statements(ends);
}

StatementPtr Parser::newStatement(StatementKind kind)
{
    auto statement = std::make_unique<Statement>();
    statement->kind = kind;
    statement->line = current().line;
    return statement;
}

StatementPtr Parser::statement()
{
    if (current().kind != TokenKind::Name)
        fail("tag name expected");
    using Maker = StatementPtr (Parser::*)();
    static constexpr std::array<std::pair<std::string_view, Maker>, 9> kMakers { { { "for", &Parser::forStatement },
        { "if", &Parser::ifStatement }, { "set", &Parser::setStatement }, { "macro", &Parser::macroStatement },
        { "call", &Parser::callStatement }, { "filter", &Parser::filterStatement }, { "with", &Parser::withStatement },
        { "print", &Parser::printStatement }, { "generation", &Parser::generationStatement } } };
    const std::string tag = current().text;
    for (const auto &[name, maker] : kMakers) {
        if (name != tag)
            continue;
        m_open.push_back(tag);
        StatementPtr made = (this->*maker)();
        m_open.pop_back();
        return made;
    }
    if (tag == "break" || tag == "continue") {
        StatementPtr made = newStatement(tag == "break" ? StatementKind::Break : StatementKind::Continue);
        take();
        return made;
    }
    if (std::find(kRefusedTags.begin(), kRefusedTags.end(), tag) != kRefusedTags.end())
        throw Failure { ErrorCode::Unsupported, current().line,
            "the tag '" + tag + "' is not supported by this program",
            "chat templates stand alone; render the prompt elsewhere and give it as text" };
    fail("Encountered unknown tag '" + tag + "'."
        + (m_open.empty() ? "" : " The innermost block that needs to be closed is '" + m_open.back() + "'."));
}

StatementPtr Parser::forStatement()
{
    StatementPtr made = newStatement(StatementKind::For);
    take();
    made->target = assignTarget(false, "in");
    expectName("in");
    made->value = tuple(false, "recursive");
    if (skipName("if"))
        made->test = expression();
    made->recursive = skipName("recursive");
    made->body = block({ "endfor", "else" });
    if (take().text == "else") {
        made->otherwise = block({ "endfor" });
        take();
    }
    return made;
}

StatementPtr Parser::ifStatement()
{
    StatementPtr made = newStatement(StatementKind::If);
    take();
    for (;;) {
        Branch branch;
        branch.line = current().line;
        branch.test = tuple(false);
        branch.body = block({ "elif", "else", "endif" });
        made->branches.push_back(std::move(branch));
        const std::string tag = take().text;
        if (tag == "elif")
            continue;
        if (tag == "else") {
            Branch otherwise;
            otherwise.line = current().line;
            otherwise.body = block({ "endif" });
            made->branches.push_back(std::move(otherwise));
            take();
        }
        return made;
    }
}

StatementPtr Parser::setStatement()
{
    StatementPtr made = newStatement(StatementKind::Set);
    take();
    made->target = assignTarget(true);
    if (skipOperator("=")) {
        made->value = tuple();
        return made;
    }
    made->kind = StatementKind::SetBlock;
    made->value = filters(nullptr);
    made->body = block({ "endset" });
    take();
    return made;
}

void Parser::signature(Statement &statement)
{
    expectOperator("(");
    while (!isOperator(")")) {
        if (!statement.parameters.empty())
            expectOperator(",");
        ExpressionPtr parameter = nameTarget();
        const auto isSame = [&](const ExpressionPtr &other) { return other->name == parameter->name; };
        if (std::any_of(statement.parameters.begin(), statement.parameters.end(), isSame))
            fail("duplicate argument '" + parameter->name + "' in function definition", parameter->line);
        if (skipOperator("="))
            statement.defaults.push_back(expression());
        else if (!statement.defaults.empty())
            fail("non-default argument follows default argument");
        statement.parameters.push_back(std::move(parameter));
    }
    take();
}

StatementPtr Parser::macroStatement()
{
    StatementPtr made = newStatement(StatementKind::Macro);
    take();
    made->target = nameTarget();
    made->name = made->target->name;
    signature(*made);
    made->body = block({ "endmacro" });
    take();
    return made;
}

StatementPtr Parser::callStatement()
{
    StatementPtr made = newStatement(StatementKind::CallBlock);
    take();
    if (isOperator("("))
        signature(*made);
    made->value = expression();
    if (made->value->kind != ExpressionKind::Call)
        fail("expected call", made->line);
    made->body = block({ "endcall" });
    take();
    return made;
}

StatementPtr Parser::filterStatement()
{
    StatementPtr made = newStatement(StatementKind::FilterBlock);
    take();
    made->value = filters(nullptr, true);
    made->body = block({ "endfilter" });
    take();
    return made;
}

StatementPtr Parser::withStatement()
{
    StatementPtr made = newStatement(StatementKind::With);
    take();
    while (current().kind != TokenKind::BlockEnd) {
        if (!made->parameters.empty())
            expectOperator(",");
        made->parameters.push_back(assignTarget(false));
        expectOperator("=");
        made->values.push_back(expression());
    }
    made->body = block({ "endwith" });
    take();
    return made;
}

StatementPtr Parser::printStatement()
{
    StatementPtr made = newStatement(StatementKind::Output);
    take();
    while (current().kind != TokenKind::BlockEnd) {
        if (!made->values.empty())
            expectOperator(",");
        made->values.push_back(expression());
    }
    return made;
}

StatementPtr Parser::generationStatement()
{
    StatementPtr made = newStatement(StatementKind::Generation);
    take();
    made->body = block({ "endgeneration" });
    take();
    return made;
}

Syntax parseTemplate(std::string_view source)
{
    if (source.size() > kMaxSourceBytes)
        throw Failure { ErrorCode::BadInput, 0,
            "the template has " + std::to_string(source.size()) + " bytes, at most " + std::to_string(kMaxSourceBytes)
                + " are read",
            {} };
    Syntax syntax;
    syntax.body = Parser(tokenize(source)).parse();
    resolveNames(syntax);
    return syntax;
}

} // namespace winnow::jinja
