#include "core/model/jinja/format_field.h"
#include "core/model/jinja/text.h"

#include <algorithm>

namespace winnow::jinja {
namespace {

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
            machine.fail(
                std::string("Unknown format code '") + type + "' for object of type '" + typeName(value) + "'");
        };
        if (value.is(Kind::String)) {
            if (type != 0 && type != 's')
                unknown();
            if (format.align == '=' || format.sign != '-' || format.grouping || format.alternate)
                machine.fail("Format specifier not allowed for strings");
            return padded(cutText(value.text(), format.precision), format, format.align ? format.align : '<');
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
                    m_machine.fail(
                        "Replacement index " + std::string(name) + " out of range for positional args tuple");
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

Value formatBraces(Machine &machine, const Value &format, const Arguments &arguments)
{
    return machine.text(BraceFormat(machine, arguments).run(format.text(), 2), format.as<StringObject>().safe);
}

} // namespace winnow::jinja
