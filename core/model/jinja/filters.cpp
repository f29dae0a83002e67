#include "core/model/jinja/filters.h"

#include "core/model/jinja/number_text.h"
#include "core/model/jinja/text.h"

#include <algorithm>
#include <array>

namespace winnow::jinja {
namespace {

    // Filters of the reference that no chat template has a use for.
    constexpr std::array<std::string_view, 8> kRefused { "pprint", "random", "striptags", "urlize", "wordwrap",
        "xmlattr", "filesizeformat", "urlencode" };

    Filter findFilter(const std::string &name)
    {
        for (const FilterTable *table :
            { &textFilters(), &sequenceFilters(), &lazyFilters(), &orderFilters(), &numberFilters() }) {
            if (const auto found = table->find(name); found != table->end())
                return found->second;
        }
        return nullptr;
    }

    bool isRefused(const std::string &name)
    {
        return std::find(kRefused.begin(), kRefused.end(), name) != kRefused.end();
    }

} // namespace

bool isFilterName(const std::string &name) { return findFilter(name) || isRefused(name); }

Value applyFilter(Machine &machine, const std::string &name, const Value &value, Arguments arguments)
{
    machine.meter.work(1);
    if (const Filter filter = findFilter(name))
        return filter(machine, value, arguments);
    if (isRefused(name))
        machine.failUnsupported("the filter '" + name + "'");
    machine.fail("No filter named '" + name + "' found.");
}

Value softText(Machine &machine, const Value &value)
{
    return value.is(Kind::String) ? value : machine.text(machine.str(value));
}

Value withoutCase(Machine &machine, const Value &value)
{
    if (!value.is(Kind::String))
        return value;
    machine.meter.scanned(value.text().size());
    return machine.text(lower(value.text()));
}

AttributePath AttributePath::parse(Machine &machine, const Value &attribute)
{
    AttributePath path;
    if (attribute.is(Kind::Missing) || attribute.is(Kind::None))
        return path;
    if (!attribute.is(Kind::String)) {
        path.parts.push_back(attribute);
        return path;
    }
    for (const std::string_view part : split(attribute.text(), ".", -1)) {
        const bool isIndex = !part.empty() && part.find_first_not_of("0123456789") == part.npos;
        const auto index = isIndex ? parseWhole(part, 10) : std::nullopt;
        path.parts.push_back(index ? Value::integer(*index) : machine.text(part));
    }
    return path;
}

Value AttributePath::get(Machine &machine, const Value &item, const Value &fallback) const
{
    Value value = item;
    for (const Value &part : parts) {
        value = machine.item(value, part);
        if (value.is(Kind::Undefined) && !fallback.is(Kind::Missing) && !fallback.is(Kind::None))
            value = fallback;
    }
    return value;
}

} // namespace winnow::jinja
