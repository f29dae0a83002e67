#include "core/model/jinja/machine.h"
#include "core/model/jinja/text.h"

#include <algorithm>
#include <unordered_map>

namespace winnow::jinja {
namespace {

    using Method = Value (*)(Machine &, const Value &, Arguments &);

    bool isGiven(const Value &value) { return !value.is(Kind::Missing) && !value.is(Kind::None); }

    /// A result that stays Markup when the text was.
    Value like(Machine &machine, const Value &self, std::string text)
    {
        return machine.text(std::move(text), self.as<StringObject>().safe);
    }

    template <std::string (*map)(std::string_view)>
    Value mapped(Machine &machine, const Value &self, Arguments &arguments)
    {
        machine.bind("method", arguments, {});
        machine.meter.scanned(self.text().size());
        return like(machine, self, map(self.text()));
    }

    template <Side side> Value stripped(Machine &machine, const Value &self, Arguments &arguments)
    {
        const auto bound = machine.bind("strip", arguments, { "chars" });
        machine.meter.scanned(self.text().size());
        if (!isGiven(bound[0]))
            return like(machine, self, std::string(strip(self.text(), side)));
        return like(machine, self, std::string(strip(self.text(), machine.wantText(bound[0], "strip arg"), side)));
    }

    template <Side side> Value splitText(Machine &machine, const Value &self, Arguments &arguments)
    {
        const auto bound = machine.bind("split", arguments, { "sep", "maxsplit" });
        const int64_t limit = bound[1].is(Kind::Missing) ? -1 : machine.index(bound[1]);
        machine.meter.scanned(self.text().size());
        const std::string_view text = self.text();
        if (!isGiven(bound[0]))
            return textList(machine, side == Side::Left ? splitWords(text, limit) : splitWordsRight(text, limit), self);
        const std::string &separator = machine.wantText(bound[0], "must be str or None, sep");
        if (separator.empty())
            machine.fail("empty separator");
        if (side == Side::Left)
            return textList(machine, split(text, separator, limit), self);
        return textList(machine, splitRight(text, separator, limit), self);
    }

    Value splitLinesOf(Machine &machine, const Value &self, Arguments &arguments)
    {
        const auto bound = machine.bind("splitlines", arguments, { "keepends" });
        machine.meter.scanned(self.text().size());
        return textList(machine, splitLines(self.text(), machine.truthy(bound[0])), self);
    }

    /// The part between optional start and end of find, count, startswith, ...; nothing when start is beyond the end.
    std::optional<std::pair<std::string_view, size_t>> part(
        Machine &machine, const Value &self, const Value &start, const Value &end)
    {
        const std::string &text = self.text();
        machine.meter.scanned(text.size());
        const int64_t length = *machine.sizeOf(self);
        const auto place = [&](const Value &v, int64_t fallback) {
            if (!isGiven(v))
                return fallback;
            const int64_t at = machine.index(v);
            return std::max<int64_t>(at < 0 ? at + length : at, 0);
        };
        const int64_t begin = place(start, 0);
        const int64_t stop = std::min(place(end, length), length);
        if (begin > stop)
            return std::nullopt;
        const size_t first = byteOffset(text, static_cast<size_t>(begin));
        return std::pair(std::string_view(text).substr(first, byteOffset(text, static_cast<size_t>(stop)) - first),
            static_cast<size_t>(begin));
    }

    template <bool fromEnd> bool hasEdge(Machine &machine, const Value &self, Arguments &arguments)
    {
        const char *name = fromEnd ? "endswith" : "startswith";
        const auto bound = machine.bind(name, arguments, { "prefix", "start", "end" }, 1);
        const auto text = part(machine, self, bound[1], bound[2]);
        const auto matches = [&](const Value &edge) {
            if (!edge.is(Kind::String))
                machine.fail(std::string(name) + " first arg must be str or a tuple of str, not " + typeName(edge));
            return text && (fromEnd ? text->first.ends_with(edge.text()) : text->first.starts_with(edge.text()));
        };
        if (!bound[0].is(Kind::Tuple))
            return matches(bound[0]);
        const auto &edges = bound[0].as<ListObject>().items;
        return std::any_of(edges.begin(), edges.end(), matches);
    }

    template <bool fromEnd> Value edge(Machine &machine, const Value &self, Arguments &arguments)
    {
        return Value::boolean(hasEdge<fromEnd>(machine, self, arguments));
    }

