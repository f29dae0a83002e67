#include "core/model/jinja/filters.h"
#include "core/model/jinja/text.h"

#include <algorithm>

namespace winnow::jinja {
namespace {

    /// A method of str under a filter's name.
    Value byMethod(Machine &machine, const Value &value, const char *method, Arguments arguments = {})
    {
        const Value text = softText(machine, value);
        return machine.call(stringMethod(machine, text, method), std::move(arguments));
    }

    Value upperCase(Machine &machine, const Value &value, Arguments &arguments)
    {
        machine.bind("upper", arguments, {});
        return byMethod(machine, value, "upper");
    }

    Value lowerCase(Machine &machine, const Value &value, Arguments &arguments)
    {
        machine.bind("lower", arguments, {});
        return byMethod(machine, value, "lower");
    }

    Value capitalized(Machine &machine, const Value &value, Arguments &arguments)
    {
        machine.bind("capitalize", arguments, {});
        return byMethod(machine, value, "capitalize");
    }

    Value trim(Machine &machine, const Value &value, Arguments &arguments)
    {
        const auto bound = machine.bind("trim", arguments, { "chars" });
        return byMethod(machine, value, "strip", { { bound[0].is(Kind::Missing) ? Value::none() : bound[0] }, {} });
    }

    /// Words begin behind white space and -({[<, the rest of a word is lower case (jinja2 do_title).
    Value titled(Machine &machine, const Value &value, Arguments &arguments)
    {
        machine.bind("title", arguments, {});
        const Value text = softText(machine, value);
        machine.meter.scanned(text.text().size());
        std::string result;
        std::string word;
        const auto flush = [&] {
            const size_t first = byteOffset(word, word.empty() ? 0 : 1);
            result += upper(std::string_view(word).substr(0, first)) + lower(std::string_view(word).substr(first));
            word.clear();
        };
        for (const char32_t point : decode(text.text())) {
            if (isSpace(point)
                || (point < 0x80
                    && std::string_view("-({[<").find(static_cast<char>(point)) != std::string_view::npos)) {
                flush();
                appendPoint(result, point);
            } else {
                appendPoint(word, point);
            }
        }
        flush();
        return machine.text(std::move(result));
    }

    Value replaced(Machine &machine, const Value &value, Arguments &arguments)
    {
        auto bound = machine.bind("replace", arguments, { "old", "new", "count" }, 2);
        const Value plain = machine.text(machine.str(value));
        Arguments inner { { machine.text(machine.str(bound[0])), machine.text(machine.str(bound[1])) }, {} };
        if (!bound[2].is(Kind::Missing) && !bound[2].is(Kind::None))
            inner.positional.push_back(bound[2]);
        return byMethod(machine, plain, "replace", std::move(inner));
    }

    Value indented(Machine &machine, const Value &value, Arguments &arguments)
    {
        const auto bound = machine.bind("indent", arguments, { "width", "first", "blank" });
        if (value.is(Kind::Undefined))
            machine.failUndefined(value);
        const std::string &text = machine.wantText(value, "the text of indent");
        std::string indention = "    ";
        if (bound[0].is(Kind::String))
            indention = bound[0].text();
        else if (!bound[0].is(Kind::Missing)) {
            const int64_t width = std::max<int64_t>(machine.index(bound[0]), 0);
            machine.meter.claim(static_cast<size_t>(width));
            machine.meter.release(static_cast<size_t>(width));
            indention.assign(static_cast<size_t>(width), ' ');
        }
        const bool blank = machine.truthy(bound[2]);
        machine.meter.scanned(text.size());
        const std::string closed = text + "\n"; // so that a last line that is empty is one
        const auto lines = splitLines(closed, false);
        Builder out(machine.meter);
        if (machine.truthy(bound[1]))
            out.add(indention);
        for (size_t i = 0; i < lines.size(); ++i) {
            if (i > 0)
                out.add("\n");
            if (i > 0 && (blank || !lines[i].empty()))
                out.add(indention);
            out.add(lines[i]);
        }
        return machine.text(out.take(), value.as<StringObject>().safe);
    }

