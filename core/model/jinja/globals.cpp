#include "core/model/jinja/machine.h"

#include <array>

namespace winnow::jinja {
namespace {

    constexpr int64_t kLongestRange = 100'000; // jinja2.sandbox.MAX_RANGE

    Value range(Machine &machine, Arguments &arguments)
    {
        if (!arguments.named.empty())
            machine.fail("range() takes no keyword arguments");
        const auto &given = arguments.positional;
        if (given.empty() || given.size() > 3)
            machine.fail("range expected 1 to 3 arguments, got " + std::to_string(given.size()));
        const auto whole = [&](const Value &v) {
            const int64_t value = machine.index(v);
            if (value > (int64_t(1) << 60) || value < -(int64_t(1) << 60))
                machine.fail("a bound of range() beyond 2^60", ErrorCode::Unsupported);
            return value;
        };
        auto object = std::make_shared<RangeObject>();
        object->claim(&machine.meter, 128);
        object->start = given.size() > 1 ? whole(given[0]) : 0;
        object->stop = whole(given[given.size() > 1 ? 1 : 0]);
        object->step = given.size() > 2 ? whole(given[2]) : 1;
        if (object->step == 0)
            machine.fail("range() arg 3 must not be zero");
        if (object->size() > kLongestRange)
            machine.fail("Range too big. The sandbox blocks ranges larger than MAX_RANGE ("
                + std::to_string(kLongestRange) + ").");
        return { Kind::Range, std::move(object) };
    }

    Value newDict(Machine &machine, Arguments &arguments)
    {
        if (arguments.positional.size() > 1)
            machine.fail("dict expected at most 1 argument, got " + std::to_string(arguments.positional.size()));
        const Value result = machine.dict();
        if (!arguments.positional.empty()) {
            const Value &source = arguments.positional[0];
            if (source.is(Kind::Dict)) {
                for (const auto &[key, value] : source.as<DictObject>().entries)
                    machine.put(result, key, value);
            } else {
                for (const Value &pair : machine.items(source)) {
                    const auto parts = machine.unpack(pair, 2);
                    machine.put(result, parts[0], parts[1]);
                }
            }
        }
        for (const auto &[name, value] : arguments.named)
            machine.put(result, machine.text(std::string_view(name)), value);
        return result;
    }

    Value newNamespace(Machine &machine, Arguments &arguments)
    {
        const Value attributes = newDict(machine, arguments);
        const Value result = machine.newNamespace();
        auto &target = result.as<NamespaceObject>().attributes;
        for (const auto &[key, value] : attributes.as<DictObject>().entries)
            target.set(machine.hashKey(key), key, value);
        return result;
    }

    Value newCycler(Machine &machine, Arguments &arguments)
    {
        if (arguments.positional.empty() || !arguments.named.empty())
            machine.fail("at least one item has to be provided");
        auto object = std::make_shared<CyclerObject>();
        object->claim(&machine.meter, 128 + arguments.positional.size() * sizeof(Value));
        object->items = arguments.positional;
        for (const Value &item : object->items)
            machine.nest(*object, item);
        return { Kind::Cycler, std::move(object) };
    }

    Value newJoiner(Machine &machine, Arguments &arguments)
    {
        const auto bound = machine.bind("joiner", arguments, { "sep" });
        auto object = std::make_shared<JoinerObject>();
        object->claim(&machine.meter, 256);
        object->separator = bound[0].is(Kind::Missing) ? ", " : machine.str(bound[0]);
        return { Kind::Joiner, std::move(object) };
    }

    Value raiseException(Machine &machine, Arguments &arguments)
    {
        const auto bound = machine.bind("raise_exception", arguments, { "message" }, 1);
        machine.fail(machine.str(bound[0]));
    }

    Value formatTime(Machine &machine, Arguments &arguments)
    {
        const auto bound = machine.bind("strftime_now", arguments, { "format" }, 1);
        const std::string &format = machine.wantText(bound[0], "the format of strftime_now");
        if (format.empty())
            return machine.text(std::string());
        std::array<char, 4096> buffer;
        if (format.size() > 256)
            machine.fail("a time format of more than 256 bytes");
        // one more character tells an empty result from one that does not fit
        const size_t size = std::strftime(buffer.data(), buffer.size(), (format + "x").c_str(), &machine.now);
        if (size == 0)
            machine.fail("a time text of more than 4096 bytes");
        return machine.text(std::string(buffer.data(), size - 1));
    }

} // namespace

Value globalFunction(Machine &machine, const std::string &name)
{
    using Function = Value (*)(Machine &, Arguments &);
    static const std::unordered_map<std::string, Function> kTable { { "range", range }, { "dict", newDict },
        { "namespace", newNamespace }, { "cycler", newCycler }, { "joiner", newJoiner },
        { "raise_exception", raiseException }, { "strftime_now", formatTime } };
    if (const auto found = kTable.find(name); found != kTable.end())
        return machine.function(name, found->second);
    if (name == "lipsum")
        machine.failUnsupported("the function lipsum");
    return {};
}

} // namespace winnow::jinja
