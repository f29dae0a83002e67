#include "core/model/jinja/machine.h"

#include "core/model/jinja/failure.h"
#include "core/model/jinja/number_text.h"
#include "core/model/jinja/text.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace winnow::jinja {
namespace {

    constexpr size_t kObjectBytes = 128;

} // namespace

Machine::~Machine()
{
    for (const auto &entry : m_namespaces)
        static_cast<NamespaceObject &>(*entry).attributes.entries.clear();
}

Value Machine::text(std::string content, bool safe)
{
    meter.copied(content.size());
    auto object = std::make_shared<StringObject>();
    object->claim(&meter, kObjectBytes + content.size());
    object->ascii = isAscii(content);
    object->safe = safe;
    object->text = std::move(content);
    return {Kind::String, std::move(object)};
}

Value Machine::sequence(Kind kind, std::vector<Value> items)
{
    meter.work(static_cast<int64_t>(items.size() / 8) + 1);
    auto object = std::make_shared<ListObject>();
    object->claim(&meter, kObjectBytes + items.size() * sizeof(Value));
    for (const Value &value : items)
        nest(*object, value);
    object->items = std::move(items);
    return {kind, std::move(object)};
}

void Machine::nest(Object &outer, const Value &inner)
{
    if (!inner.object())
        return;
    outer.depth = std::max(outer.depth, 1 + inner.object()->depth);
    if (outer.depth > kMaxValueDepth)
        fail("values nest deeper than " + std::to_string(kMaxValueDepth));
}

Value Machine::dict()
{
    auto object = std::make_shared<DictObject>();
    object->claim(&meter, kObjectBytes);
    return {Kind::Dict, std::move(object)};
}

void Machine::put(const Value &dict, const Value &key, const Value &value)
{
    auto &object = dict.as<DictObject>();
    nest(object, key);
    nest(object, value);
    std::string hash = hashKey(key);
    object.claim(&meter, 2 * sizeof(Value) + hash.size() + 64);
    meter.work(1);
    object.set(hash, key, value);
}

Value Machine::undefined(std::string message)
{
    auto object = std::make_shared<UndefinedObject>();
    object->claim(&meter, kObjectBytes + message.size());
    object->message = std::move(message);
    return {Kind::Undefined, std::move(object)};
}

Value Machine::undefinedOf(const Value &object, const Value &key)
{
    std::string owner = object.is(Kind::None) ? "None"
        : object.is(Kind::Namespace) || object.is(Kind::Cycler) || object.is(Kind::Joiner)
        ? std::string("jinja2.utils.") + typeName(object) + " object"
        : object.is(Kind::Loop) || (object.is(Kind::Function) && object.as<FunctionObject>().macro)
        ? std::string("jinja2.runtime.") + typeName(object) + " object"
        : std::string(typeName(object)) + " object";
    if (key.is(Kind::String))
        return undefined("'" + owner + "' has no attribute " + repr(key));
    return undefined(owner + " has no element " + repr(key));
}

Value Machine::iterator(Next next, const Value &source, const char *type)
{
    auto object = std::make_shared<IteratorObject>();
    nest(*object, source);
    object->claim(&meter, 2 * kObjectBytes);
    object->next = std::move(next);
    object->type = type;
    return {Kind::Iterator, std::move(object)};
}

Value Machine::function(std::string name, Callable call, const Value &self)
{
    auto object = std::make_shared<FunctionObject>();
    nest(*object, self);
    object->claim(&meter, 2 * kObjectBytes);
    object->name = std::move(name);
    object->call = std::move(call);
    return {Kind::Function, std::move(object)};
}

Value Machine::newNamespace()
{
    auto object = std::make_shared<NamespaceObject>();
    object->claim(&meter, 2 * kObjectBytes);
    m_namespaces.push_back(object);
    return {Kind::Namespace, std::move(object)};
}

std::string Machine::str(const Value &value)
{
    if (value.is(Kind::String))
        return value.text();
    if (value.is(Kind::Undefined) || value.is(Kind::Missing))
        return {};
    return repr(value);
}

