#include "core/model/jinja/machine.h"
#include "core/model/jinja/number_text.h"

#include <algorithm>
#include <cmath>

// ==, < and hash().

namespace winnow::jinja {

bool Machine::equal(const Value &a, const Value &b)
{
    meter.work(1);
    if (isNumber(a) && isNumber(b)) {
        if (isWhole(a) && isWhole(b))
            return a.integer() == b.integer();
        if (a.is(Kind::Float) && b.is(Kind::Float))
            return a.real() == b.real();
        // long double holds every int64 and every double
        const auto wide = [](const Value &v) {
            return v.is(Kind::Float) ? static_cast<long double>(v.real()) : static_cast<long double>(v.integer());
        };
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
            && std::equal(
                left.begin(), left.end(), right.begin(), [&](const Value &x, const Value &y) { return equal(x, y); });
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

    template <typename T> bool ordered(Comparison comparison, const T &a, const T &b)
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
        const auto wide = [](const Value &v) {
            return v.is(Kind::Float) ? static_cast<long double>(v.real()) : static_cast<long double>(v.integer());
        };
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
    fail(std::string("'") + symbol(comparison) + "' not supported between instances of '" + typeName(a) + "' and '"
        + typeName(b) + "'");
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

} // namespace winnow::jinja
