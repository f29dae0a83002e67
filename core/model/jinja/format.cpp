#include "core/model/jinja/machine.h"
#include "core/model/jinja/number_text.h"
#include "core/model/jinja/text.h"

#include <algorithm>
#include <cmath>

namespace winnow::jinja {
namespace {

    constexpr int64_t kWidestField = 1'000'000;

    std::string asciiOnly(const std::string &text)
    {
        std::string result;
        for (const char32_t point : decode(text)) {
            char buffer[12];
            if (point < 0x80)
                result += static_cast<char>(point);
            else {
                std::snprintf(buffer, sizeof buffer, point < 0x100 ? "\\x%02x" : point < 0x10000 ? "\\u%04x" : "\\U%08x", static_cast<unsigned>(point));
                result += buffer;
            }
        }
        return result;
    }

    int64_t toWhole(Machine &machine, double value)
    {
        if (std::isnan(value))
            machine.fail("cannot convert float NaN to integer");
        if (std::isinf(value))
            machine.fail("cannot convert float infinity to integer");
        if (std::fabs(value) >= 9.2e18)
            machine.fail("a whole number does not fit into 64 bits", ErrorCode::Unsupported);
        return static_cast<int64_t>(value);
    }

    std::string cut(const std::string &text, int64_t points)
    {
        return points < 0 ? text : text.substr(0, byteOffset(text, static_cast<size_t>(points)));
    }

