#include "core/model/jinja/machine.h"
#include "core/model/jinja/text.h"

#include <algorithm>
#include <array>

namespace winnow::jinja {
namespace {

    Value character(Machine &machine, const Value &text, int64_t index)
    {
        const auto &object = text.as<StringObject>();
        if (object.ascii)
            return machine.text(std::string(1, object.text[static_cast<size_t>(index)]), object.safe);
        machine.meter.scanned(object.text.size());
        const size_t begin = byteOffset(object.text, static_cast<size_t>(index));
        const size_t size = byteOffset(std::string_view(object.text).substr(begin), 1);
        return machine.text(object.text.substr(begin, size), object.safe);
    }

    Next iterateText(Machine &machine, const Value &text)
    {
        return [&machine, text, at = size_t(0)](Value &item) mutable {
            const auto &object = text.as<StringObject>();
            if (at >= object.text.size())
                return false;
            const size_t size = byteOffset(std::string_view(object.text).substr(at, 4), 1);
            item = machine.text(object.text.substr(at, size));
            at += size;
            return true;
        };
    }

    Next iterateItems(const Value &list)
    {
        return [list, at = size_t(0)](Value &item) mutable {
            const auto &items = list.as<ListObject>().items;
            if (at >= items.size())
                return false;
            item = items[at++];
            return true;
        };
    }

    Next iterateDict(Machine &machine, const Value &dict, ViewObject::What what)
    {
        return [&machine, dict, what, at = size_t(0)](Value &item) mutable {
            const auto &entries = dict.as<DictObject>().entries;
            if (at >= entries.size())
                return false;
            const auto &[key, value] = entries[at++];
            item = what == ViewObject::What::Keys  ? key
                : what == ViewObject::What::Values ? value
                                                   : machine.tuple({ key, value });
            return true;
        };
    }

    Next iterateRange(const RangeObject &range)
    {
        return [at = range.start, step = range.step, left = range.size()](Value &item) mutable {
            if (left-- <= 0)
                return false;
            item = Value::integer(at);
            at += step;
            return true;
        };
    }

    /// The bounds of a slice over a length (PySlice_AdjustIndices); `count` items from `start` on.
    struct Bounds {
        int64_t start = 0, stop = 0, step = 1, count = 0;
    };

    Bounds bounds(Machine &machine, int64_t length, const Value &start, const Value &stop, const Value &step)
    {
        const auto given = [](const Value &v) { return !v.is(Kind::Missing) && !v.is(Kind::None); };
        const auto whole = [&](const Value &v) {
            if (!isWhole(v))
                machine.fail("slice indices must be integers or None or have an __index__ method");
            return v.integer();
        };
        Bounds result;
        // beyond any length it makes no difference, and -step must exist
        result.step = given(step) ? std::clamp<int64_t>(whole(step), -(int64_t(1) << 60), int64_t(1) << 60) : 1;
        if (result.step == 0)
            machine.fail("slice step cannot be zero");
        const int64_t low = result.step < 0 ? -1 : 0;
        const int64_t high = result.step < 0 ? length - 1 : length;
        const auto place = [&](const Value &v, int64_t fallback) {
            if (!given(v))
                return fallback;
            const int64_t at = whole(v);
            return std::clamp(at < 0 ? at + length : at, low, high);
        };
        result.start = place(start, result.step < 0 ? high : low);
        const int64_t end = result.stop = place(stop, result.step < 0 ? low : high);
        if (result.step > 0 && result.start < end)
            result.count = (end - result.start - 1) / result.step + 1;
        else if (result.step < 0 && end < result.start)
            result.count = (result.start - end - 1) / -result.step + 1;
        return result;
    }

    Value sliceText(Machine &machine, const Value &text, const Bounds &part)
    {
        const auto &object = text.as<StringObject>();
        if (part.step == 1) {
            machine.meter.scanned(object.ascii ? 0 : object.text.size());
            const auto offset = [&](int64_t at) {
                return object.ascii ? static_cast<size_t>(at) : byteOffset(object.text, static_cast<size_t>(at));
            };
            const size_t begin = offset(part.start);
            return machine.text(object.text.substr(begin, offset(part.start + part.count) - begin), object.safe);
        }
        machine.meter.scanned(object.text.size());
        const std::u32string points = decode(object.text);
        std::u32string picked;
        for (int64_t i = 0; i < part.count; ++i)
            picked.push_back(points[static_cast<size_t>(part.start + i * part.step)]);
        return machine.text(encode(picked), object.safe);
    }

