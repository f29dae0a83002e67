#include "core/model/jinja/filters.h"
#include "core/model/jinja/machine.h"
#include "core/model/jinja/text.h"

namespace winnow::jinja {
namespace {

    using Test = bool (*)(Machine &, const Value &, const Value &);

    bool isModulo(Machine &machine, const Value &value, const Value &divisor, int64_t rest)
    {
        return machine.equal(machine.binary(BinaryOperator::Modulo, value, divisor), Value::integer(rest));
    }

    template <Comparison comparison> bool compared(Machine &machine, const Value &value, const Value &other)
    {
        return machine.compare(comparison, value, other);
    }

    template <Kind kind> bool isKind(Machine &, const Value &value, const Value &) { return value.is(kind); }

    bool isCase(Machine &machine, const Value &value, const char *method)
    {
        const std::string text = machine.str(value);
        machine.meter.scanned(text.size());
        return *hasClass(method, text);
    }

    struct Entry {
        Test test;
        size_t arguments;
    };

    const std::unordered_map<std::string, Entry> &table()
    {
        using M = Machine &;
        using V = const Value &;
        static const std::unordered_map<std::string, Entry> kTable {
            { "odd", { [](M m, V v, V) { return isModulo(m, v, Value::integer(2), 1); }, 0 } },
            { "even", { [](M m, V v, V) { return isModulo(m, v, Value::integer(2), 0); }, 0 } },
            { "divisibleby", { [](M m, V v, V n) { return isModulo(m, v, n, 0); }, 1 } },
            { "defined", { [](M, V v, V) { return !v.is(Kind::Undefined); }, 0 } },
            { "undefined", { isKind<Kind::Undefined>, 0 } },
            { "filter",
                { [](M m, V v, V) { return !m.hashKey(v).empty() && v.is(Kind::String) && isFilterName(m.str(v)); },
                    0 } },
            { "test",
                { [](M m, V v, V) { return !m.hashKey(v).empty() && v.is(Kind::String) && isTestName(m.str(v)); },
                    0 } },
            { "none", { isKind<Kind::None>, 0 } },
            { "boolean", { isKind<Kind::Bool>, 0 } },
            { "false", { [](M, V v, V) { return v.is(Kind::Bool) && !v.flag(); }, 0 } },
            { "true", { [](M, V v, V) { return v.is(Kind::Bool) && v.flag(); }, 0 } },
            { "integer", { isKind<Kind::Int>, 0 } },
            { "float", { isKind<Kind::Float>, 0 } },
            { "number", { [](M, V v, V) { return isNumber(v); }, 0 } },
            { "lower", { [](M m, V v, V) { return isCase(m, v, "islower"); }, 0 } },
            { "upper", { [](M m, V v, V) { return isCase(m, v, "isupper"); }, 0 } },
            { "string", { isKind<Kind::String>, 0 } },
            { "mapping", { isKind<Kind::Dict>, 0 } },
            { "sequence",
                { [](M, V v, V) {
                     return v.is(Kind::String) || v.is(Kind::List) || v.is(Kind::Tuple) || v.is(Kind::Dict)
                         || v.is(Kind::Range) || v.is(Kind::Undefined);
                 },
                    0 } },
            { "iterable",
                { [](M, V v, V) {
                     return v.is(Kind::String) || v.is(Kind::List) || v.is(Kind::Tuple) || v.is(Kind::Dict)
                         || v.is(Kind::Range) || v.is(Kind::Undefined) || v.is(Kind::View) || v.is(Kind::Iterator)
                         || v.is(Kind::Loop);
                 },
                    0 } },
            { "callable",
                { [](M, V v, V) {
                     return v.is(Kind::Function) || v.is(Kind::Undefined) || v.is(Kind::Joiner) || v.is(Kind::Loop);
                 },
                    0 } },
            { "sameas", { [](M, V v, V other) { return identical(v, other); }, 1 } },
            { "escaped", { [](M, V v, V) { return v.is(Kind::String) && v.as<StringObject>().safe; }, 0 } },
            { "in", { [](M m, V v, V sequence) { return m.contains(sequence, v); }, 1 } },
        };
        return kTable;
    }

    const std::unordered_map<std::string, Test> &comparisons()
    {
        static const std::unordered_map<std::string, Test> kTable { { "==", compared<Comparison::Equal> },
            { "eq", compared<Comparison::Equal> }, { "equalto", compared<Comparison::Equal> },
            { "!=", compared<Comparison::NotEqual> }, { "ne", compared<Comparison::NotEqual> },
            { ">", compared<Comparison::Greater> }, { "gt", compared<Comparison::Greater> },
            { "greaterthan", compared<Comparison::Greater> }, { "ge", compared<Comparison::GreaterEqual> },
            { ">=", compared<Comparison::GreaterEqual> }, { "<", compared<Comparison::Less> },
            { "lt", compared<Comparison::Less> }, { "lessthan", compared<Comparison::Less> },
            { "<=", compared<Comparison::LessEqual> }, { "le", compared<Comparison::LessEqual> } };
        return kTable;
    }

} // namespace

bool isTestName(const std::string &name) { return table().contains(name) || comparisons().contains(name); }

bool applyTest(Machine &machine, const std::string &name, const Value &value, Arguments arguments)
{
    machine.meter.work(1);
    Entry entry { nullptr, 1 };
    if (const auto found = table().find(name); found != table().end())
        entry = found->second;
    else if (const auto compare = comparisons().find(name); compare != comparisons().end())
        entry.test = compare->second;
    else
        machine.fail("No test named '" + name + "' found.");
    // the one parameter has another name in each test, so a keyword is taken for it whatever it is
    for (const auto &named : arguments.named)
        arguments.positional.push_back(named.second);
    if (arguments.positional.size() != entry.arguments)
        machine.fail("the test '" + name + "' takes " + std::to_string(entry.arguments) + " arguments, not "
            + std::to_string(arguments.positional.size()));
    return entry.test(machine, value, entry.arguments == 1 ? arguments.positional[0] : Value());
}

} // namespace winnow::jinja