std::string Machine::repr(const Value &value)
{
    Builder out(meter);
    write(value, out);
    return out.take();
}

void Machine::writeItems(const std::vector<Value> &items, Builder &out)
{
    for (size_t i = 0; i < items.size(); ++i) {
        if (i > 0)
            out.add(", ");
        write(items[i], out);
    }
}

namespace {

    std::string rangeText(const RangeObject &range)
    {
        std::string text = "range(" + std::to_string(range.start) + ", " + std::to_string(range.stop);
        return range.step == 1 ? text + ")" : text + ", " + std::to_string(range.step) + ")";
    }

} // namespace

void Machine::write(const Value &value, Builder &out)
{
    const DepthGuard guard(meter);
    const auto pairs = [&](const DictObject &dict) {
        out.add("{");
        for (size_t i = 0; i < dict.entries.size(); ++i) {
            if (i > 0)
                out.add(", ");
            write(dict.entries[i].first, out);
            out.add(": ");
            write(dict.entries[i].second, out);
        }
        out.add("}");
    };
    switch (value.kind()) {
    case Kind::Missing:
    case Kind::Undefined:
        return out.add("Undefined");
    case Kind::None:
        return out.add("None");
    case Kind::Bool:
        return out.add(value.flag() ? "True" : "False");
    case Kind::Int:
        return out.add(std::to_string(value.integer()));
    case Kind::Float:
        return out.add(floatText(value.real()));
    case Kind::String:
        meter.scanned(value.text().size());
        return out.add(value.as<StringObject>().safe ? "Markup(" + quoted(value.text()) + ")" : quoted(value.text()));
    case Kind::List:
        out.add("[");
        writeItems(value.as<ListObject>().items, out);
        return out.add("]");
    case Kind::Tuple:
        out.add("(");
        writeItems(value.as<ListObject>().items, out);
        return out.add(value.as<ListObject>().items.size() == 1 ? ",)" : ")");
    case Kind::Dict:
        return pairs(value.as<DictObject>());
    case Kind::View:
        out.add(typeName(value));
        out.add("([");
        writeItems(items(value), out);
        return out.add("])");
    case Kind::Range:
        return out.add(rangeText(value.as<RangeObject>()));
    case Kind::Namespace:
        out.add("<Namespace ");
        pairs(value.as<NamespaceObject>().attributes);
        return out.add(">");
    case Kind::Loop: {
        auto &loop = value.as<LoopObject>();
        return out.add("<LoopContext " + std::to_string(loop.index0 + 1) + "/" + std::to_string(loop.length(*this)) + ">");
    }
    case Kind::Function: {
        const auto &function = value.as<FunctionObject>();
        return out.add(function.macro ? "<Macro " + (function.name.empty() ? "anonymous" : quoted(function.name)) + ">"
                                      : "<function " + function.name + ">");
    }
    default: // Python prints an address here, so no template can rely on it
        return out.add(std::string("<") + typeName(value) + " object>");
    }
}

bool Machine::truthy(const Value &value)
{
    switch (value.kind()) {
    case Kind::Missing:
    case Kind::Undefined:
    case Kind::None:
        return false;
    case Kind::Bool:
    case Kind::Int:
        return value.integer() != 0;
    case Kind::Float:
        return value.real() != 0;
    default:
        break;
    }
    const auto size = sizeOf(value);
    return !size || *size != 0;
}

std::optional<int64_t> Machine::sizeOf(const Value &value)
{
    switch (value.kind()) {
    case Kind::Undefined:
        return 0;
    case Kind::String:
        if (value.as<StringObject>().ascii)
            return static_cast<int64_t>(value.text().size());
        meter.scanned(value.text().size());
        return static_cast<int64_t>(countPoints(value.text()));
    case Kind::List:
    case Kind::Tuple:
        return static_cast<int64_t>(value.as<ListObject>().items.size());
    case Kind::Dict:
        return static_cast<int64_t>(value.as<DictObject>().entries.size());
    case Kind::View:
        return sizeOf(value.as<ViewObject>().dict);
    case Kind::Range:
        return value.as<RangeObject>().size();
    case Kind::Loop:
        return value.as<LoopObject>().length(*this);
    default:
        return std::nullopt;
    }
}

