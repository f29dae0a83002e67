#include "core/model/jinja/format_field.h"
#include "core/model/jinja/text.h"

#include <algorithm>

namespace winnow::jinja {
namespace {

    /// One `%` conversion at a time: printf-style formatting (Objects/unicodeobject.c, unicode_format).
    class PercentFormat {
    public:
        PercentFormat(Machine &machine, const Value &format, const Value &values)
            : m_machine(machine)
            , m_out(machine.meter)
            , m_text(format.text())
            , m_values(values)
        {
            m_isTuple = values.is(Kind::Tuple);
            m_isMapping = values.is(Kind::Dict) || values.is(Kind::List) || values.is(Kind::Undefined)
                || values.is(Kind::Range);
        }

        std::string run()
        {
            while (m_at < m_text.size()) {
                const size_t mark = std::min(m_text.find('%', m_at), m_text.size());
                m_out.add(m_text.substr(m_at, mark - m_at));
                m_at = mark;
                if (m_at < m_text.size())
                    conversion();
            }
            const bool all = m_isTuple ? m_used >= m_values.as<ListObject>().items.size() : m_used > 0 || m_isMapping;
            if (!all)
                m_machine.fail("not all arguments converted during string formatting");
            return m_out.take();
        }

    private:
        char peek()
        {
            if (m_at >= m_text.size())
                m_machine.fail("incomplete format");
            return m_text[m_at];
        }

        Value next()
        {
            if (m_isTuple) {
                const auto &items = m_values.as<ListObject>().items;
                if (m_used >= items.size())
                    m_machine.fail("not enough arguments for format string");
                return items[m_used++];
            }
            if (m_used++ > 0)
                m_machine.fail("not enough arguments for format string");
            return m_values;
        }

        int64_t size()
        {
            if (peek() == '*') {
                ++m_at;
                return m_machine.index(next());
            }
            int64_t result = 0;
            for (; std::isdigit(static_cast<unsigned char>(peek())); ++m_at)
                result = std::min<int64_t>(result * 10 + (m_text[m_at] - '0'), kWidestField + 1);
            return result;
        }

        void conversion()
        {
            ++m_at;
            NumberFormat format;
            std::optional<Value> named;
            if (peek() == '(')
                named = field();
            bool left = false;
            for (;; ++m_at) {
                const char flag = peek();
                if (flag == '-')
                    left = true;
                else if (flag == '+' || (flag == ' ' && format.sign == '-'))
                    format.sign = flag;
                else if (flag == '#')
                    format.alternate = true;
                else if (flag == '0')
                    format.fill = "0";
                else if (flag != ' ')
                    break;
            }
            format.width = size();
            if (format.width < 0) {
                left = true;
                format.width = -format.width;
            }
            if (peek() == '.') {
                ++m_at;
                format.precision = std::max<int64_t>(size(), 0);
            }
            while (std::string_view("hlL").find(peek()) != std::string_view::npos)
                ++m_at;
            const char type = m_text[m_at++];
            checkWidth(m_machine, format);
            if (type == '%') {
                m_out.add("%");
                return;
            }
            convert(type, format, left, named ? *named : next());
        }

        Value field()
        {
            const size_t begin = ++m_at;
            for (int depth = 1; depth > 0; ++m_at) {
                if (peek() == '(')
                    ++depth;
                if (m_text[m_at] == ')')
                    --depth;
            }
            if (!m_isMapping)
                m_machine.fail("format requires a mapping");
            const Value key = m_machine.text(m_text.substr(begin, m_at - 1 - begin));
            if (m_values.is(Kind::Undefined))
                m_machine.failUndefined(m_values);
            const Value *found
                = m_values.is(Kind::Dict) ? m_values.as<DictObject>().find(m_machine.hashKey(key)) : nullptr;
            if (!found)
                m_machine.fail(m_machine.repr(key));
            ++m_used;
            return *found;
        }

        void convert(char type, NumberFormat format, bool left, const Value &value)
        {
            std::string text;
            if (type == 's' || type == 'r' || type == 'a') {
                text = type == 's' ? m_machine.str(value) : m_machine.repr(value);
                text = cutText(type == 'a' ? asciiOnly(text) : text, format.precision);
                format.fill = " ";
                m_out.add(padded(text, format, left ? '<' : '>'));
                return;
            }
            if (type == 'c') {
                text = character(value);
                format.fill = " ";
            } else if (std::string_view("diuxXo").find(type) != std::string_view::npos) {
                text = whole(type, format, value);
            } else if (std::string_view("eEfFgG").find(type) != std::string_view::npos) {
                format.type = type;
                if (!isNumber(value) && !value.is(Kind::Undefined))
                    m_machine.fail(std::string("must be real number, not ") + typeName(value));
                text = floatDigits(m_machine.number(value), format);
            } else {
                m_machine.fail(std::string("unsupported format character '") + type + "'");
            }
            if (left)
                format.fill = " ";
            m_out.add(padded(text, format, left ? '<' : format.fill == "0" ? '=' : '>'));
        }

        std::string whole(char type, NumberFormat format, const Value &value)
        {
            format.type = type == 'i' || type == 'u' ? 'd' : type;
            if (!isNumber(value) || (value.is(Kind::Float) && format.type != 'd'))
                m_machine.fail(std::string("%") + type + " format: "
                    + (format.type == 'd' ? "a real number" : "an integer") + " is required, not " + typeName(value));
            std::string text
                = wholeDigits(value.is(Kind::Float) ? wholeOf(m_machine, value.real()) : value.integer(), format);
            if (format.precision > 0) { // digits, not characters
                const size_t lead = text.find_first_of(
                    "0123456789abcdefABCDEF", text.find_first_of("xX") == text.npos ? 0 : text.find_first_of("xX") + 1);
                const size_t digits = text.size() - lead;
                if (digits < static_cast<size_t>(format.precision))
                    text.insert(lead, static_cast<size_t>(format.precision) - digits, '0');
            }
            return text;
        }

        std::string character(const Value &value)
        {
            if (value.is(Kind::String) && countPoints(value.text()) == 1)
                return value.text();
            if (!isWhole(value) || value.integer() < 0 || value.integer() > 0x10FFFF
                || (value.integer() >= 0xD800 && value.integer() < 0xE000))
                m_machine.fail("%c requires int or char");
            std::string text;
            appendPoint(text, static_cast<char32_t>(value.integer()));
            return text;
        }

        Machine &m_machine;
        Builder m_out;
        std::string_view m_text;
        size_t m_at = 0;
        Value m_values;
        size_t m_used = 0;
        bool m_isTuple = false;
        bool m_isMapping = false;
    };

} // namespace

Value formatPercent(Machine &machine, const Value &format, const Value &values)
{
    return machine.text(PercentFormat(machine, format, values).run(), format.as<StringObject>().safe);
}

} // namespace winnow::jinja