    Value truncated(Machine &machine, const Value &value, Arguments &arguments)
    {
        const auto bound = machine.bind("truncate", arguments, { "length", "killwords", "end", "leeway" });
        const int64_t length = bound[0].is(Kind::Missing) ? 255 : machine.index(bound[0]);
        const std::string end = bound[2].is(Kind::Missing) ? "..." : machine.wantText(bound[2], "the end of truncate");
        const int64_t leeway = bound[3].is(Kind::Missing) || bound[3].is(Kind::None) ? 5 : machine.index(bound[3]);
        const auto endSize = static_cast<int64_t>(countPoints(end));
        if (length < endSize)
            machine.fail("expected length >= " + std::to_string(endSize) + ", got " + std::to_string(length));
        if (leeway < 0)
            machine.fail("expected leeway >= 0, got " + std::to_string(leeway));
        if (machine.length(value) - leeway <= length)
            return value;
        const std::string &text = machine.wantText(value, "the text of truncate");
        std::string_view cut
            = std::string_view(text).substr(0, byteOffset(text, static_cast<size_t>(length - endSize)));
        const size_t space = cut.rfind(' ');
        if (!machine.truthy(bound[1]) && space != cut.npos)
            cut = cut.substr(0, space);
        return machine.text(std::string(cut) + end);
    }

    Value centred(Machine &machine, const Value &value, Arguments &arguments)
    {
        const auto bound = machine.bind("center", arguments, { "width" });
        return byMethod(
            machine, value, "center", { { bound[0].is(Kind::Missing) ? Value::integer(80) : bound[0] }, {} });
    }

    Value formatted(Machine &machine, const Value &value, Arguments &arguments)
    {
        if (!arguments.positional.empty() && !arguments.named.empty())
            machine.fail("can't handle positional and keyword arguments at the same time");
        if (arguments.named.empty())
            return formatPercent(machine, softText(machine, value), machine.tuple(arguments.positional));
        const Value fields = machine.dict();
        for (const auto &[name, field] : arguments.named)
            machine.put(fields, machine.text(std::string_view(name)), field);
        return formatPercent(machine, softText(machine, value), fields);
    }

    Value wordCount(Machine &machine, const Value &value, Arguments &arguments)
    {
        machine.bind("wordcount", arguments, {});
        const Value text = softText(machine, value);
        machine.meter.scanned(text.text().size());
        int64_t count = 0;
        bool inWord = false;
        for (const char32_t point : decode(text.text())) {
            const bool isWord = point == '_' || isAlphanumeric(point);
            count += isWord && !inWord ? 1 : 0;
            inWord = isWord;
        }
        return Value::integer(count);
    }

    Value escaped(Machine &machine, const Value &value, Arguments &arguments)
    {
        machine.bind("escape", arguments, {});
        if (value.is(Kind::String) && value.as<StringObject>().safe)
            return value;
        return machine.text(escapeHtml(machine.str(value)), true);
    }

    Value forceEscaped(Machine &machine, const Value &value, Arguments &arguments)
    {
        machine.bind("forceescape", arguments, {});
        return machine.text(escapeHtml(machine.str(value)), true);
    }

    Value safe(Machine &machine, const Value &value, Arguments &arguments)
    {
        machine.bind("safe", arguments, {});
        return machine.text(machine.str(value), true);
    }

    Value toText(Machine &machine, const Value &value, Arguments &arguments)
    {
        machine.bind("string", arguments, {});
        return softText(machine, value);
    }

} // namespace

const FilterTable &textFilters()
{
    static const FilterTable kTable { { "upper", upperCase }, { "lower", lowerCase }, { "capitalize", capitalized },
        { "title", titled }, { "trim", trim }, { "replace", replaced }, { "indent", indented },
        { "truncate", truncated }, { "center", centred }, { "format", formatted }, { "wordcount", wordCount },
        { "escape", escaped }, { "e", escaped }, { "forceescape", forceEscaped }, { "safe", safe },
        { "string", toText }, { "tojson", toJson } };
    return kTable;
}

} // namespace winnow::jinja
