#include "core/model/jinja/string_literal.h"

#include "core/model/jinja/failure.h"
#include "core/model/jinja/text.h"

#include <cstdio>
#include <unicode/uchar.h>

namespace winnow::jinja {
namespace {

    /// str.encode("ascii", "backslashreplace"). A backslash in front of such a letter then escapes the backslash of the
    /// escape, which is what the reference does too.
    std::string withEscapes(std::string_view text)
    {
        std::string result;
        char buffer[16];
        for (const char32_t point : decode(text)) {
            if (point < 0x80) {
                result += static_cast<char>(point);
                continue;
            }
            std::snprintf(buffer, sizeof buffer,
                point < 0x100         ? "\\x%02x"
                    : point < 0x10000 ? "\\u%04x"
                                      : "\\U%08x",
                static_cast<unsigned>(point));
            result += buffer;
        }
        return result;
    }

    class Unescaper {
    public:
        Unescaper(std::string text, int line)
            : m_text(std::move(text))
            , m_line(line)
        {
        }

        std::string run()
        {
            while (m_at < m_text.size()) {
                if (m_text[m_at] != '\\') {
                    m_result += m_text[m_at++];
                    continue;
                }
                ++m_at;
                escape();
            }
            return std::move(m_result);
        }

    private:
        [[noreturn]] void fail(const std::string &message)
        {
            throw Failure { ErrorCode::BadInput, m_line, message, {} };
        }

        void point(char32_t value)
        {
            if (value > 0x10FFFF)
                fail("illegal Unicode character in a string");
            if (value >= 0xD800 && value < 0xE000)
                fail("half of a surrogate pair in a string: write the character itself");
            appendPoint(m_result, value);
        }

        void digits(size_t count, int base, const char *message)
        {
            char32_t value = 0;
            size_t read = 0;
            for (; read < count && m_at < m_text.size(); ++read, ++m_at) {
                const char c = m_text[m_at];
                const int digit = c >= '0' && c <= '9' ? c - '0'
                    : c >= 'a' && c <= 'f'             ? c - 'a' + 10
                    : c >= 'A' && c <= 'F'             ? c - 'A' + 10
                                                       : 99;
                if (digit >= base)
                    break;
                value = value * static_cast<char32_t>(base) + static_cast<char32_t>(digit);
            }
            if (message && read < count)
                fail(message);
            point(value);
        }

        void named()
        {
            const size_t end = m_text.find('}', m_at);
            if (m_at >= m_text.size() || m_text[m_at] != '{' || end == m_text.npos)
                fail("malformed \\N character escape");
            UErrorCode status = U_ZERO_ERROR;
            const UChar32 value
                = u_charFromName(U_EXTENDED_CHAR_NAME, m_text.substr(m_at + 1, end - m_at - 1).c_str(), &status);
            if (U_FAILURE(status))
                fail("unknown Unicode character name");
            m_at = end + 1;
            point(static_cast<char32_t>(value));
        }

        void escape()
        {
            static constexpr std::string_view kLetters = "\\'\"abfnrtv";
            static constexpr std::string_view kMeanings = "\\'\"\a\b\f\n\r\t\v";
            const char c = m_at < m_text.size() ? m_text[m_at] : '\0';
            if (m_at >= m_text.size())
                fail("\\ at end of string");
            if (const size_t known = kLetters.find(c); known != std::string_view::npos) {
                m_result += kMeanings[known];
                ++m_at;
            } else if (c >= '0' && c <= '7') {
                digits(3, 8, nullptr);
            } else if (c == 'x' || c == 'u' || c == 'U') {
                ++m_at;
                digits(c == 'x'    ? 2
                        : c == 'u' ? 4
                                   : 8,
                    16,
                    c == 'x'       ? "truncated \\xXX escape"
                        : c == 'u' ? "truncated \\uXXXX escape"
                                   : "truncated \\UXXXXXXXX escape");
            } else if (c == 'N') {
                ++m_at;
                named();
            } else if (c == '\n') {
                ++m_at;
            } else {
                m_result += '\\'; // an escape that is none stays as it is
            }
        }

        std::string m_text;
        int m_line;
        size_t m_at = 0;
        std::string m_result;
    };

} // namespace

std::string normalizeNewlines(std::string_view source)
{
    std::string text;
    text.reserve(source.size());
    for (size_t i = 0; i < source.size(); ++i) {
        if (source[i] != '\r')
            text += source[i];
        else if (i + 1 >= source.size() || source[i + 1] != '\n')
            text += '\n';
    }
    return text;
}

std::string unescapeLiteral(std::string_view inside, int line)
{
    return Unescaper(withEscapes(normalizeNewlines(inside)), line).run();
}

} // namespace winnow::jinja