    bool isDunder(const std::string &name) { return name.size() > 4 && name.starts_with("__") && name.ends_with("__"); }

} // namespace

Next Machine::iterate(const Value &value)
{
    switch (value.kind()) {
    case Kind::Undefined:
        return [](Value &) { return false; };
    case Kind::String:
        return iterateText(*this, value);
    case Kind::List:
    case Kind::Tuple:
        return iterateItems(value);
    case Kind::Dict:
        return iterateDict(*this, value, ViewObject::What::Keys);
    case Kind::View:
        return iterateDict(*this, value.as<ViewObject>().dict, value.as<ViewObject>().what);
    case Kind::Range:
        return iterateRange(value.as<RangeObject>());
    case Kind::Iterator:
        return [value](Value &item) { return value.as<IteratorObject>().next(item); };
    case Kind::Loop: // gives (item, loop), as the reference does
        return [this, value](Value &item) {
            Value current;
            if (!value.as<LoopObject>().advance(current))
                return false;
            item = tuple({ current, value });
            return true;
        };
    default:
        fail(std::string("'") + typeName(value) + "' object is not iterable");
    }
}

std::vector<Value> Machine::items(const Value &iterable)
{
    std::vector<Value> result;
    const Next next = iterate(iterable);
    Value item;
    size_t claimed = 0;
    while (next(item)) {
        meter.work(1);
        meter.claim(sizeof(Value));
        claimed += sizeof(Value);
        result.push_back(item);
    }
    meter.release(claimed);
    return result;
}

bool Machine::contains(const Value &container, const Value &item)
{
    switch (container.kind()) {
    case Kind::String:
        if (!item.is(Kind::String))
            fail(std::string("'in <string>' requires string as left operand, not ") + typeName(item));
        meter.copied(8 * container.text().size());
        return find(container.text(), item.text()) != std::string::npos;
    case Kind::Dict:
        return container.as<DictObject>().find(hashKey(item)) != nullptr;
    case Kind::View:
        if (container.as<ViewObject>().what == ViewObject::What::Keys)
            return container.as<ViewObject>().dict.as<DictObject>().find(hashKey(item)) != nullptr;
        break;
    case Kind::None:
    case Kind::Bool:
    case Kind::Int:
    case Kind::Float:
    case Kind::Namespace:
    case Kind::Function:
    case Kind::Cycler:
    case Kind::Joiner:
        fail(std::string("argument of type '") + typeName(container) + "' is not iterable");
    default:
        break;
    }
    const Next next = iterate(container);
    Value candidate;
    while (next(candidate)) {
        meter.work(1);
        if (identical(candidate, item) || equal(candidate, item))
            return true;
    }
    return false;
}

/// obj[key]; Missing where Python raises TypeError or LookupError.
Value Machine::rawItem(const Value &object, const Value &key)
{
    const auto at = [&](int64_t length) -> std::optional<int64_t> {
        if (!isWhole(key))
            return std::nullopt;
        const int64_t index = key.integer() < 0 ? key.integer() + length : key.integer();
        return index >= 0 && index < length ? std::optional(index) : std::nullopt;
    };
    switch (object.kind()) {
    case Kind::Undefined:
        failUndefined(object);
    case Kind::Dict: {
        if (key.is(Kind::List) || key.is(Kind::Dict) || key.is(Kind::View))
            return {};
        const Value *found = object.as<DictObject>().find(hashKey(key));
        return found ? *found : Value();
    }
    case Kind::List:
    case Kind::Tuple: {
        const auto &items = object.as<ListObject>().items;
        const auto index = at(static_cast<int64_t>(items.size()));
        return index ? items[static_cast<size_t>(*index)] : Value();
    }
    case Kind::String: {
        const auto index = at(*sizeOf(object));
        return index ? character(*this, object, *index) : Value();
    }
    case Kind::Range: {
        const auto &range = object.as<RangeObject>();
        const auto index = at(range.size());
        return index ? Value::integer(range.start + *index * range.step) : Value();
    }
    default:
        return {};
    }
}

Value Machine::ownAttribute(const Value &object, const std::string &name)
{
    switch (object.kind()) {
    case Kind::String:
        return stringMethod(*this, object, name);
    case Kind::Undefined:
        failUndefined(object);
    case Kind::Tuple:
        if (object.as<ListObject>().group && (name == "grouper" || name == "list"))
            return object.as<ListObject>().items[name == "list" ? 1 : 0];
        [[fallthrough]];
    case Kind::List:
    case Kind::Dict:
    case Kind::Range:
    case Kind::Int:
    case Kind::Bool:
    case Kind::Float:
    case Kind::Loop:
    case Kind::Cycler:
    case Kind::Joiner:
    case Kind::Function:
        return collectionMethod(*this, object, name);
    case Kind::Namespace: {
        const Value *found = object.as<NamespaceObject>().attributes.find("s" + name);
        return found ? *found : Value();
    }
    default:
        return {};
    }
}

Value Machine::attribute(const Value &object, const std::string &name)
{
    meter.work(1);
    if (isDunder(name) && !object.is(Kind::Dict) && !object.is(Kind::Namespace) && !object.is(Kind::Undefined))
        return undefined("access to attribute " + quoted(name) + " of '" + typeName(object) + "' object is unsafe.");
    if (const Value own = ownAttribute(object, name); !own.is(Kind::Missing)) {
        if (name.starts_with("_"))
            return undefined(
                "access to attribute " + quoted(name) + " of '" + typeName(object) + "' object is unsafe.");
        return own;
    }
    const Value key = text(std::string_view(name));
    const Value found = rawItem(object, key);
    return found.is(Kind::Missing) ? undefinedOf(object, key) : found;
}

Value Machine::item(const Value &object, const Value &key)
{
    meter.work(1);
    const Value found = rawItem(object, key);
    if (!found.is(Kind::Missing))
        return found;
    if (key.is(Kind::String)) {
        const Value own = ownAttribute(object, key.text());
        if (!own.is(Kind::Missing) && !key.text().starts_with("_"))
            return own;
    }
    return undefinedOf(object, key);
}

Value Machine::slice(const Value &object, const Value &start, const Value &stop, const Value &step)
{
    if (object.is(Kind::Undefined))
        failUndefined(object);
    if (object.is(Kind::Dict))
        fail("unhashable type: 'slice'");
    const bool hasOrder
        = object.is(Kind::List) || object.is(Kind::Tuple) || object.is(Kind::String) || object.is(Kind::Range);
    if (!hasOrder)
        fail(std::string("'") + typeName(object) + "' object is not subscriptable");
    const Bounds part = bounds(*this, *sizeOf(object), start, stop, step);
    meter.work(part.count / 8 + 1);
    if (object.is(Kind::String))
        return sliceText(*this, object, part);
    if (object.is(Kind::Range)) {
        const auto &range = object.as<RangeObject>();
        auto cut = std::make_shared<RangeObject>();
        if (__builtin_mul_overflow(range.step, part.step, &cut->step))
            fail("a step of range() beyond 64 bits", ErrorCode::Unsupported);
        cut->start = range.start + part.start * range.step;
        cut->stop = range.start + part.stop * range.step;
        return { Kind::Range, std::move(cut) };
    }
    const auto &items = object.as<ListObject>().items;
    meter.claim(static_cast<size_t>(part.count) * sizeof(Value));
    std::vector<Value> picked;
    picked.reserve(static_cast<size_t>(part.count));
    for (int64_t i = 0; i < part.count; ++i)
        picked.push_back(items[static_cast<size_t>(part.start + i * part.step)]);
    meter.release(static_cast<size_t>(part.count) * sizeof(Value));
    return object.is(Kind::List) ? list(std::move(picked)) : tuple(std::move(picked));
}

Value Machine::call(const Value &callee, Arguments arguments)
{
    const DepthGuard guard(meter);
    const int line = meter.line;
    switch (callee.kind()) {
    case Kind::Function: {
        const Value keep = callee; // the function may be reassigned while it runs
        Value result = keep.as<FunctionObject>().call(*this, arguments);
        meter.line = line;
        return result;
    }
    case Kind::Loop: {
        const Callable recurse = callee.as<LoopObject>().recurse;
        if (!recurse)
            fail("The loop must have the 'recursive' marker to be called recursively.");
        return recurse(*this, arguments);
    }
    case Kind::Joiner: {
        auto &joiner = callee.as<JoinerObject>();
        const bool first = !std::exchange(joiner.used, true);
        return text(first ? std::string() : joiner.separator);
    }
    case Kind::Undefined:
    case Kind::Missing:
        failUndefined(callee);
    default:
        fail(std::string("'") + typeName(callee) + "' object is not callable");
    }
}

} // namespace winnow::jinja
