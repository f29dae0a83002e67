#include "core/model/jinja/filters.h"
#include "core/model/jinja/text.h"

#include <algorithm>

namespace winnow::jinja {
namespace {

    Value length(Machine &machine, const Value &value, Arguments &arguments)
    {
        machine.bind("len", arguments, {});
        return Value::integer(machine.length(value));
    }

    Value first(Machine &machine, const Value &value, Arguments &arguments)
    {
        machine.bind("first", arguments, {});
        Value item;
        return machine.iterate(value)(item) ? item : machine.undefined("No first item, sequence was empty.");
    }

    /// reversed(value): needs a length and an order.
    std::vector<Value> backwards(Machine &machine, const Value &value)
    {
        const bool hasOrder = value.is(Kind::String) || value.is(Kind::List) || value.is(Kind::Tuple)
            || value.is(Kind::Dict) || value.is(Kind::View) || value.is(Kind::Range) || value.is(Kind::Undefined);
        if (!hasOrder)
            machine.fail(std::string("'") + typeName(value) + "' object is not reversible");
        std::vector<Value> items = machine.items(value);
        std::reverse(items.begin(), items.end());
        return items;
    }

    Value last(Machine &machine, const Value &value, Arguments &arguments)
    {
        machine.bind("last", arguments, {});
        if (value.is(Kind::String) || value.is(Kind::List) || value.is(Kind::Tuple) || value.is(Kind::Range)) {
            if (machine.length(value) > 0)
                return machine.item(value, Value::integer(-1));
            return machine.undefined("No last item, sequence was empty.");
        }
        const auto items = backwards(machine, value);
        return items.empty() ? machine.undefined("No last item, sequence was empty.") : items.front();
    }

    Value reversed(Machine &machine, const Value &value, Arguments &arguments)
    {
        machine.bind("reverse", arguments, {});
        if (value.is(Kind::String))
            return machine.slice(value, {}, {}, Value::integer(-1));
        if (value.is(Kind::Iterator) || value.is(Kind::Loop)) {
            auto items = machine.items(value);
            std::reverse(items.begin(), items.end());
            return machine.list(std::move(items));
        }
        const Value items = machine.list(backwards(machine, value));
        return machine.iterator(machine.iterate(items), items, "list_reverseiterator");
    }

    Value listed(Machine &machine, const Value &value, Arguments &arguments)
    {
        machine.bind("list", arguments, {});
        return machine.list(machine.items(value));
    }

    Value join(Machine &machine, const Value &value, Arguments &arguments)
    {
        const auto bound = machine.bind("join", arguments, { "d", "attribute" });
        const std::string separator = bound[0].is(Kind::Missing) ? std::string() : machine.str(bound[0]);
        const AttributePath path = AttributePath::parse(machine, bound[1]);
        const Next next = machine.iterate(value);
        Builder out(machine.meter);
        Value item;
        for (bool isFirst = true; next(item); isFirst = false) {
            machine.meter.work(1);
            if (!isFirst)
                out.add(separator);
            const Value part = path.get(machine, item, {});
            out.add(part.is(Kind::String) ? part.text() : machine.str(part));
        }
        return machine.text(out.take());
    }

    Value orDefault(Machine &machine, const Value &value, Arguments &arguments)
    {
        const auto bound = machine.bind("default", arguments, { "default_value", "boolean" });
        const bool isGone = value.is(Kind::Undefined) || (machine.truthy(bound[1]) && !machine.truthy(value));
        if (!isGone)
            return value;
        return bound[0].is(Kind::Missing) ? machine.text(std::string()) : bound[0];
    }

    Value total(Machine &machine, const Value &value, Arguments &arguments)
    {
        const auto bound = machine.bind("sum", arguments, { "attribute", "start" });
        Value sum = bound[1].is(Kind::Missing) ? Value::integer(0) : bound[1];
        if (sum.is(Kind::String))
            machine.fail("sum() can't sum strings [use ''.join(seq) instead]");
        const AttributePath path = AttributePath::parse(machine, bound[0]);
        const Next next = machine.iterate(value);
        Value item;
        while (next(item))
            sum = machine.binary(BinaryOperator::Add, sum, path.get(machine, item, {}));
        return sum;
    }

    Value attributeOnly(Machine &machine, const Value &value, Arguments &arguments)
    {
        const auto bound = machine.bind("attr", arguments, { "name" }, 1);
        const std::string &name = machine.wantText(bound[0], "attribute name");
        const Value own = machine.ownAttribute(value, name);
        return own.is(Kind::Missing) ? machine.undefinedOf(value, bound[0]) : machine.attribute(value, name);
    }

} // namespace

const FilterTable &sequenceFilters()
{
    static const FilterTable kTable { { "length", length }, { "count", length }, { "first", first }, { "last", last },
        { "reverse", reversed }, { "list", listed }, { "join", join }, { "default", orDefault }, { "d", orDefault },
        { "sum", total }, { "attr", attributeOnly } };
    return kTable;
}

} // namespace winnow::jinja
