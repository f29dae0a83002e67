#include "core/model/jinja/machine.h"
#include "core/model/jinja/text.h"

#include <array>
#include <cmath>

namespace winnow::jinja {
namespace {

    constexpr std::array<const char *, 7> kSymbols { "+", "-", "*", "/", "//", "%", "** or pow()" };

    [[noreturn]] void failOperands(Machine &machine, BinaryOperator op, const Value &a, const Value &b)
    {
        if (a.is(Kind::Undefined))
            machine.failUndefined(a);
        if (b.is(Kind::Undefined))
            machine.failUndefined(b);
        if (op == BinaryOperator::Add && (a.is(Kind::String) || a.is(Kind::List) || a.is(Kind::Tuple))) {
            const std::string type = typeName(a);
            machine.fail("can only concatenate " + type + " (not \"" + typeName(b) + "\") to " + type);
        }
        machine.fail(std::string("unsupported operand type(s) for ") + kSymbols[static_cast<size_t>(op)] + ": '"
            + typeName(a) + "' and '" + typeName(b) + "'");
    }

    [[noreturn]] void failRange(Machine &machine)
    {
        // Deviation: Python's whole numbers have no bounds; no chat template needs more than 64 bits.
        machine.fail("a whole number does not fit into 64 bits", ErrorCode::Unsupported);
    }

    int64_t floorDivide(Machine &machine, int64_t a, int64_t b)
    {
        if (b == 0)
            machine.fail("integer division or modulo by zero");
        if (b == -1) {
            int64_t result = 0;
            if (__builtin_sub_overflow(int64_t(0), a, &result))
                failRange(machine);
            return result;
        }
        const int64_t quotient = a / b;
        return a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient;
    }

    int64_t modulo(Machine &machine, int64_t a, int64_t b)
    {
        if (b == 0)
            machine.fail("integer modulo by zero");
        if (b == -1)
            return 0;
        const int64_t rest = a % b;
        return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
    }

    int64_t wholePower(Machine &machine, int64_t base, int64_t exponent)
    {
        int64_t result = 1;
        while (exponent > 0) {
            if ((exponent & 1) && __builtin_mul_overflow(result, base, &result))
                failRange(machine);
            exponent >>= 1;
            if (exponent > 0 && __builtin_mul_overflow(base, base, &base))
                failRange(machine);
        }
        return result;
    }

    Value wholeBinary(Machine &machine, BinaryOperator op, int64_t a, int64_t b)
    {
        int64_t result = 0;
        bool tooLarge = false;
        switch (op) {
        case BinaryOperator::Add:
            tooLarge = __builtin_add_overflow(a, b, &result);
            break;
        case BinaryOperator::Subtract:
            tooLarge = __builtin_sub_overflow(a, b, &result);
            break;
        case BinaryOperator::Multiply:
            tooLarge = __builtin_mul_overflow(a, b, &result);
            break;
        case BinaryOperator::Divide:
            if (b == 0)
                machine.fail("division by zero");
            return Value::real(static_cast<double>(static_cast<long double>(a) / static_cast<long double>(b)));
        case BinaryOperator::FloorDivide:
            return Value::integer(floorDivide(machine, a, b));
        case BinaryOperator::Modulo:
            return Value::integer(modulo(machine, a, b));
        case BinaryOperator::Power:
            if (b < 0 && a == 0)
                machine.fail("0.0 cannot be raised to a negative power");
            if (b < 0)
                return Value::real(std::pow(static_cast<double>(a), static_cast<double>(b)));
            return Value::integer(wholePower(machine, a, b));
        }
        if (tooLarge)
            failRange(machine);
        return Value::integer(result);
    }

    /// float divmod as CPython does it (Objects/floatobject.c, _float_div_mod).
    std::pair<double, double> floatDivideModulo(double a, double b)
    {
        double rest = std::fmod(a, b);
        double quotient = (a - rest) / b;
        if (rest != 0) {
            if ((b < 0) != (rest < 0)) {
                rest += b;
                quotient -= 1.0;
            }
        } else {
            rest = std::copysign(0.0, b);
        }
        if (quotient == 0)
            return { std::copysign(0.0, a / b), rest };
        const double whole = std::floor(quotient);
        return { quotient - whole > 0.5 ? whole + 1.0 : whole, rest };
    }

    Value floatPower(Machine &machine, double a, double b)
    {
        if (a == 0 && b < 0)
            machine.fail("0.0 cannot be raised to a negative power");
        if (a < 0 && std::isfinite(a) && std::isfinite(b) && b != std::floor(b))
            machine.failUnsupported("a complex number (a negative base with a broken exponent)");
        const double result = std::pow(a, b);
        if (std::isinf(result) && std::isfinite(a) && std::isfinite(b))
            machine.fail("(34, 'Numerical result out of range')");
        return Value::real(result);
    }

