#include "core/model/jinja/machine.h"
#include "core/model/jinja/number_text.h"
#include "core/model/jinja/text.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace winnow::jinja {
namespace {

    /// json.dumps, with the defaults that transformers gives the filter (no escape of what is not ASCII).
    class JsonWriter {
    public:
        JsonWriter(Machine &machine, Arguments &arguments)
            : m_machine(machine)
            , m_out(machine.meter)
        {
            const auto bound
                = machine.bind("tojson", arguments, { "ensure_ascii", "indent", "separators", "sort_keys" });
            m_ascii = machine.truthy(bound[0]);
            m_sort = machine.truthy(bound[3]);
            const Value &indent = bound[1];
            m_lines = !indent.is(Kind::Missing) && !indent.is(Kind::None);
            if (m_lines && indent.is(Kind::String))
                m_indent = indent.text();
            else if (m_lines)
                m_indent.assign(static_cast<size_t>(std::clamp<int64_t>(machine.index(indent), 0, 1000)), ' ');
            m_between = m_lines ? "," : ", ";
            if (!bound[2].is(Kind::Missing) && !bound[2].is(Kind::None)) {
                const auto parts = machine.unpack(bound[2], 2);
                m_between = machine.wantText(parts[0], "a separator");
                m_colon = machine.wantText(parts[1], "a separator");
            }
        }

        std::string run(const Value &value)
        {
            write(value, 0);
            return m_out.take();
        }

    private:
        void newLine(size_t level)
        {
            if (!m_lines)
                return;
            m_out.add("\n");
            for (size_t i = 0; i < level; ++i)
                m_out.add(m_indent);
        }

        static std::string number(const Value &value)
        {
            if (value.is(Kind::Int))
                return std::to_string(value.integer());
            if (std::isnan(value.real()))
                return "NaN";
            if (std::isinf(value.real()))
                return value.real() < 0 ? "-Infinity" : "Infinity";
            return floatText(value.real());
        }

        void writeText(const std::string &text)
        {
            m_machine.meter.scanned(text.size());
            std::string result = "\"";
            char buffer[16];
            size_t plain = 0;
            const auto escape = [&](size_t at, size_t size, std::string_view with) {
                result.append(text, plain, at - plain);
                result += with;
                plain = at + size;
            };
            for (size_t at = 0; at < text.size(); ++at) {
                const auto c = static_cast<unsigned char>(text[at]);
                if (c == '"' || c == '\\')
                    escape(at, 1, c == '"' ? "\\\"" : "\\\\");
                else if (c < 0x20) {
                    const size_t known = std::string_view("\n\r\t\f\b").find(static_cast<char>(c));
                    std::snprintf(buffer, sizeof buffer, "\\u%04x", static_cast<unsigned>(c));
                    escape(at, 1,
                        known == std::string_view::npos ? buffer
                                                        : std::string_view("\\n\\r\\t\\f\\b").substr(2 * known, 2));
                } else if (c >= 0x80 && m_ascii) {
                    const size_t size = byteOffset(std::string_view(text).substr(at, 4), 1);
                    const char32_t point = decode(std::string_view(text).substr(at, size))[0];
                    if (point < 0x10000)
                        std::snprintf(buffer, sizeof buffer, "\\u%04x", static_cast<unsigned>(point));
                    else
                        std::snprintf(buffer, sizeof buffer, "\\u%04x\\u%04x",
                            static_cast<unsigned>(0xD7C0 + (point >> 10)),
                            static_cast<unsigned>(0xDC00 + (point & 0x3FF)));
                    escape(at, size, buffer);
                    at += size - 1;
                }
            }
            result.append(text, plain);
            m_out.add(result += '"');
        }

        void writeKey(const Value &key)
        {
            switch (key.kind()) {
            case Kind::String:
                return writeText(key.text());
            case Kind::Bool:
                return m_out.add(key.flag() ? "\"true\"" : "\"false\"");
            case Kind::None:
                return m_out.add("\"null\"");
            case Kind::Int:
            case Kind::Float:
                return m_out.add("\"" + number(key) + "\"");
            default:
                m_machine.fail(std::string("keys must be str, int, float, bool or None, not ") + typeName(key));
            }
        }

        void writeList(const std::vector<Value> &items, size_t level)
        {
            if (items.empty())
                return m_out.add("[]");
            m_out.add("[");
            for (size_t i = 0; i < items.size(); ++i) {
                if (i > 0)
                    m_out.add(m_between);
                newLine(level + 1);
                write(items[i], level + 1);
            }
            newLine(level);
            m_out.add("]");
        }

        void writeDict(const DictObject &dict, size_t level)
        {
            if (dict.entries.empty())
                return m_out.add("{}");
            auto entries = dict.entries;
            if (m_sort) {
                std::stable_sort(entries.begin(), entries.end(), [&](const auto &a, const auto &b) {
                    return m_machine.compare(Comparison::Less, a.first, b.first);
                });
            }
            m_out.add("{");
            for (size_t i = 0; i < entries.size(); ++i) {
                if (i > 0)
                    m_out.add(m_between);
                newLine(level + 1);
                writeKey(entries[i].first);
                m_out.add(m_colon);
                write(entries[i].second, level + 1);
            }
            newLine(level);
            m_out.add("}");
        }

        void write(const Value &value, size_t level)
        {
            const DepthGuard guard(m_machine.meter);
            m_machine.meter.work(1);
            switch (value.kind()) {
            case Kind::String:
                return writeText(value.text());
            case Kind::None:
                return m_out.add("null");
            case Kind::Bool:
                return m_out.add(value.flag() ? "true" : "false");
            case Kind::Int:
            case Kind::Float:
                return m_out.add(number(value));
            case Kind::List:
            case Kind::Tuple:
                return writeList(value.as<ListObject>().items, level);
            case Kind::Dict:
                return writeDict(value.as<DictObject>(), level);
            default:
                m_machine.fail(std::string("Object of type ") + typeName(value) + " is not JSON serializable");
            }
        }

        Machine &m_machine;
        Builder m_out;
        bool m_ascii = false;
        bool m_sort = false;
        bool m_lines = false;
        std::string m_indent;
        std::string m_between;
        std::string m_colon = ": ";
    };

} // namespace

Value toJson(Machine &machine, const Value &value, Arguments &arguments)
{
    return machine.text(JsonWriter(machine, arguments).run(value));
}

} // namespace winnow::jinja
