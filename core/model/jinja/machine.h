#pragma once

#include "core/base/error.h"
#include "core/model/jinja/value.h"

#include <ctime>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::jinja {

enum class BinaryOperator { Add, Subtract, Multiply, Divide, FloorDivide, Modulo, Power };
enum class Comparison { Equal, NotEqual, Less, LessEqual, Greater, GreaterEqual, In, NotIn };

/// Python's protocols over Value, with jinja2's sandbox in front of attributes: what filters, tests, methods and the
/// evaluator share. Every function throws Failure where Python raises.
class Machine {
public:
    Machine(const Limits &limits, const std::tm &time)
        : meter(limits)
        , now(time)
    {
    }
    ~Machine();

    Meter meter;
    std::tm now;

    // New values; their bytes are counted while they live.
    Value text(std::string content, bool safe = false);
    Value text(std::string_view content) { return text(std::string(content)); }
    Value list(std::vector<Value> items) { return sequence(Kind::List, std::move(items)); }
    Value tuple(std::vector<Value> items) { return sequence(Kind::Tuple, std::move(items)); }
    Value dict();
    void put(const Value &dict, const Value &key, const Value &value);
    Value undefined(std::string message);
    /// What Python's `obj.name` or `obj[key]` is when it is not there.
    Value undefinedOf(const Value &object, const Value &key);
    /// A generator over `source`, which its depth counts.
    Value iterator(Next next, const Value &source, const char *type = "generator");
    /// A function; `self` is what a bound method holds.
    Value function(std::string name, Callable call, const Value &self = {});
    /// Notes that one value holds another. @error when values nest too deep.
    void nest(Object &outer, const Value &inner);
    Value newNamespace();

    // str(), repr(), bool(), len(), iter(), in, ==, <, hash()
    std::string str(const Value &value);
    std::string repr(const Value &value);
    bool truthy(const Value &value);
    std::optional<int64_t> sizeOf(const Value &value);
    int64_t length(const Value &value);
    Next iterate(const Value &value);
    std::vector<Value> items(const Value &iterable);
    bool contains(const Value &container, const Value &item);
    bool equal(const Value &a, const Value &b);
    bool compare(Comparison comparison, const Value &a, const Value &b);
    std::string hashKey(const Value &value);

    // jinja2's environment.getattr, getitem and call; slices go past the environment.
    Value attribute(const Value &object, const std::string &name);
    Value item(const Value &object, const Value &key);
    Value slice(const Value &object, const Value &start, const Value &stop, const Value &step);
    Value call(const Value &callee, Arguments arguments);
    /// Python's own attribute, Missing when the type has none of that name.
    Value ownAttribute(const Value &object, const std::string &name);

    Value binary(BinaryOperator op, const Value &a, const Value &b);
    Value negative(const Value &a);
    Value positive(const Value &a);

    // Arguments of filters, methods and functions
    /// Sorts arguments under their parameters; absent ones are Missing.
    std::vector<Value> bind(const char *function, Arguments &arguments, std::initializer_list<const char *> parameters,
        size_t required = 0);
    int64_t index(const Value &value);
    double number(const Value &value);
    const std::string &wantText(const Value &value, const char *what);
    std::vector<Value> unpack(const Value &value, size_t count);

    [[noreturn]] void fail(std::string message, ErrorCode code = ErrorCode::BadInput);
    [[noreturn]] void failUndefined(const Value &value);
    [[noreturn]] void failUnsupported(std::string what);

private:
    Value sequence(Kind kind, std::vector<Value> items);
    Value rawItem(const Value &object, const Value &key);
    void write(const Value &value, class Builder &out);
    void writeItems(const std::vector<Value> &items, class Builder &out);

    std::vector<std::shared_ptr<Object>> m_namespaces; // may hold each other: emptied at the end
};

/// A text that grows; its bytes are counted before they are made.
class Builder {
public:
    explicit Builder(Meter &meter)
        : m_meter(meter)
    {
    }
    ~Builder() { m_meter.release(m_claimed); }
    Builder(const Builder &) = delete;
    Builder &operator=(const Builder &) = delete;
    void add(std::string_view part)
    {
        m_meter.claim(part.size());
        m_claimed += part.size();
        m_meter.copied(part.size());
        m_text += part;
    }
    const std::string &text() const { return m_text; }
    std::string take() { return std::move(m_text); }

private:
    Meter &m_meter;
    std::string m_text;
    size_t m_claimed = 0;
};

/// Attributes of str, dict and list: a bound method, or Missing.
Value stringMethod(Machine &machine, const Value &self, const std::string &name);
Value collectionMethod(Machine &machine, const Value &self, const std::string &name);
/// `format % values` and `format.format(...)`.
Value formatPercent(Machine &machine, const Value &format, const Value &values);
Value formatBraces(Machine &machine, const Value &format, const Arguments &arguments);
/// json.dumps with the arguments of the filter tojson.
Value toJson(Machine &machine, const Value &value, Arguments &arguments);
/// str.splitlines, str.join, ... give lists and texts through these.
Value textList(Machine &machine, const std::vector<std::string_view> &parts, const Value &self);

/// Applies a filter or a test by name. @error when there is none of that name.
Value applyFilter(Machine &machine, const std::string &name, const Value &value, Arguments arguments);
bool applyTest(Machine &machine, const std::string &name, const Value &value, Arguments arguments);
bool isFilterName(const std::string &name);
bool isTestName(const std::string &name);
/// The functions every template can call: range, dict, namespace, ...; Missing for other names.
Value globalFunction(Machine &machine, const std::string &name);

/// The walk along "a.b.0" of map(attribute=..), sort(attribute=..) and others.
struct AttributePath {
    std::vector<Value> parts;
    static AttributePath parse(Machine &machine, const Value &attribute);
    Value get(Machine &machine, const Value &item, const Value &fallback) const;
};

} // namespace winnow::jinja
