#include "core/model/jinja/filters.h"
#include "core/model/jinja/number_text.h"

#include <cmath>

namespace winnow::jinja {
namespace {

    Value toWhole(Machine &machine, double value)
    {
        if (std::fabs(value) >= 9.2e18)
            machine.fail("a whole number does not fit into 64 bits", ErrorCode::Unsupported);
        return Value::integer(static_cast<int64_t>(value));
    }

    /// do_int: int(value), else int(float(value)), else the default.
    Value asWhole(Machine &machine, const Value &value, Arguments &arguments)
    {
        const auto bound = machine.bind("int", arguments, { "default", "base" });
        const Value fallback = bound[0].is(Kind::Missing) ? Value::integer(0) : bound[0];
        if (value.is(Kind::String)) {
            const int64_t base = bound[1].is(Kind::Missing) ? 10 : machine.index(bound[1]);
            if (base == 0 || (base >= 2 && base <= 36)) {
                if (const auto whole = parseWhole(value.text(), static_cast<int>(base)))
                    return Value::integer(*whole);
            }
            const auto number = parseFloat(value.text());
            return number && std::isfinite(*number) ? toWhole(machine, *number) : fallback;
        }
        if (value.is(Kind::Undefined))
            machine.failUndefined(value);
        if (isWhole(value))
            return Value::integer(value.integer());
        if (!value.is(Kind::Float) || std::isnan(value.real()))
            return fallback;
        if (std::isinf(value.real()))
            machine.fail("cannot convert float infinity to integer");
        return toWhole(machine, value.real());
    }

    Value asFloat(Machine &machine, const Value &value, Arguments &arguments)
    {
        const auto bound = machine.bind("float", arguments, { "default" });
        const Value fallback = bound[0].is(Kind::Missing) ? Value::real(0) : bound[0];
        if (value.is(Kind::Undefined))
            machine.failUndefined(value);
        if (isNumber(value))
            return Value::real(toDouble(value));
        if (!value.is(Kind::String))
            return fallback;
        const auto number = parseFloat(value.text());
        return number ? Value::real(*number) : fallback;
    }

    Value absolute(Machine &machine, const Value &value, Arguments &arguments)
    {
        machine.bind("abs", arguments, {});
        if (value.is(Kind::Float))
            return Value::real(std::fabs(value.real()));
        if (!isWhole(value))
            machine.fail(std::string("bad operand type for abs(): '") + typeName(value) + "'");
        return value.integer() < 0 ? machine.negative(value) : machine.positive(value);
    }

    /// round(int, digits): to a multiple of a power of ten, halves to even.
    Value roundWhole(Machine &machine, int64_t value, int64_t digits)
    {
        if (digits >= 0)
            return Value::integer(value);
        if (digits < -18)
            return Value::integer(0);
        int64_t unit = 1;
        for (int64_t i = digits; i < 0; ++i)
            unit *= 10;
        const int64_t rest = value % unit; // has the sign of the value
        int64_t result = value - rest;
        const int64_t twice = std::abs(rest) - (unit - std::abs(rest));
        const bool isOdd = (result / unit) % 2 != 0;
        if (twice > 0 || (twice == 0 && isOdd)) {
            if (__builtin_add_overflow(result, rest < 0 ? -unit : unit, &result))
                machine.fail("a whole number does not fit into 64 bits", ErrorCode::Unsupported);
        }
        return Value::integer(result);
    }

    Value rounded(Machine &machine, const Value &value, Arguments &arguments)
    {
        const auto bound = machine.bind("round", arguments, { "precision", "method" });
        const std::string method = bound[1].is(Kind::Missing) ? "common" : machine.str(bound[1]);
        if (method != "common" && method != "ceil" && method != "floor")
            machine.fail("method must be common, ceil or floor");
        const Value precision = bound[0].is(Kind::Missing) ? Value::integer(0) : bound[0];
        if (method == "common") {
            if (!isNumber(value))
                machine.fail(std::string("type ") + typeName(value) + " doesn't define __round__ method");
            const int64_t digits = machine.index(precision);
            return isWhole(value) ? roundWhole(machine, value.integer(), digits)
                                  : Value::real(roundFloat(value.real(), digits));
        }
        const Value scale = machine.binary(BinaryOperator::Power, Value::integer(10), precision);
        const double scaled = machine.number(machine.binary(BinaryOperator::Multiply, value, scale));
        const Value whole = toWhole(machine, method == "ceil" ? std::ceil(scaled) : std::floor(scaled));
        return machine.binary(BinaryOperator::Divide, whole, scale);
    }

} // namespace

const FilterTable &numberFilters()
{
    static const FilterTable kTable { { "int", asWhole }, { "float", asFloat }, { "abs", absolute },
        { "round", rounded } };
    return kTable;
}

} // namespace winnow::jinja
