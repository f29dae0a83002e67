#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::jinja {

enum class TokenKind {
    Data,
    BlockBegin,
    BlockEnd,
    VariableBegin,
    VariableEnd,
    Name,
    String,
    Integer,
    Float,
    Operator,
    End
};

struct Token {
    TokenKind kind = TokenKind::End;
    int line = 0;
    std::string text; ///< Name, Operator, String (unescaped), Data
    int64_t integer = 0;
    double real = 0;
};

/// Cuts a template into tokens (jinja2.lexer with trim_blocks and lstrip_blocks). @error Failure with the line.
std::vector<Token> tokenize(std::string_view source);

} // namespace winnow::jinja
