#include "core/model/jinja/filters.h"
#include "core/model/jinja/text.h"

#include <algorithm>
#include <unordered_set>

// Filters that are generators in Python: nothing is evaluated, and no error arises, before an item is asked for.

namespace winnow::jinja {
namespace {

    using Mapping = std::function<Value(const Value &)>;

    /// A generator whose body starts when the first item is asked for.
    Value generator(Machine &machine, const Value &value, const Arguments &arguments, std::function<Next()> start)
    {
        std::vector<Value> held { value };
        held.insert(held.end(), arguments.positional.begin(), arguments.positional.end());
        for (const auto &named : arguments.named)
            held.push_back(named.second);
        return machine.iterator(
            [start = std::move(start), next = Next(), done = false](Value &item) mutable {
                if (done)
                    return false;
                if (!next)
                    next = start();
                done = !next(item);
                return !done;
            },
            machine.list(std::move(held)));
    }

    Mapping mapping(Machine &machine, Arguments arguments)
    {
        const auto isNamed
            = [&](const char *name) { return [name](const auto &entry) { return entry.first == name; }; };
        if (arguments.positional.empty()) {
            const auto found = std::find_if(arguments.named.begin(), arguments.named.end(), isNamed("attribute"));
            if (found == arguments.named.end())
                machine.fail("map requires a filter argument");
            const auto bound = machine.bind("map", arguments, { "attribute", "default" });
            return [&machine, path = AttributePath::parse(machine, bound[0]), fallback = bound[1]](
                       const Value &item) { return path.get(machine, item, fallback); };
        }
        const std::string name = machine.str(arguments.positional.front());
        arguments.positional.erase(arguments.positional.begin());
        return [&machine, name, arguments](const Value &item) { return applyFilter(machine, name, item, arguments); };
    }

    Value map(Machine &machine, const Value &value, Arguments &arguments)
    {
        return generator(machine, value, arguments, [&machine, value, arguments]() -> Next {
            if (!machine.truthy(value))
                return [](Value &) { return false; };
            return [&machine, next = machine.iterate(value), apply = mapping(machine, arguments)](Value &item) {
                machine.meter.work(1);
                if (!next(item))
                    return false;
                item = apply(item);
                return true;
            };
        });
    }

    using Condition = std::function<bool(const Value &)>;

    Condition condition(Machine &machine, Arguments arguments, bool byAttribute)
    {
        AttributePath path;
        auto &rest = arguments.positional;
        if (byAttribute) {
            if (rest.empty())
                machine.fail("Missing parameter for attribute name");
            path = AttributePath::parse(machine, rest.front());
            rest.erase(rest.begin());
        }
        if (rest.empty())
            return [&machine, path](const Value &item) { return machine.truthy(path.get(machine, item, {})); };
        const std::string name = machine.str(rest.front());
        rest.erase(rest.begin());
        return [&machine, path, name, arguments](
                   const Value &item) { return applyTest(machine, name, path.get(machine, item, {}), arguments); };
    }

    template <bool wanted, bool byAttribute> Value select(Machine &machine, const Value &value, Arguments &arguments)
    {
        return generator(machine, value, arguments, [&machine, value, arguments]() -> Next {
            if (!machine.truthy(value))
                return [](Value &) { return false; };
            return [&machine, next = machine.iterate(value), holds = condition(machine, arguments, byAttribute)](
                       Value &item) {
                while (next(item)) {
                    machine.meter.work(1);
                    if (holds(item) == wanted)
                        return true;
                }
                return false;
            };
        });
    }

    Value items(Machine &machine, const Value &value, Arguments &arguments)
    {
        machine.bind("items", arguments, {});
        return generator(machine, value, arguments, [&machine, value]() -> Next {
            if (value.is(Kind::Undefined))
                return [](Value &) { return false; };
            if (!value.is(Kind::Dict))
                machine.fail("Can only get item pairs from a mapping.");
            return machine.iterate(machine.call(machine.ownAttribute(value, "items"), {}));
        });
    }

    Value unique(Machine &machine, const Value &value, Arguments &arguments)
    {
        const auto bound = machine.bind("unique", arguments, { "case_sensitive", "attribute" });
        return generator(machine, value, arguments,
            [&machine, value, exact = machine.truthy(bound[0]), attribute = bound[1]]() -> Next {
                auto seen = std::make_shared<std::unordered_set<std::string>>();
                return [&machine, next = machine.iterate(value), path = AttributePath::parse(machine, attribute), seen,
                           exact](Value &item) {
                    while (next(item)) {
                        machine.meter.work(1);
                        const Value key = path.get(machine, item, {});
                        if (seen->insert(machine.hashKey(exact ? key : withoutCase(machine, key))).second)
                            return true;
                    }
                    return false;
                };
            });
    }

    Value batch(Machine &machine, const Value &value, Arguments &arguments)
    {
        const auto bound = machine.bind("batch", arguments, { "linecount", "fill_with" }, 1);
        return generator(machine, value, arguments, [&machine, value, bound]() -> Next {
            const bool fills = !bound[1].is(Kind::Missing) && !bound[1].is(Kind::None);
            return [&machine, next = machine.iterate(value), bound, fills, ahead = Value()](Value &item) mutable {
                std::vector<Value> line;
                if (!ahead.is(Kind::Missing))
                    line.push_back(std::exchange(ahead, Value()));
                while (next(item)) {
                    machine.meter.work(1);
                    if (machine.equal(Value::integer(static_cast<int64_t>(line.size())), bound[0])) {
                        if (line.empty()) { // a line of no items comes first, as in the reference
                            ahead = item;
                            break;
                        }
                        ahead = item;
                        item = machine.list(std::move(line));
                        return true;
                    }
                    line.push_back(item);
                }
                if (line.empty() && ahead.is(Kind::Missing))
                    return false;
                while (fills && !line.empty()
                    && machine.compare(Comparison::Less, Value::integer(static_cast<int64_t>(line.size())), bound[0])) {
                    machine.meter.work(1);
                    line.push_back(bound[1]);
                }
                item = machine.list(std::move(line));
                return true;
            };
        });
    }

    Value sliced(Machine &machine, const Value &value, Arguments &arguments)
    {
        const auto bound = machine.bind("slice", arguments, { "slices", "fill_with" }, 1);
        return generator(machine, value, arguments, [&machine, value, bound]() -> Next {
            const auto all = machine.items(value);
            const int64_t slices = machine.index(bound[0]);
            if (slices == 0)
                machine.fail("integer division or modulo by zero");
            const auto size = static_cast<int64_t>(all.size());
            return [&machine, all, slices, fill = bound[1], each = size / slices, extra = size % slices,
                       at = int64_t(0), number = int64_t(0)](Value &item) mutable {
                if (number >= slices)
                    return false;
                const int64_t count = each + (number < extra ? 1 : 0);
                std::vector<Value> part(all.begin() + at, all.begin() + at + count);
                if (!fill.is(Kind::Missing) && !fill.is(Kind::None) && number >= extra)
                    part.push_back(fill);
                at += count;
                ++number;
                item = machine.list(std::move(part));
                return true;
            };
        });
    }

} // namespace

const FilterTable &lazyFilters()
{
    static const FilterTable kTable { { "map", map }, { "select", select<true, false> },
        { "reject", select<false, false> }, { "selectattr", select<true, true> }, { "rejectattr", select<false, true> },
        { "items", items }, { "unique", unique }, { "batch", batch }, { "slice", sliced } };
    return kTable;
}

} // namespace winnow::jinja