    template <bool last, bool must> Value position(Machine &machine, const Value &self, Arguments &arguments)
    {
        const auto bound = machine.bind("find", arguments, { "sub", "start", "end" }, 1);
        const std::string &wanted = machine.wantText(bound[0], "must be str, sub");
        const auto text = part(machine, self, bound[1], bound[2]);
        const size_t at = !text ? std::string::npos : last ? findLast(text->first, wanted) : find(text->first, wanted);
        if (at != std::string::npos)
            return Value::integer(static_cast<int64_t>(text->second + countPoints(text->first.substr(0, at))));
        if (must)
            machine.fail("substring not found");
        return Value::integer(-1);
    }

    Value count(Machine &machine, const Value &self, Arguments &arguments)
    {
        const auto bound = machine.bind("count", arguments, { "sub", "start", "end" }, 1);
        const std::string &wanted = machine.wantText(bound[0], "must be str, sub");
        const auto text = part(machine, self, bound[1], bound[2]);
        return Value::integer(text ? static_cast<int64_t>(countParts(text->first, wanted)) : 0);
    }

    Value replaceIn(Machine &machine, const Value &self, Arguments &arguments)
    {
        const auto bound = machine.bind("replace", arguments, { "old", "new", "count" }, 2);
        const std::string &from = machine.wantText(bound[0], "replace() argument 1");
        const std::string &to = machine.wantText(bound[1], "replace() argument 2");
        const int64_t limit = bound[2].is(Kind::Missing) ? -1 : machine.index(bound[2]);
        machine.meter.scanned(self.text().size());
        const size_t size = replacedSize(self.text(), from, to, limit);
        machine.meter.claim(size);
        machine.meter.release(size);
        return like(machine, self, replace(self.text(), from, to, limit));
    }

    Value join(Machine &machine, const Value &self, Arguments &arguments)
    {
        const auto bound = machine.bind("join", arguments, { "iterable" }, 1);
        Builder out(machine.meter);
        const Next next = machine.iterate(bound[0]);
        Value item;
        for (size_t i = 0; next(item); ++i) {
            if (!item.is(Kind::String))
                machine.fail(
                    "sequence item " + std::to_string(i) + ": expected str instance, " + typeName(item) + " found");
            if (i > 0)
                out.add(self.text());
            out.add(item.text());
        }
        return like(machine, self, out.take());
    }

    template <bool prefix> Value removeEdge(Machine &machine, const Value &self, Arguments &arguments)
    {
        const auto bound = machine.bind(prefix ? "removeprefix" : "removesuffix", arguments, { "prefix" }, 1);
        std::string_view text = self.text();
        const std::string &edge = machine.wantText(bound[0], "argument");
        if (prefix && text.starts_with(edge))
            text.remove_prefix(edge.size());
        if (!prefix && text.ends_with(edge))
            text.remove_suffix(edge.size());
        return like(machine, self, std::string(text));
    }

    template <bool last> Value partition(Machine &machine, const Value &self, Arguments &arguments)
    {
        const auto bound = machine.bind("partition", arguments, { "sep" }, 1);
        const std::string &separator = machine.wantText(bound[0], "must be str, sep");
        if (separator.empty())
            machine.fail("empty separator");
        const std::string_view text = self.text();
        machine.meter.scanned(text.size());
        const size_t at = last ? findLast(text, separator) : find(text, separator);
        const auto piece = [&](std::string_view part) { return like(machine, self, std::string(part)); };
        if (at == text.npos)
            return last ? machine.tuple({ piece({}), piece({}), self }) : machine.tuple({ self, piece({}), piece({}) });
        return machine.tuple(
            { piece(text.substr(0, at)), piece(separator), piece(text.substr(at + separator.size())) });
    }

    enum class Where { Left, Right, Centre };

