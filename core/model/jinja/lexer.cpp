#include "core/model/jinja/lexer.h"

#include "core/model/jinja/failure.h"
#include "core/model/jinja/number_text.h"
#include "core/model/jinja/string_literal.h"
#include "core/model/jinja/text.h"

#include <algorithm>

namespace winnow::jinja {
namespace {

    [[noreturn]] void failAt(int line, std::string message)
    {
        throw Failure { ErrorCode::BadInput, line, std::move(message), {} };
    }

    /// \r\n and \r become \n, and one newline at the end is dropped.
    std::string normalized(std::string_view source)
    {
        std::string text = normalizeNewlines(source);
        if (text.ends_with('\n'))
            text.pop_back();
        return text;
    }

    bool isDigit(char c) { return c >= '0' && c <= '9'; }

    class Lexer {
    public:
        explicit Lexer(std::string source)
            : m_source(std::move(source))
            , m_text(m_source)
        {
        }

        std::vector<Token> run()
        {
            while (m_at < m_text.size())
                root();
            m_tokens.push_back({ TokenKind::End, m_line, {}, 0, 0 });
            return std::move(m_tokens);
        }

    private:
        bool has(std::string_view part) const { return m_text.substr(m_at).starts_with(part); }
        bool hasAt(size_t at, std::string_view part) const
        {
            return at <= m_text.size() && m_text.substr(at).starts_with(part);
        }

