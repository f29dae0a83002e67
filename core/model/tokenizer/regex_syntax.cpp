#include "core/model/tokenizer/regex.h"

#include "core/model/unicode.h"

#include <cctype>

namespace winnow {
namespace {

    constexpr size_t kDeepest = 200; // groups inside groups

    /// Reads an expression of Oniguruma and writes ICU's, remembering where the last atom began.
    class Translator {
    public:
        explicit Translator(std::string_view pattern)
            : m_in(pattern)
        {
        }

        Result<std::string> run()
        {
            while (m_at < m_in.size()) {
                if (const auto done = m_classDepth > 0 ? classItem() : item(); !done)
                    return fail(done.error());
            }
            return m_out;
        }

    private:
        bool ahead(std::string_view text) const { return m_in.substr(m_at).starts_with(text); }
        void copy(size_t count)
        {
            m_out += m_in.substr(m_at, count);
            m_at += std::min(count, m_in.size() - m_at);
        }
        void copyCharacter()
        {
            size_t next = m_at;
            takeCodePoint(m_in, next);
            copy(next - m_at);
        }
        static tl::unexpected<Error> lacking(std::string_view what)
        {
            std::string text("\"");
            return fail(ErrorCode::Unsupported, text.append(what).append("\" is not known"));
        }

        Result<void> item()
        {
            switch (m_in[m_at]) {
            case '\\':
                m_atom = m_out.size();
                return escape();
            case '[':
                m_atom = m_out.size();
                return openClass();
            case '(':
                return openGroup();
            case ')':
                if (!m_groups.empty()) {
                    m_atom = m_groups.back();
                    m_groups.pop_back();
                }
                copy(1);
                return {};
            case '{':
                interval();
                return {};
            case '*':
            case '+':
            case '?':
                copy(1);
                return {};
            default:
                m_atom = m_out.size();
                copyCharacter();
                return {};
            }
        }

        Result<void> classItem()
        {
            const char next = m_in[m_at];
            if (next == '\\')
                return escape();
            if (next == '[')
                return ahead("[:") ? posixClass() : openClass();
            if (next == ']')
                --m_classDepth;
            else if (next == '{' || next == '}' || next == '$' || (next == '&' && !ahead("&&") && !m_out.ends_with('&')))
                m_out += '\\'; // signs of ICU's sets, plain characters here
            copyCharacter();
            return {};
        }

        Result<void> openClass()
        {
            if (++m_classDepth > kDeepest)
                return lacking("more than 200 sets inside sets");
            copy(ahead("[^") ? 2 : 1);
            if (ahead("]")) { // the first one is a character
                m_out += '\\';
                copy(1);
            }
            return {};
        }

        Result<void> posixClass()
        {
            const size_t end = m_in.find(":]", m_at);
            if (end == std::string_view::npos)
                return lacking("[:");
            copy(end + 2 - m_at);
            return {};
        }

        Result<void> openGroup()
        {
            if (m_groups.size() > kDeepest)
                return lacking("more than 200 groups inside groups");
            m_groups.push_back(m_out.size());
            m_groupStart = m_at;
            copy(1);
            if (!ahead("?"))
                return {};
            if (ahead("?#") || ahead("?~") || ahead("?@") || ahead("?("))
                return lacking(m_in.substr(m_at - 1, 3));
            copy(1);
            // Options up to ':' or ')': i means the same, m is "dot matches newline", x the same.
            while (m_at < m_in.size() && (std::isalpha(static_cast<unsigned char>(m_in[m_at])) || m_in[m_at] == '-')) {
                const char option = m_in[m_at];
                if (std::string_view("imx-").find(option) == std::string_view::npos)
                    return lacking(m_in.substr(m_groupStart, m_at + 1 - m_groupStart));
                m_out += option == 'm' ? 's' : option;
                ++m_at;
            }
            return {};
        }

        /// `{n}`, `{n,}`, `{,m}`, `{n,m}`; other braces are characters. A '+' behind it repeats, it is not possessive.
        void interval()
        {
            size_t end = m_at + 1;
            bool comma = false, digits = false;
            for (; end < m_in.size() && (std::isdigit(static_cast<unsigned char>(m_in[end])) || (m_in[end] == ',' && !comma)); ++end) {
                comma = comma || m_in[end] == ',';
                digits = digits || m_in[end] != ',';
            }
            if (!digits || end >= m_in.size() || m_in[end] != '}') {
                m_atom = m_out.size();
                m_out += '\\';
                copy(1);
                return;
            }
            std::string text(m_in.substr(m_at, end + 1 - m_at));
            if (text[1] == ',')
                text.insert(text.begin() + 1, '0');
            m_out += text;
            m_at = end + 1;
            if (ahead("+")) {
                m_out.insert(m_atom, "(?:");
                m_out += ')';
            }
        }

        Result<void> escape()
        {
            if (m_at + 1 >= m_in.size())
                return lacking("\\ at the end");
            const char kind = m_in[m_at + 1];
            struct Meaning {
                char kind;
                const char *text;
            };
            static constexpr Meaning kMeanings[] = {{'s', "\\p{White_Space}"}, {'S', "\\P{White_Space}"},
                {'w', "[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}]"}, {'W', "[^\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}]"},
                {'h', "[0-9a-fA-F]"}, {'H', "[^0-9a-fA-F]"}, {'v', "\\u000B"}};
            for (const Meaning &meaning : kMeanings) {
                if (meaning.kind == kind) {
                    m_out += meaning.text;
                    m_at += 2;
                    return {};
                }
            }
            if (std::string_view("KGgkyYONRXMCQE").find(kind) != std::string_view::npos)
                return lacking(m_in.substr(m_at, 2));
            if ((kind == 'p' || kind == 'P') && m_at + 2 < m_in.size() && m_in[m_at + 2] == '{') {
                const size_t end = m_in.find('}', m_at);
                if (end == std::string_view::npos)
                    return lacking("\\p{");
                copy(end + 1 - m_at);
                return {};
            }
            if (kind == 'x' && m_at + 2 < m_in.size() && m_in[m_at + 2] == '{') {
                const size_t end = m_in.find('}', m_at);
                if (end == std::string_view::npos)
                    return lacking("\\x{");
                copy(end + 1 - m_at);
                return {};
            }
            m_out += '\\';
            ++m_at;
            copyCharacter();
            return {};
        }

        std::string_view m_in;
        size_t m_at = 0;
        std::string m_out;
        size_t m_atom = 0; // in m_out: what a quantifier would repeat
        size_t m_classDepth = 0;
        size_t m_groupStart = 0; // in m_in: of the group opened last
        std::vector<size_t> m_groups; // in m_out: where open groups begin
    };

} // namespace

Result<std::string> icuExpression(std::string_view oniguruma) { return Translator(oniguruma).run(); }

} // namespace winnow