    void checkWidth(Machine &machine, const NumberFormat &format)
    {
        if (format.width > kWidestField || format.precision > kWidestField)
            machine.fail("a field wider than " + std::to_string(kWidestField) + " characters");
        machine.meter.copied(static_cast<size_t>(format.width + std::max<int64_t>(format.precision, 0)) * 4);
    }

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
            m_isMapping = values.is(Kind::Dict) || values.is(Kind::List) || values.is(Kind::Undefined) || values.is(Kind::Range);
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
            const Value *found = m_values.is(Kind::Dict) ? m_values.as<DictObject>().find(m_machine.hashKey(key)) : nullptr;
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
                text = cut(type == 'a' ? asciiOnly(text) : text, format.precision);
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
                m_machine.fail(std::string("%") + type + " format: " + (format.type == 'd' ? "a real number" : "an integer") + " is required, not " + typeName(value));
            std::string text = wholeDigits(value.is(Kind::Float) ? toWhole(m_machine, value.real()) : value.integer(), format);
            if (format.precision > 0) { // digits, not characters
                const size_t lead = text.find_first_of("0123456789abcdefABCDEF", text.find_first_of("xX") == text.npos ? 0 : text.find_first_of("xX") + 1);
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
            if (!isWhole(value) || value.integer() < 0 || value.integer() > 0x10FFFF || (value.integer() >= 0xD800 && value.integer() < 0xE000))
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

    NumberFormat parseSpecification(Machine &machine, const std::string &text)
    {
        NumberFormat format;
        const std::u32string spec = decode(text);
        size_t at = 0;
        const auto isAlign = [](char32_t c) { return c == '<' || c == '>' || c == '^' || c == '='; };
        const auto has = [&](char32_t c) { return at < spec.size() && spec[at] == c; };
        const bool hasFill = spec.size() > 1 && isAlign(spec[1]);
        if (hasFill) {
            format.fill.clear();
            appendPoint(format.fill, spec[0]);
            format.align = static_cast<char>(spec[1]);
            at = 2;
        } else if (!spec.empty() && isAlign(spec[0])) {
            format.align = static_cast<char>(spec[at++]);
        }
        if (has('+') || has('-') || has(' '))
            format.sign = static_cast<char>(spec[at++]);
        if (has('#')) {
            format.alternate = true;
            ++at;
        }
        if (has('0')) {
            if (!hasFill)
                format.fill = "0";
            if (format.align == 0)
                format.align = '=';
            ++at;
        }
        const auto size = [&] {
            int64_t result = 0;
            for (; at < spec.size() && spec[at] >= '0' && spec[at] <= '9'; ++at)
                result = std::min<int64_t>(result * 10 + static_cast<int64_t>(spec[at] - '0'), kWidestField + 1);
            return result;
        };
        format.width = size();
        if (has(',') || has('_'))
            format.grouping = static_cast<char>(spec[at++]);
        if (has('.')) {
            ++at;
            const size_t before = at;
            format.precision = size();
            if (at == before)
                machine.fail("Format specifier missing precision");
        }
        if (at < spec.size() && spec[at] < 0x80)
            format.type = static_cast<char>(spec[at++]);
        if (at != spec.size())
            machine.fail("Invalid format specifier");
        checkWidth(machine, format);
        return format;
    }

    std::string formatValue(Machine &machine, const Value &value, const std::string &specification)
    {
        if (specification.empty())
            return machine.str(value);
        NumberFormat format = parseSpecification(machine, specification);
        const char type = format.type;
        const auto unknown = [&] {
            machine.fail(std::string("Unknown format code '") + type + "' for object of type '" + typeName(value) + "'");
        };
        if (value.is(Kind::String)) {
            if (type != 0 && type != 's')
                unknown();
            if (format.align == '=' || format.sign != '-' || format.grouping || format.alternate)
                machine.fail("Format specifier not allowed for strings");
            return padded(cut(value.text(), format.precision), format, format.align ? format.align : '<');
        }
        if (!isNumber(value))
            machine.fail(std::string("unsupported format string passed to ") + typeName(value) + ".__format__");
        const bool isFloatType = type != 0 && std::string_view("eEfFgG%").find(type) != std::string_view::npos;
        std::string text;
        if (value.is(Kind::Float) || isFloatType) {
            if (type != 0 && !isFloatType)
                unknown();
            text = floatDigits(toDouble(value), format);
        } else {
            if (type != 0 && std::string_view("dxXob").find(type) == std::string_view::npos)
                unknown();
            if (format.precision >= 0)
                machine.fail("Precision not allowed in integer format specifier");
            text = wholeDigits(value.integer(), format);
        }
        return padded(text, format, format.align ? format.align : '>');
    }

    /// str.format: fields in braces, as string.Formatter reads them.
    class BraceFormat {
    public:
        BraceFormat(Machine &machine, const Arguments &arguments)
            : m_machine(machine)
            , m_arguments(arguments)
        {
        }

        std::string run(std::string_view text, int depth)
        {
            if (depth < 0)
                m_machine.fail("Max string recursion exceeded");
            Builder out(m_machine.meter);
            for (size_t at = 0; at < text.size();) {
                const char c = text[at];
                const bool doubled = at + 1 < text.size() && text[at + 1] == c;
                if (c != '{' && c != '}') {
                    const size_t end = std::min(text.find_first_of("{}", at), text.size());
                    out.add(text.substr(at, end - at));
                    at = end;
                } else if (doubled) {
                    out.add(text.substr(at, 1));
                    at += 2;
                } else if (c == '}') {
                    m_machine.fail("Single '}' encountered in format string");
                } else {
                    const size_t end = closing(text, at + 1);
                    out.add(field(text.substr(at + 1, end - at - 1), depth));
                    at = end + 1;
                }
            }
            return out.take();
        }

    private:
        size_t closing(std::string_view text, size_t at)
        {
            int depth = 1;
            for (; at < text.size(); ++at) {
                if (text[at] == '{')
                    ++depth;
                else if (text[at] == '}' && --depth == 0)
                    return at;
            }
            m_machine.fail("expected '}' before end of string");
        }

        std::string field(std::string_view text, int depth)
        {
            size_t end = 0;
            for (bool inBrackets = false; end < text.size(); ++end) {
                if (text[end] == '[')
                    inBrackets = true;
                else if (text[end] == ']')
                    inBrackets = false;
                else if (!inBrackets && (text[end] == ':' || text[end] == '!'))
                    break;
            }
            Value value = lookUp(text.substr(0, end));
            if (end < text.size() && text[end] == '!') {
                if (end + 1 >= text.size() || (end + 2 < text.size() && text[end + 2] != ':'))
                    m_machine.fail("expected ':' after conversion specifier");
                value = convert(value, text[end + 1]);
                end += 2;
            }
            const std::string_view specification = end < text.size() ? text.substr(end + 1) : std::string_view();
            return formatValue(m_machine, value, run(specification, depth - 1));
        }

        Value convert(const Value &value, char type)
        {
            if (type == 's')
                return m_machine.text(m_machine.str(value));
            if (type == 'r')
                return m_machine.text(m_machine.repr(value));
            if (type == 'a')
                return m_machine.text(asciiOnly(m_machine.repr(value)));
            m_machine.fail(std::string("Unknown conversion specifier '") + type + "'");
        }

        Value lookUp(std::string_view path)
        {
            const size_t first = std::min(path.find_first_of(".["), path.size());
            Value value = argument(path.substr(0, first));
            for (size_t at = first; at < path.size();) {
                if (path[at] == '.') {
                    const size_t end = std::min(path.find_first_of(".[", at + 1), path.size());
                    value = m_machine.attribute(value, std::string(path.substr(at + 1, end - at - 1)));
                    at = end;
                    continue;
                }
                const size_t end = path.find(']', at);
                if (path[at] != '[' || end == path.npos)
                    m_machine.fail("Missing ']' in format string");
                value = m_machine.item(value, key(path.substr(at + 1, end - at - 1)));
                at = end + 1;
            }
            return value;
        }

        Value key(std::string_view text)
        {
            if (!text.empty() && text.find_first_not_of("0123456789") == text.npos)
                return Value::integer(parseWhole(text, 10).value_or(-1));
            return m_machine.text(text);
        }

        Value argument(std::string_view name)
        {
            if (name.empty())
                name = m_automatic = std::to_string(m_next++);
            if (name.find_first_not_of("0123456789") == name.npos) {
                const auto index = static_cast<size_t>(parseWhole(name, 10).value_or(INT32_MAX));
                if (index >= m_arguments.positional.size())
                    m_machine.fail("Replacement index " + std::string(name) + " out of range for positional args tuple");
                return m_arguments.positional[index];
            }
            for (const auto &[key, value] : m_arguments.named) {
                if (key == name)
                    return value;
            }
            m_machine.fail(quoted(name));
        }

        Machine &m_machine;
        const Arguments &m_arguments;
        size_t m_next = 0;
        std::string m_automatic;
    };

} // namespace

Value formatPercent(Machine &machine, const Value &format, const Value &values)
{
    return machine.text(PercentFormat(machine, format, values).run(), format.as<StringObject>().safe);
}

Value formatBraces(Machine &machine, const Value &format, const Arguments &arguments)
{
    return machine.text(BraceFormat(machine, arguments).run(format.text(), 2), format.as<StringObject>().safe);
}

} // namespace winnow::jinja
