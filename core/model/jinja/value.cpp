#include "core/model/jinja/value.h"

#include "core/model/jinja/machine.h"

namespace winnow::jinja {

Object::~Object()
{
    if (meter)
        meter->release(claimed);
}

void Object::claim(Meter *owner, size_t bytes)
{
    if (!owner)
        return;
    owner->claim(bytes);
    meter = owner;
    claimed += bytes;
}

Value Value::boolean(bool value)
{
    Value result(Kind::Bool);
    result.m_integer = value ? 1 : 0;
    return result;
}

Value Value::integer(int64_t value)
{
    Value result(Kind::Int);
    result.m_integer = value;
    return result;
}

Value Value::real(double value)
{
    Value result(Kind::Float);
    result.m_real = value;
    return result;
}

const std::string &Value::text() const { return as<StringObject>().text; }

const Value *DictObject::find(const std::string &key) const
{
    const auto found = index.find(key);
    return found == index.end() ? nullptr : &entries[found->second].second;
}

void DictObject::set(const std::string &key, Value name, Value value)
{
    const auto [found, isNew] = index.try_emplace(key, entries.size());
    if (isNew)
        entries.emplace_back(std::move(name), std::move(value));
    else
        entries[found->second].second = std::move(value);
}

int64_t RangeObject::size() const
{
    if (step > 0)
        return start < stop ? (stop - start - 1) / step + 1 : 0;
    return start > stop ? (start - stop - 1) / -step + 1 : 0;
}

bool LoopObject::advance(Value &item)
{
    if (hasAfter) {
        item = std::move(after);
        hasAfter = false;
    } else if (!next(item)) {
        return false;
    }
    ++index0;
    before = std::move(current);
    current = item;
    return true;
}

bool LoopObject::peek()
{
    if (!hasAfter)
        hasAfter = next(after);
    return hasAfter;
}

int64_t LoopObject::length(Machine &machine)
{
    if (knownLength >= 0)
        return knownLength;
    if (const auto size = machine.sizeOf(iterable)) {
        knownLength = *size;
        return knownLength;
    }
    std::vector<Value> rest;
    Value item;
    while (next(item)) {
        machine.meter.work(1);
        rest.push_back(item);
    }
    knownLength = static_cast<int64_t>(rest.size()) + index0 + 1 + (hasAfter ? 1 : 0);
    next = machine.iterate(machine.list(std::move(rest)));
    return knownLength;
}

const char *typeName(const Value &value)
{
    switch (value.kind()) {
    case Kind::Missing:
    case Kind::Undefined:
        return "Undefined";
    case Kind::None:
        return "NoneType";
    case Kind::Bool:
        return "bool";
    case Kind::Int:
        return "int";
    case Kind::Float:
        return "float";
    case Kind::String:
        return value.as<StringObject>().safe ? "Markup" : "str";
    case Kind::List:
        return "list";
    case Kind::Tuple:
        return value.as<ListObject>().group ? "_GroupTuple" : "tuple";
    case Kind::Dict:
        return "dict";
    case Kind::View: {
        const auto what = value.as<ViewObject>().what;
        return what == ViewObject::What::Keys  ? "dict_keys"
            : what == ViewObject::What::Values ? "dict_values"
                                               : "dict_items";
    }
    case Kind::Range:
        return "range";
    case Kind::Iterator:
        return value.as<IteratorObject>().type;
    case Kind::Namespace:
        return "Namespace";
    case Kind::Function:
        return value.as<FunctionObject>().macro ? "Macro" : "function";
    case Kind::Loop:
        return "LoopContext";
    case Kind::Cycler:
        return "Cycler";
    case Kind::Joiner:
        return "Joiner";
    }
    return "object";
}

bool identical(const Value &a, const Value &b)
{
    if (a.kind() != b.kind())
        return false;
    switch (a.kind()) {
    case Kind::Missing:
    case Kind::None:
        return true;
    case Kind::Bool:
    case Kind::Int:
        return a.integer() == b.integer();
    case Kind::Float:
        return a.real() == b.real();
    case Kind::String:
        return a.object() == b.object() || a.text() == b.text();
    default:
        return a.object() == b.object();
    }
}

bool isNumber(const Value &value) { return value.is(Kind::Bool) || value.is(Kind::Int) || value.is(Kind::Float); }

bool isWhole(const Value &value) { return value.is(Kind::Bool) || value.is(Kind::Int); }

double toDouble(const Value &number)
{
    return number.is(Kind::Float) ? number.real() : static_cast<double>(number.integer());
}

} // namespace winnow::jinja