    template <Where where> Value justify(Machine &machine, const Value &self, Arguments &arguments)
    {
        const auto bound = machine.bind("justify", arguments, { "width", "fillchar" }, 1);
        const int64_t width = machine.index(bound[0]);
        const std::string fill = bound[1].is(Kind::Missing) ? " " : machine.wantText(bound[1], "The fill character");
        if (countPoints(fill) != 1)
            machine.fail("The fill character must be exactly one character long");
        const int64_t missing = std::max<int64_t>(width - *machine.sizeOf(self), 0);
        // str.center puts the odd one to the left when the width is odd (Objects/unicodeobject.c)
        const int64_t left = where == Where::Left ? 0
            : where == Where::Right               ? missing
                                                  : missing / 2 + (missing & width & 1);
        machine.meter.claim(std::min(static_cast<size_t>(missing), SIZE_MAX / 8) * fill.size());
        machine.meter.release(static_cast<size_t>(missing) * fill.size());
        std::string text;
        for (int64_t i = 0; i < left; ++i)
            text += fill;
        text += self.text();
        for (int64_t i = left; i < missing; ++i)
            text += fill;
        return like(machine, self, std::move(text));
    }

    Value zeroFill(Machine &machine, const Value &self, Arguments &arguments)
    {
        const auto bound = machine.bind("zfill", arguments, { "width" }, 1);
        const int64_t missing = std::max<int64_t>(machine.index(bound[0]) - *machine.sizeOf(self), 0);
        machine.meter.claim(static_cast<size_t>(missing));
        machine.meter.release(static_cast<size_t>(missing));
        std::string text = self.text();
        text.insert(!text.empty() && (text[0] == '-' || text[0] == '+') ? 1 : 0, static_cast<size_t>(missing), '0');
        return like(machine, self, std::move(text));
    }

    Value format(Machine &machine, const Value &self, Arguments &arguments)
    {
        return formatBraces(machine, self, arguments);
    }

    Value formatMap(Machine &machine, const Value &self, Arguments &arguments)
    {
        const auto bound = machine.bind("format_map", arguments, { "mapping" }, 1);
        if (!bound[0].is(Kind::Dict))
            machine.fail("format_map() takes a mapping");
        Arguments fields;
        for (const auto &[key, value] : bound[0].as<DictObject>().entries)
            fields.named.emplace_back(machine.str(key), value);
        return formatBraces(machine, self, fields);
    }

    const std::unordered_map<std::string, Method> &methods()
    {
        static const std::unordered_map<std::string, Method> kMethods { { "upper", mapped<upper> },
            { "lower", mapped<lower> }, { "casefold", mapped<caseFold> }, { "capitalize", mapped<capitalize> },
            { "title", mapped<title> }, { "swapcase", mapped<swapCase> }, { "strip", stripped<Side::Both> },
            { "lstrip", stripped<Side::Left> }, { "rstrip", stripped<Side::Right> }, { "split", splitText<Side::Left> },
            { "rsplit", splitText<Side::Right> }, { "splitlines", splitLinesOf }, { "startswith", edge<false> },
            { "endswith", edge<true> }, { "find", position<false, false> }, { "rfind", position<true, false> },
            { "index", position<false, true> }, { "rindex", position<true, true> }, { "count", count },
            { "replace", replaceIn }, { "join", join }, { "removeprefix", removeEdge<true> },
            { "removesuffix", removeEdge<false> }, { "partition", partition<false> }, { "rpartition", partition<true> },
            { "ljust", justify<Where::Left> }, { "rjust", justify<Where::Right> }, { "center", justify<Where::Centre> },
            { "zfill", zeroFill }, { "format", format }, { "format_map", formatMap } };
        return kMethods;
    }

} // namespace

Value textList(Machine &machine, const std::vector<std::string_view> &parts, const Value &self)
{
    std::vector<Value> items;
    machine.meter.claim(parts.size() * sizeof(Value));
    items.reserve(parts.size());
    for (const std::string_view part : parts)
        items.push_back(like(machine, self, std::string(part)));
    machine.meter.release(parts.size() * sizeof(Value));
    return machine.list(std::move(items));
}

Value stringMethod(Machine &machine, const Value &self, const std::string &name)
{
    if (const auto found = methods().find(name); found != methods().end()) {
        return machine.function(
            name,
            [self, method = found->second](Machine &m, Arguments &arguments) { return method(m, self, arguments); },
            self);
    }
    if (name.starts_with("is") && hasClass(name, "")) {
        return machine.function(
            name,
            [self, name](Machine &m, Arguments &arguments) {
                m.bind("method", arguments, {});
                m.meter.scanned(self.text().size());
                return Value::boolean(*hasClass(name, self.text()));
            },
            self);
    }
    if (name == "encode" || name == "expandtabs" || name == "maketrans" || name == "translate")
        machine.failUnsupported("the method str." + name);
    return {};
}

} // namespace winnow::jinja
