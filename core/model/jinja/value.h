#pragma once

#include "core/model/jinja/limits.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace winnow::jinja {

class Machine;

/// The Python types that a chat template can meet. Missing is no value at all (a variable that nothing has set).
enum class Kind : uint8_t {
    Missing,
    Undefined,
    None,
    Bool,
    Int,
    Float,
    String,
    List,
    Tuple,
    Dict,
    View,
    Range,
    Iterator,
    Namespace,
    Function,
    Loop,
    Cycler,
    Joiner,
};

/// Whatever does not fit into a Value itself. Gives the bytes it claimed back when it goes.
struct Object {
    Object() = default;
    Object(const Object &) = delete;
    Object &operator=(const Object &) = delete;
    virtual ~Object();
    void claim(Meter *owner, size_t bytes);

    Meter *meter = nullptr;
    size_t claimed = 0;
    int depth = 0; ///< levels of values that hold each other below this one; bounds every recursion over values
};

/// A Python value; copying shares what is behind it. Everything but namespaces and iterators is immutable.
class Value {
public:
    Value() = default;
    static Value none() { return Value(Kind::None); }
    static Value boolean(bool value);
    static Value integer(int64_t value);
    static Value real(double value);
    Value(Kind kind, std::shared_ptr<Object> object)
        : m_kind(kind)
        , m_object(std::move(object))
    {
    }

    Kind kind() const { return m_kind; }
    bool is(Kind kind) const { return m_kind == kind; }
    bool flag() const { return m_integer != 0; }
    /// Of Bool and Int.
    int64_t integer() const { return m_integer; }
    double real() const { return m_real; }
    /// Of String: UTF-8.
    const std::string &text() const;
    template <typename T> T &as() const { return static_cast<T &>(*m_object); }
    const Object *object() const { return m_object.get(); }
    const std::shared_ptr<Object> &shared() const { return m_object; }

private:
    explicit Value(Kind kind)
        : m_kind(kind)
    {
    }
    Kind m_kind = Kind::Missing;
    union {
        int64_t m_integer = 0;
        double m_real;
    };
    std::shared_ptr<Object> m_object;
};

/// Gives the next item, or false at the end.
using Next = std::function<bool(Value &)>;

struct Arguments {
    std::vector<Value> positional;
    std::vector<std::pair<std::string, Value>> named;
};

using Callable = std::function<Value(Machine &, Arguments &)>;

struct StringObject : Object {
    std::string text;
    bool ascii = true;
    bool safe = false; ///< Markup: joined to other text, that other text is escaped
};

struct ListObject : Object { // List and Tuple
    std::vector<Value> items;
    bool group = false; ///< a pair of groupby: has the attributes grouper and list
};

/// Keeps the order of insertion; keys that are equal in Python (1, 1.0, true) are one key.
struct DictObject : Object {
    const Value *find(const std::string &key) const;
    void set(const std::string &key, Value name, Value value);

    std::vector<std::pair<Value, Value>> entries;
    std::unordered_map<std::string, size_t> index; // by hashKey
};

struct ViewObject : Object {
    enum class What { Keys, Values, Items };
    Value dict;
    What what = What::Keys;
};

struct RangeObject : Object {
    int64_t size() const;
    int64_t start = 0, stop = 0, step = 1;
};

struct IteratorObject : Object {
    Next next;
    const char *type = "generator";
};

struct NamespaceObject : Object {
    DictObject attributes;
};

struct FunctionObject : Object {
    std::string name;
    Callable call;
    bool macro = false;
    std::vector<std::string> arguments;
    bool catchesNamed = false, catchesPositional = false, usesCaller = false;
};

struct UndefinedObject : Object {
    std::string message;
};

/// The variable `loop` (jinja2.runtime.LoopContext): looks one item ahead only when it is asked to.
struct LoopObject : Object {
    bool advance(Value &item);
    bool peek();
    int64_t length(Machine &machine);

    Value iterable;
    Next next;
    int64_t index0 = -1;
    int64_t depth0 = 0;
    int64_t knownLength = -1;
    bool hasAfter = false;
    Value after, current, before;
    std::vector<Value> lastChanged;
    bool changedOnce = false;
    Callable recurse;
};

struct CyclerObject : Object {
    std::vector<Value> items;
    size_t at = 0;
};

struct JoinerObject : Object {
    std::string separator;
    bool used = false;
};

/// Python's name of a value's type: "str", "list", "dict", "Undefined", ...
const char *typeName(const Value &value);

/// Whether two values are the same object in Python's sense; equal scalars are.
bool identical(const Value &a, const Value &b);

bool isNumber(const Value &value); // Bool, Int, Float
bool isWhole(const Value &value); // Bool, Int
double toDouble(const Value &number);

} // namespace winnow::jinja