int64_t Machine::length(const Value &value)
{
    const auto size = sizeOf(value);
    if (!size)
        fail(std::string("object of type '") + typeName(value) + "' has no len()");
    return *size;
}

bool Machine::equal(const Value &a, const Value &b)
{
    meter.work(1);
    if (isNumber(a) && isNumber(b)) {
        if (isWhole(a) && isWhole(b))
            return a.integer() == b.integer();
        if (a.is(Kind::Float) && b.is(Kind::Float))
            return a.real() == b.real();
        // long double holds every int64 and every double
        const auto wide = [](const Value &v) { return v.is(Kind::Float) ? static_cast<long double>(v.real()) : static_cast<long double>(v.integer()); };
        return wide(a) == wide(b);
    }
    if (a.kind() != b.kind())
        return false;
    switch (a.kind()) {
    case Kind::Undefined:
    case Kind::None:
        return true;
    case Kind::String:
        meter.copied(std::min(a.text().size(), b.text().size()));
        return a.text() == b.text();
    case Kind::List:
    case Kind::Tuple: {
        const auto &left = a.as<ListObject>().items;
        const auto &right = b.as<ListObject>().items;
        return left.size() == right.size()
            && std::equal(left.begin(), left.end(), right.begin(), [&](const Value &x, const Value &y) { return equal(x, y); });
    }
    case Kind::Dict: {
        const auto &left = a.as<DictObject>();
        const auto &right = b.as<DictObject>();
        return left.entries.size() == right.entries.size()
            && std::all_of(left.index.begin(), left.index.end(), [&](const auto &entry) {
                   const Value *other = right.find(entry.first);
                   return other && equal(left.entries[entry.second].second, *other);
               });
    }
    case Kind::Range:
        return equal(list(items(a)), list(items(b)));
    default:
        return a.object() == b.object();
    }
}

namespace {

    constexpr const char *symbol(Comparison comparison)
    {
        switch (comparison) {
        case Comparison::Less:
            return "<";
        case Comparison::LessEqual:
            return "<=";
        case Comparison::Greater:
            return ">";
        default:
            return ">=";
        }
    }

    template <typename T>
    bool ordered(Comparison comparison, const T &a, const T &b)
    {
        switch (comparison) {
        case Comparison::Less:
            return a < b;
        case Comparison::LessEqual:
            return a <= b;
        case Comparison::Greater:
            return a > b;
        default:
            return a >= b;
        }
    }

} // namespace

bool Machine::compare(Comparison comparison, const Value &a, const Value &b)
{
    switch (comparison) {
    case Comparison::Equal:
        return equal(a, b);
    case Comparison::NotEqual:
        return !equal(a, b);
    case Comparison::In:
        return contains(b, a);
    case Comparison::NotIn:
        return !contains(b, a);
    default:
        break;
    }
    meter.work(1);
    if (isNumber(a) && isNumber(b)) {
        if (isWhole(a) && isWhole(b))
            return ordered(comparison, a.integer(), b.integer());
        const auto wide = [](const Value &v) { return v.is(Kind::Float) ? static_cast<long double>(v.real()) : static_cast<long double>(v.integer()); };
        return ordered(comparison, wide(a), wide(b));
    }
    if (a.is(Kind::String) && b.is(Kind::String)) { // the order of UTF-8 bytes is the order of code points
        meter.copied(std::min(a.text().size(), b.text().size()));
        return ordered(comparison, a.text(), b.text());
    }
    if ((a.is(Kind::List) || a.is(Kind::Tuple)) && a.kind() == b.kind()) {
        const auto &left = a.as<ListObject>().items;
        const auto &right = b.as<ListObject>().items;
        for (size_t i = 0; i < std::min(left.size(), right.size()); ++i) {
            if (!equal(left[i], right[i]))
                return compare(comparison, left[i], right[i]);
        }
        return ordered(comparison, left.size(), right.size());
    }
    if (a.is(Kind::Undefined))
        failUndefined(a);
    if (b.is(Kind::Undefined))
        failUndefined(b);
    fail(std::string("'") + symbol(comparison) + "' not supported between instances of '" + typeName(a) + "' and '" + typeName(b) + "'");
}