    Value floatBinary(Machine &machine, BinaryOperator op, double a, double b)
    {
        const auto nonZero = [&](const char *message) {
            if (b == 0)
                machine.fail(message);
        };
        switch (op) {
        case BinaryOperator::Add:
            return Value::real(a + b);
        case BinaryOperator::Subtract:
            return Value::real(a - b);
        case BinaryOperator::Multiply:
            return Value::real(a * b);
        case BinaryOperator::Divide:
            nonZero("float division by zero");
            return Value::real(a / b);
        case BinaryOperator::FloorDivide:
            nonZero("float floor division by zero");
            return Value::real(floatDivideModulo(a, b).first);
        case BinaryOperator::Modulo:
            nonZero("float modulo");
            return Value::real(floatDivideModulo(a, b).second);
        case BinaryOperator::Power:
            return floatPower(machine, a, b);
        }
        return {};
    }

    Value repeated(Machine &machine, const Value &what, int64_t times)
    {
        times = std::max<int64_t>(times, 0);
        const size_t size
            = what.is(Kind::String) ? what.text().size() : what.as<ListObject>().items.size() * sizeof(Value);
        size_t total = 0;
        if (__builtin_mul_overflow(size, static_cast<size_t>(times), &total))
            total = size_t(1) << 62;
        machine.meter.claim(total); // refused before anything is made
        machine.meter.release(total);
        machine.meter.copied(total);
        if (what.is(Kind::String)) {
            std::string text;
            text.reserve(total);
            for (int64_t i = 0; i < times && size > 0; ++i)
                text += what.text();
            return machine.text(std::move(text), what.as<StringObject>().safe);
        }
        const auto &items = what.as<ListObject>().items;
        std::vector<Value> result;
        for (int64_t i = 0; i < times && size > 0; ++i) {
            machine.meter.work(static_cast<int64_t>(items.size() / 4) + 1);
            result.insert(result.end(), items.begin(), items.end());
        }
        return what.is(Kind::List) ? machine.list(std::move(result)) : machine.tuple(std::move(result));
    }

    bool isSequence(const Value &value)
    {
        return value.is(Kind::String) || value.is(Kind::List) || value.is(Kind::Tuple);
    }

    Value joined(Machine &machine, const Value &a, const Value &b)
    {
        if (a.is(Kind::String)) {
            const bool safe = a.as<StringObject>().safe || b.as<StringObject>().safe;
            const auto part
                = [&](const Value &v) { return safe && !v.as<StringObject>().safe ? escapeHtml(v.text()) : v.text(); };
            machine.meter.claim(a.text().size() + b.text().size());
            machine.meter.release(a.text().size() + b.text().size());
            return machine.text(part(a) + part(b), safe);
        }
        const auto &left = a.as<ListObject>().items;
        const auto &right = b.as<ListObject>().items;
        machine.meter.work(static_cast<int64_t>((left.size() + right.size()) / 4));
        std::vector<Value> items(left);
        items.insert(items.end(), right.begin(), right.end());
        return a.is(Kind::List) ? machine.list(std::move(items)) : machine.tuple(std::move(items));
    }

} // namespace

Value Machine::binary(BinaryOperator op, const Value &a, const Value &b)
{
    meter.work(1);
    if (isWhole(a) && isWhole(b))
        return wholeBinary(*this, op, a.integer(), b.integer());
    if (isNumber(a) && isNumber(b))
        return floatBinary(*this, op, toDouble(a), toDouble(b));
    if (op == BinaryOperator::Add && isSequence(a) && a.kind() == b.kind())
        return joined(*this, a, b);
    if (op == BinaryOperator::Multiply && isSequence(a) && isWhole(b))
        return repeated(*this, a, b.integer());
    if (op == BinaryOperator::Multiply && isWhole(a) && isSequence(b))
        return repeated(*this, b, a.integer());
    if (op == BinaryOperator::Modulo && a.is(Kind::String))
        return formatPercent(*this, a, b);
    failOperands(*this, op, a, b);
}

Value Machine::negative(const Value &a)
{
    if (isWhole(a)) {
        int64_t result = 0;
        if (__builtin_sub_overflow(int64_t(0), a.integer(), &result))
            failRange(*this);
        return Value::integer(result);
    }
    if (a.is(Kind::Float))
        return Value::real(-a.real());
    if (a.is(Kind::Undefined))
        failUndefined(a);
    fail(std::string("bad operand type for unary -: '") + typeName(a) + "'");
}

Value Machine::positive(const Value &a)
{
    if (isWhole(a))
        return Value::integer(a.integer());
    if (a.is(Kind::Float))
        return a;
    if (a.is(Kind::Undefined))
        failUndefined(a);
    fail(std::string("bad operand type for unary +: '") + typeName(a) + "'");
}

} // namespace winnow::jinja
