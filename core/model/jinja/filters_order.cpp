#include "core/model/jinja/filters.h"
#include "core/model/jinja/text.h"

#include <algorithm>
#include <numeric>

namespace winnow::jinja {
namespace {

    using Key = std::function<Value(const Value &)>;

    /// make_attrgetter with ignore_case behind it.
    Key keyOf(Machine &machine, const Value &attribute, const Value &caseSensitive, const Value &fallback)
    {
        return [&machine, path = AttributePath::parse(machine, attribute), exact = machine.truthy(caseSensitive),
                   fallback](const Value &item) {
            const Value key = path.get(machine, item, fallback);
            return exact ? key : withoutCase(machine, key);
        };
    }

    /// make_multi_attrgetter: "a,b" compares by a, then by b.
    Key keysOf(Machine &machine, const Value &attribute, const Value &caseSensitive)
    {
        std::vector<Key> keys;
        if (attribute.is(Kind::String)) {
            for (const std::string_view part : split(attribute.text(), ",", -1))
                keys.push_back(keyOf(machine, machine.text(part), caseSensitive, {}));
        } else {
            keys.push_back(keyOf(machine, attribute, caseSensitive, {}));
        }
        return [&machine, keys](const Value &item) {
            std::vector<Value> parts;
            for (const Key &key : keys)
                parts.push_back(key(item));
            return machine.list(std::move(parts));
        };
    }

    struct Keyed {
        Value key;
        Value item;
    };

    /// sorted(): stable, also when it is reversed.
    std::vector<Keyed> sorted(Machine &machine, const Value &iterable, const Key &key, bool isReversed)
    {
        std::vector<Keyed> entries;
        for (const Value &item : machine.items(iterable))
            entries.push_back({ key(item), item });
        if (isReversed)
            std::reverse(entries.begin(), entries.end());
        std::stable_sort(entries.begin(), entries.end(),
            [&](const Keyed &a, const Keyed &b) { return machine.compare(Comparison::Less, a.key, b.key); });
        if (isReversed)
            std::reverse(entries.begin(), entries.end());
        return entries;
    }

    Value itemsOf(Machine &machine, const std::vector<Keyed> &entries)
    {
        std::vector<Value> items;
        for (const Keyed &entry : entries)
            items.push_back(entry.item);
        return machine.list(std::move(items));
    }

    Value sort(Machine &machine, const Value &value, Arguments &arguments)
    {
        const auto bound = machine.bind("sort", arguments, { "reverse", "case_sensitive", "attribute" });
        return itemsOf(machine, sorted(machine, value, keysOf(machine, bound[2], bound[1]), machine.truthy(bound[0])));
    }

    Value dictSort(Machine &machine, const Value &value, Arguments &arguments)
    {
        const auto bound = machine.bind("dictsort", arguments, { "case_sensitive", "by", "reverse" });
        const std::string by = bound[1].is(Kind::Missing) ? "key" : machine.str(bound[1]);
        if (by != "key" && by != "value")
            machine.fail("You can only sort by either \"key\" or \"value\"");
        if (value.is(Kind::Undefined))
            machine.failUndefined(value);
        if (!value.is(Kind::Dict))
            machine.fail(std::string("'") + typeName(value) + "' object has no attribute 'items'");
        const Key key = [&](const Value &pair) {
            const Value part = pair.as<ListObject>().items[by == "key" ? 0 : 1];
            return machine.truthy(bound[0]) ? part : withoutCase(machine, part);
        };
        std::vector<Value> pairs;
        for (const auto &[name, entry] : value.as<DictObject>().entries)
            pairs.push_back(machine.tuple({ name, entry }));
        return itemsOf(machine, sorted(machine, machine.list(std::move(pairs)), key, machine.truthy(bound[2])));
    }

    template <Comparison better> Value extreme(Machine &machine, const Value &value, Arguments &arguments)
    {
        const auto bound = machine.bind("min", arguments, { "case_sensitive", "attribute" });
        const Key key = keyOf(machine, bound[1], bound[0], {});
        const Next next = machine.iterate(value);
        Value best;
        if (!next(best))
            return machine.undefined("No aggregated item, sequence was empty.");
        Value bestKey = key(best);
        Value item;
        while (next(item)) {
            const Value itemKey = key(item);
            if (machine.compare(better, itemKey, bestKey)) {
                best = item;
                bestKey = itemKey;
            }
        }
        return best;
    }

    Value groupBy(Machine &machine, const Value &value, Arguments &arguments)
    {
        const auto bound = machine.bind("groupby", arguments, { "attribute", "default", "case_sensitive" }, 1);
        const auto entries = sorted(machine, value, keyOf(machine, bound[0], bound[2], bound[1]), false);
        const AttributePath path = AttributePath::parse(machine, bound[0]);
        std::vector<Value> groups;
        for (size_t begin = 0; begin < entries.size();) {
            size_t end = begin;
            std::vector<Value> items;
            for (; end < entries.size() && machine.equal(entries[end].key, entries[begin].key); ++end)
                items.push_back(entries[end].item);
            if (items.empty()) // a key that is not equal to itself
                items.push_back(entries[end++].item);
            const Value grouper = machine.truthy(bound[2]) ? entries[begin].key : path.get(machine, items[0], bound[1]);
            const Value group = machine.tuple({ grouper, machine.list(std::move(items)) });
            group.as<ListObject>().group = true;
            groups.push_back(group);
            begin = end;
        }
        return machine.list(std::move(groups));
    }

} // namespace

const FilterTable &orderFilters()
{
    static const FilterTable kTable { { "sort", sort }, { "dictsort", dictSort }, { "min", extreme<Comparison::Less> },
        { "max", extreme<Comparison::Greater> }, { "groupby", groupBy } };
    return kTable;
}

} // namespace winnow::jinja
