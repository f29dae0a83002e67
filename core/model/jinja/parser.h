#pragma once

#include "core/model/jinja/lexer.h"
#include "core/model/jinja/syntax.h"

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::jinja {

/// Recursive descent over tokens; grammar and order of precedence are those of jinja2.parser.
class Parser {
public:
    explicit Parser(std::vector<Token> tokens)
        : m_tokens(std::move(tokens))
    {
    }
    std::vector<StatementPtr> parse();

private:
    // tokens
    const Token &current() const { return m_tokens[m_at]; }
    const Token &ahead() const { return m_tokens[std::min(m_at + 1, m_tokens.size() - 1)]; }
    Token take();
    bool isName(std::string_view name) const { return current().kind == TokenKind::Name && current().text == name; }
    bool isOperator(std::string_view symbol) const
    {
        return current().kind == TokenKind::Operator && current().text == symbol;
    }
    bool skipName(std::string_view name);
    bool skipOperator(std::string_view symbol);
    Token expect(TokenKind kind);
    void expectName(std::string_view name);
    void expectOperator(std::string_view symbol);
    [[noreturn]] void fail(std::string message, int line = 0) const;
    [[noreturn]] void failUnexpected(const std::string &expected) const;

    // expressions
    ExpressionPtr node(ExpressionKind kind, int line) const;
    void adopt(Expression &parent, ExpressionPtr child);
    void adoptArguments(Expression &parent, std::unique_ptr<CallArguments> arguments);
    void deepen(Expression &parent, const Expression &child);
    ExpressionPtr expression(bool withCondition = true);
    ExpressionPtr condition();
    ExpressionPtr orExpression();
    ExpressionPtr andExpression();
    ExpressionPtr notExpression();
    ExpressionPtr comparison();
    ExpressionPtr sum();
    ExpressionPtr concatenation();
    ExpressionPtr product();
    ExpressionPtr power();
    ExpressionPtr unary(bool withFilter = true);
    ExpressionPtr primary(bool withNamespace = false);
    ExpressionPtr number();
    ExpressionPtr postfix(ExpressionPtr value);
    ExpressionPtr filtersAndTests(ExpressionPtr value);
    ExpressionPtr subscript(ExpressionPtr value);
    ExpressionPtr subscriptIndex(ExpressionPtr object, int line);
    ExpressionPtr call(ExpressionPtr callee);
    ExpressionPtr filters(ExpressionPtr value, bool startsInline = false);
    ExpressionPtr test(ExpressionPtr value);
    std::unique_ptr<CallArguments> callArguments();
    void callArgument(CallArguments &arguments, int line);
    ExpressionPtr binary(ExpressionPtr left, ExpressionPtr right, BinaryOperator op, int line);
    ExpressionPtr list();
    ExpressionPtr dictionary();
    ExpressionPtr tuple(bool withCondition = true, std::string_view endName = {}, bool inParentheses = false);
    ExpressionPtr assignTarget(bool withNamespace, std::string_view endName = {});
    ExpressionPtr nameTarget();
    void checkTarget(const Expression &target) const;
    bool isTupleEnd(std::string_view endName) const;

    // statements
    std::vector<StatementPtr> statements(std::initializer_list<std::string_view> ends);
    std::vector<StatementPtr> block(std::initializer_list<std::string_view> ends);
    StatementPtr statement();
    StatementPtr newStatement(StatementKind kind);
    StatementPtr forStatement();
    StatementPtr ifStatement();
    StatementPtr setStatement();
    StatementPtr macroStatement();
    StatementPtr callStatement();
    StatementPtr filterStatement();
    StatementPtr withStatement();
    StatementPtr printStatement();
    StatementPtr generationStatement();
    void signature(Statement &statement);

    class Nesting;
    std::vector<Token> m_tokens;
    size_t m_at = 0;
    int m_depth = 0;
    std::vector<std::string> m_open; // tags that wait for their end
};

/// Holds one level of the parser's recursion.
class Parser::Nesting {
public:
    explicit Nesting(Parser &parser)
        : m_parser(parser)
    {
        if (++m_parser.m_depth > kMaxSourceDepth) {
            --m_parser.m_depth;
            m_parser.fail("the template nests deeper than " + std::to_string(kMaxSourceDepth));
        }
    }
    ~Nesting() { --m_parser.m_depth; }
    Nesting(const Nesting &) = delete;
    Nesting &operator=(const Nesting &) = delete;

private:
    Parser &m_parser;
};

} // namespace winnow::jinja