std::string Machine::hashKey(const Value &value)
{
    switch (value.kind()) {
    case Kind::Undefined:
        return "U";
    case Kind::None:
        return "N";
    case Kind::Bool:
    case Kind::Int:
        return "n" + std::to_string(value.integer());
    case Kind::Float: {
        const double number = value.real();
        if (std::fabs(number) < 9e18 && number == std::floor(number))
            return "n" + std::to_string(static_cast<int64_t>(number));
        return "f" + floatText(number);
    }
    case Kind::String:
        meter.copied(value.text().size());
        return "s" + value.text();
    case Kind::Tuple: {
        Builder key(meter);
        key.add("(");
        for (const Value &part : value.as<ListObject>().items) {
            const std::string hash = hashKey(part);
            key.add(std::to_string(hash.size()) + ":");
            key.add(hash);
        }
        return key.take();
    }
    case Kind::List:
    case Kind::Dict:
    case Kind::View:
        fail(std::string("unhashable type: '") + typeName(value) + "'");
    default:
        return "o" + std::to_string(reinterpret_cast<uintptr_t>(value.object()));
    }
}

std::vector<Value> Machine::bind(const char *function, Arguments &arguments, std::initializer_list<const char *> parameters, size_t required)
{
    std::vector<Value> bound(parameters.size());
    const std::string name(function);
    if (arguments.positional.size() > parameters.size())
        fail(name + "() takes at most " + std::to_string(parameters.size()) + " arguments (" + std::to_string(arguments.positional.size()) + " given)");
    std::copy(arguments.positional.begin(), arguments.positional.end(), bound.begin());
    for (const auto &[key, value] : arguments.named) {
        const auto found = std::find_if(parameters.begin(), parameters.end(), [&k = key](const char *p) { return k == p; });
        if (found == parameters.end())
            fail(name + "() got an unexpected keyword argument '" + key + "'");
        Value &slot = bound[static_cast<size_t>(found - parameters.begin())];
        if (!slot.is(Kind::Missing))
            fail(name + "() got multiple values for argument '" + key + "'");
        slot = value;
    }
    for (size_t i = 0; i < required; ++i) {
        if (bound[i].is(Kind::Missing))
            fail(name + "() missing required argument: '" + *(parameters.begin() + i) + "'");
    }
    return bound;
}

int64_t Machine::index(const Value &value)
{
    if (!isWhole(value))
        fail(std::string("'") + typeName(value) + "' object cannot be interpreted as an integer");
    return value.integer();
}

double Machine::number(const Value &value)
{
    if (value.is(Kind::Undefined))
        failUndefined(value);
    if (!isNumber(value))
        fail(std::string("must be a number, not '") + typeName(value) + "'");
    return toDouble(value);
}

const std::string &Machine::wantText(const Value &value, const char *what)
{
    if (!value.is(Kind::String))
        fail(std::string(what) + " must be str, not " + typeName(value));
    return value.text();
}

std::vector<Value> Machine::unpack(const Value &value, size_t count)
{
    const Next next = iterate(value);
    std::vector<Value> result;
    Value part;
    while (next(part)) {
        meter.work(1);
        if (result.size() == count)
            fail("too many values to unpack (expected " + std::to_string(count) + ")");
        result.push_back(part);
    }
    if (result.size() < count)
        fail("not enough values to unpack (expected " + std::to_string(count) + ", got " + std::to_string(result.size()) + ")");
    return result;
}

void Machine::fail(std::string message, ErrorCode code) { throw Failure{code, meter.line, std::move(message), {}}; }

void Machine::failUndefined(const Value &value)
{
    fail(value.is(Kind::Undefined) ? value.as<UndefinedObject>().message : "a variable is undefined");
}

void Machine::failUnsupported(std::string what)
{
    throw Failure{ErrorCode::Unsupported, meter.line, what + " is not supported by this program",
        "no chat template of the supported models uses it; render the prompt elsewhere and give it as text"};
}

} // namespace winnow::jinja