        /// Moves on, counting lines.
        void skipTo(size_t at)
        {
            m_line += static_cast<int>(std::count(m_text.begin() + static_cast<std::ptrdiff_t>(m_at),
                m_text.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
            m_lineStarting = at > m_at ? m_text[at - 1] == '\n' : m_lineStarting;
            m_at = at;
        }

        size_t behindSpace(size_t at) const
        {
            const std::string_view rest = m_text.substr(at);
            return at + rest.size() - strip(rest, Side::Left).size();
        }

        void push(TokenKind kind, std::string text = {})
        {
            m_tokens.push_back({ kind, m_line, std::move(text), 0, 0 });
        }

        /// Text in front of a tag, with what the tag's sign and lstrip_blocks take from it.
        void data(size_t end, char sign, bool isVariable)
        {
            std::string_view text = m_text.substr(m_at, end - m_at);
            if (sign == '-') {
                text = strip(text, Side::Right);
            } else if (sign != '+' && !isVariable) {
                const size_t newline = text.rfind('\n');
                const size_t begin = newline == text.npos ? 0 : newline + 1;
                if ((begin > 0 || m_lineStarting) && begin < text.size()
                    && strip(text.substr(begin), Side::Left).empty())
                    text = text.substr(0, begin);
            }
            if (!text.empty())
                push(TokenKind::Data, std::string(text));
            skipTo(end);
        }

        char signAt(size_t at) const
        {
            return at < m_text.size() && (m_text[at] == '-' || m_text[at] == '+') ? m_text[at] : '\0';
        }

        /// Behind `{% raw %}` at `at`, or 0 when there is no such tag.
        size_t behindRaw(size_t at) const
        {
            size_t end = behindSpace(at + 2 + (signAt(at + 2) ? 1 : 0));
            if (!hasAt(end, "raw"))
                return 0;
            end = behindSpace(end + 3);
            if (hasAt(end, "-%}"))
                return behindSpace(end + 3);
            return hasAt(end, "%}") ? end + 2 : 0;
        }

        void root()
        {
            size_t tag = m_text.find('{', m_at);
            while (tag != m_text.npos
                && !(
                    tag + 1 < m_text.size() && std::string_view("%{#").find(m_text[tag + 1]) != std::string_view::npos))
                tag = m_text.find('{', tag + 1);
            if (tag == m_text.npos) {
                push(TokenKind::Data, std::string(m_text.substr(m_at)));
                return skipTo(m_text.size());
            }
            const char type = m_text[tag + 1];
            const char sign = signAt(tag + 2);
            data(tag, sign, type == '{');
            const size_t rawBody = type == '%' ? behindRaw(tag) : 0;
            if (rawBody)
                return raw(rawBody);
            const size_t body = tag + 2 + (sign ? 1 : 0);
            if (type == '#')
                return comment(body);
            push(type == '{' ? TokenKind::VariableBegin : TokenKind::BlockBegin);
            skipTo(body);
            code(type == '{');
        }

        /// Behind the end of a tag that closes with `end` ("%}", "#}"), or 0.
        size_t behindEnd(size_t at, std::string_view end) const
        {
            if (hasAt(at, "-") && hasAt(at + 1, end))
                return behindSpace(at + 1 + end.size());
            if (hasAt(at, "+") && hasAt(at + 1, end))
                return at + 1 + end.size();
            if (!hasAt(at, end))
                return 0;
            return at + end.size() + (hasAt(at + end.size(), "\n") ? 1 : 0);
        }

        void comment(size_t body)
        {
            skipTo(body);
            for (size_t at = m_text.find("#}", m_at); at != m_text.npos; at = m_text.find("#}", at + 1)) {
                const size_t start = at > m_at && signAt(at - 1) ? at - 1 : at;
                return skipTo(behindEnd(start, "#}"));
            }
            failAt(m_line, "Missing end of comment tag");
        }

        void raw(size_t body)
        {
            skipTo(body);
            for (size_t at = m_text.find("{%", m_at); at != m_text.npos; at = m_text.find("{%", at + 1)) {
                const char sign = signAt(at + 2);
                const size_t word = behindSpace(at + 2 + (sign ? 1 : 0));
                if (!hasAt(word, "endraw"))
                    continue;
                const size_t end = behindEnd(behindSpace(word + 6), "%}");
                if (!end)
                    continue;
                data(at, sign, false);
                return skipTo(end);
            }
            failAt(m_line, "Missing end of raw directive");
        }

        /// Tokens of a tag up to its end.
        void code(bool isVariable)
        {
            std::string open;
            while (m_at < m_text.size()) {
                if (open.empty() && closes(isVariable))
                    return;
                const size_t behind = behindSpace(m_at);
                if (behind > m_at) {
                    skipTo(behind);
                    continue;
                }
                if (number() || name() || string())
                    continue;
                operation(open);
            }
        }

        bool closes(bool isVariable)
        {
            size_t end = 0;
            if (!isVariable)
                end = behindEnd(m_at, "%}");
            else if (has("-}}"))
                end = behindSpace(m_at + 3);
            else if (has("}}"))
                end = m_at + 2;
            if (!end)
                return false;
            push(isVariable ? TokenKind::VariableEnd : TokenKind::BlockEnd);
            skipTo(end);
            return true;
        }

        /// Behind (digits_)*digits at `at`; `at` when there are none.
        size_t behindDigits(size_t at) const
        {
            size_t end = at;
            while (end < m_text.size()
                && (isDigit(m_text[end])
                    || (m_text[end] == '_' && end > at && isDigit(m_text[end - 1]) && end + 1 < m_text.size()
                        && isDigit(m_text[end + 1]))))
                ++end;
            return end;
        }

        /// Behind a float literal, or the position itself.
        size_t behindFloat() const
        {
            if (m_at > 0 && m_text[m_at - 1] == '.')
                return m_at;
            const size_t whole = behindDigits(m_at);
            size_t end = whole;
            if (hasAt(whole, ".") && behindDigits(whole + 1) > whole + 1)
                end = behindDigits(whole + 1);
            if (hasAt(end, "e") || hasAt(end, "E")) {
                const size_t digits = end + 1 + (signAt(end + 1) ? 1 : 0);
                if (behindDigits(digits) > digits)
                    return behindDigits(digits);
            }
            return end > whole ? end : m_at;
        }

        size_t behindInteger() const
        {
            if (m_text[m_at] == '0') {
                const char letter = m_at + 1 < m_text.size() ? static_cast<char>(m_text[m_at + 1] | 0x20) : '\0';
                const std::string_view digits = letter == 'x' ? "0123456789abcdefABCDEF"
                    : letter == 'o'                           ? "01234567"
                    : letter == 'b'                           ? "01"
                                                              : "";
                size_t end = m_at + 2;
                const auto isIts
                    = [&](size_t at) { return at < m_text.size() && digits.find(m_text[at]) != digits.npos; };
                while (isIts(end) || (hasAt(end, "_") && isIts(end + 1)))
                    ++end;
                if (!digits.empty() && end > m_at + 2)
                    return end;
                end = m_at + 1;
                while (hasAt(end, "0") || hasAt(end, "_0"))
                    ++end;
                return end;
            }
            return behindDigits(m_at);
        }

        bool number()
        {
            if (!isDigit(m_text[m_at]))
                return false;
            size_t end = behindFloat();
            Token token { end > m_at ? TokenKind::Float : TokenKind::Integer, m_line, {}, 0, 0 };
            if (end == m_at)
                end = behindInteger();
            const std::string_view digits = m_text.substr(m_at, end - m_at);
            if (token.kind == TokenKind::Float) {
                token.real = parseFloat(digits).value_or(0);
            } else {
                const auto whole = parseWhole(digits, 0);
                if (!whole)
                    throw Failure { ErrorCode::Unsupported, m_line,
                        "the whole number " + std::string(digits.substr(0, 40)) + " does not fit into 64 bits", {} };
                token.integer = *whole;
            }
            m_tokens.push_back(std::move(token));
            skipTo(end);
            return true;
        }

        bool name()
        {
            size_t end = m_at;
            while (end < m_text.size()) {
                const size_t size = byteOffset(m_text.substr(end, 4), 1);
                const char32_t point = decode(m_text.substr(end, size))[0];
                if (point != '_'
                    && !(point < 0x80 ? std::isalnum(static_cast<int>(point)) != 0 : isAlphanumeric(point)))
                    break;
                end += size;
            }
            if (end == m_at)
                return false;
            push(TokenKind::Name, std::string(m_text.substr(m_at, end - m_at)));
            if (!*hasClass("isidentifier", m_tokens.back().text))
                failAt(m_line, "Invalid character in identifier");
            skipTo(end);
            return true;
        }

        bool string()
        {
            const char quote = m_text[m_at];
            if (quote != '\'' && quote != '"')
                return false;
            size_t end = m_at + 1;
            while (end < m_text.size() && m_text[end] != quote)
                end += m_text[end] == '\\' ? 2 : 1;
            if (end >= m_text.size())
                return false;
            push(TokenKind::String, unescapeLiteral(m_text.substr(m_at + 1, end - m_at - 1), m_line));
            skipTo(end + 1);
            return true;
        }

        void operation(std::string &open)
        {
            static constexpr std::string_view kDouble[] = { "//", "**", "==", "!=", ">=", "<=" };
            std::string symbol(1, m_text[m_at]);
            for (const std::string_view pair : kDouble) {
                if (has(pair))
                    symbol = pair;
            }
            if (symbol.size() == 1
                && std::string_view("+-/*%~[](){}><=.:|,;").find(symbol[0]) == std::string_view::npos) {
                const size_t size = byteOffset(m_text.substr(m_at, 4), 1);
                failAt(m_line,
                    "unexpected char " + quoted(m_text.substr(m_at, size)) + " at "
                        + std::to_string(countPoints(m_text.substr(0, m_at))));
            }
            const char c = symbol[0];
            if (c == '(' || c == '[' || c == '{')
                open += c == '(' ? ')' : c == '[' ? ']' : '}';
            if (c == ')' || c == ']' || c == '}') {
                if (open.empty())
                    failAt(m_line, "unexpected '" + symbol + "'");
                if (open.back() != c)
                    failAt(m_line, "unexpected '" + symbol + "', expected '" + open.back() + "'");
                open.pop_back();
            }
            push(TokenKind::Operator, symbol);
            skipTo(m_at + symbol.size());
        }

        std::string m_source;
        std::string_view m_text;
        size_t m_at = 0;
        int m_line = 1;
        bool m_lineStarting = true;
        std::vector<Token> m_tokens;
    };

} // namespace

std::vector<Token> tokenize(std::string_view source) { return Lexer(normalized(source)).run(); }

} // namespace winnow::jinja
