#include "core/model/jinja/machine.h"

#include "core/model/jinja/failure.h"
#include "core/model/jinja/text.h"

#include <algorithm>

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
    return { Kind::String, std::move(object) };
}

Value Machine::sequence(Kind kind, std::vector<Value> items)
{
    meter.work(static_cast<int64_t>(items.size() / 8) + 1);
    auto object = std::make_shared<ListObject>();
    object->claim(&meter, kObjectBytes + items.size() * sizeof(Value));
    for (const Value &value : items)
        nest(*object, value);
    object->items = std::move(items);
    return { kind, std::move(object) };
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
    return { Kind::Dict, std::move(object) };
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
    return { Kind::Undefined, std::move(object) };
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
    return { Kind::Iterator, std::move(object) };
}

Value Machine::function(std::string name, Callable call, const Value &self)
{
    auto object = std::make_shared<FunctionObject>();
    nest(*object, self);
    object->claim(&meter, 2 * kObjectBytes);
    object->name = std::move(name);
    object->call = std::move(call);
    return { Kind::Function, std::move(object) };
}

Value Machine::newNamespace()
{
    auto object = std::make_shared<NamespaceObject>();
    object->claim(&meter, 2 * kObjectBytes);
    m_namespaces.push_back(object);
    return { Kind::Namespace, std::move(object) };
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

std::vector<Value> Machine::bind(
    const char *function, Arguments &arguments, std::initializer_list<const char *> parameters, size_t required)
{
    std::vector<Value> bound(parameters.size());
    const std::string name(function);
    if (arguments.positional.size() > parameters.size())
        fail(name + "() takes at most " + std::to_string(parameters.size()) + " arguments ("
            + std::to_string(arguments.positional.size()) + " given)");
    std::copy(arguments.positional.begin(), arguments.positional.end(), bound.begin());
    for (const auto &[key, value] : arguments.named) {
        const auto found
            = std::find_if(parameters.begin(), parameters.end(), [&k = key](const char *p) { return k == p; });
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
        fail("not enough values to unpack (expected " + std::to_string(count) + ", got " + std::to_string(result.size())
            + ")");
    return result;
}

void Machine::fail(std::string message, ErrorCode code) { throw Failure { code, meter.line, std::move(message), {} }; }

void Machine::failUndefined(const Value &value)
{
    fail(value.is(Kind::Undefined) ? value.as<UndefinedObject>().message : "a variable is undefined");
}

void Machine::failUnsupported(std::string what)
{
    throw Failure { ErrorCode::Unsupported, meter.line, what + " is not supported by this program",
        "no chat template of the supported models uses it; render the prompt elsewhere and give it as text" };
}

} // namespace winnow::jinja
