#include "core/model/jinja/machine.h"
#include "core/model/jinja/text.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace winnow::jinja {
namespace {

    constexpr std::array<std::string_view, 5> kDictChanges { "clear", "pop", "popitem", "setdefault", "update" };
    constexpr std::array<std::string_view, 8> kListChanges { "append", "clear", "pop", "reverse", "insert", "sort",
        "extend", "remove" };

    /// The immutable sandbox: what would change a value is undefined, and says so when it is called.
    Value blocked(Machine &machine, const Value &self, const std::string &name)
    {
        return machine.undefined(
            "access to attribute " + quoted(name) + " of '" + typeName(self) + "' object is unsafe.");
    }

    Value view(Machine &machine, const Value &dict, ViewObject::What what, const std::string &name)
    {
        return machine.function(
            name,
            [dict, what](Machine &m, Arguments &arguments) {
                m.bind("method", arguments, {});
                auto object = std::make_shared<ViewObject>();
                object->claim(&m.meter, 128);
                object->dict = dict;
                m.nest(*object, dict);
                object->what = what;
                return Value(Kind::View, std::move(object));
            },
            dict);
    }

    Value dictMethod(Machine &machine, const Value &self, const std::string &name)
    {
        if (name == "items" || name == "keys" || name == "values")
            return view(machine, self,
                name == "keys"         ? ViewObject::What::Keys
                    : name == "values" ? ViewObject::What::Values
                                       : ViewObject::What::Items,
                name);
        if (name == "get") {
            return machine.function(
                name,
                [self](Machine &m, Arguments &arguments) {
                    const auto bound = m.bind("get", arguments, { "key", "default" }, 1);
                    const Value *found = self.as<DictObject>().find(m.hashKey(bound[0]));
                    return found ? *found : bound[1].is(Kind::Missing) ? Value::none() : bound[1];
                },
                self);
        }
        if (name == "copy") {
            return machine.function(
                name,
                [self](Machine &m, Arguments &arguments) {
                    m.bind("copy", arguments, {});
                    return self; // nothing can change either of them
                },
                self);
        }
        if (name == "fromkeys")
            machine.failUnsupported("the method dict.fromkeys");
        if (std::find(kDictChanges.begin(), kDictChanges.end(), name) != kDictChanges.end())
            return blocked(machine, self, name);
        return {};
    }

    Value listMethod(Machine &machine, const Value &self, const std::string &name)
    {
        if (name == "count") {
            return machine.function(
                name,
                [self](Machine &m, Arguments &arguments) {
                    const auto bound = m.bind("count", arguments, { "value" }, 1);
                    const auto &items = self.as<ListObject>().items;
                    return Value::integer(std::count_if(
                        items.begin(), items.end(), [&](const Value &v) { return m.equal(v, bound[0]); }));
                },
                self);
        }
        if (name == "index") {
            return machine.function(
                name,
                [self](Machine &m, Arguments &arguments) {
                    const auto bound = m.bind("index", arguments, { "value", "start", "stop" }, 1);
                    const auto &items = self.as<ListObject>().items;
                    const auto size = static_cast<int64_t>(items.size());
                    const auto place = [&](const Value &v, int64_t fallback) {
                        if (v.is(Kind::Missing))
                            return fallback;
                        const int64_t at = m.index(v);
                        return std::clamp<int64_t>(at < 0 ? at + size : at, 0, size);
                    };
                    for (int64_t i = place(bound[1], 0); i < place(bound[2], size); ++i) {
                        if (m.equal(items[static_cast<size_t>(i)], bound[0]))
                            return Value::integer(i);
                    }
                    m.fail(m.repr(bound[0]) + " is not in list");
                },
                self);
        }
        if (self.is(Kind::Tuple))
            return {};
        if (name == "copy") {
            return machine.function(
                name,
                [self](Machine &m, Arguments &arguments) {
                    m.bind("copy", arguments, {});
                    return m.list(self.as<ListObject>().items);
                },
                self);
        }
        if (std::find(kListChanges.begin(), kListChanges.end(), name) != kListChanges.end())
            return blocked(machine, self, name);
        return {};
    }

    Value cycle(Machine &machine, const Value &loop)
    {
        return machine.function(
            "cycle",
            [loop](Machine &m, Arguments &arguments) {
                if (arguments.positional.empty())
                    m.fail("no items for cycling given");
                const auto at = static_cast<size_t>(std::max<int64_t>(loop.as<LoopObject>().index0, 0));
                return arguments.positional[at % arguments.positional.size()];
            },
            loop);
    }

    Value changed(Machine &machine, const Value &loop)
    {
        return machine.function(
            "changed",
            [loop](Machine &m, Arguments &arguments) {
                auto &state = loop.as<LoopObject>();
                const auto &now = arguments.positional;
                const bool same = state.changedOnce && state.lastChanged.size() == now.size()
                    && std::equal(now.begin(), now.end(), state.lastChanged.begin(),
                        [&](const Value &a, const Value &b) { return m.equal(a, b); });
                if (same)
                    return Value::boolean(false);
                state.lastChanged = now;
                state.changedOnce = true;
                return Value::boolean(true);
            },
            loop);
    }

    Value loopAttribute(Machine &machine, const Value &self, const std::string &name)
    {
        auto &loop = self.as<LoopObject>();
        if (name == "index")
            return Value::integer(loop.index0 + 1);
        if (name == "index0")
            return Value::integer(loop.index0);
        if (name == "first")
            return Value::boolean(loop.index0 == 0);
        if (name == "last")
            return Value::boolean(!loop.peek());
        if (name == "length")
            return Value::integer(loop.length(machine));
        if (name == "revindex")
            return Value::integer(loop.length(machine) - loop.index0);
        if (name == "revindex0")
            return Value::integer(loop.length(machine) - loop.index0 - 1);
        if (name == "depth")
            return Value::integer(loop.depth0 + 1);
        if (name == "depth0")
            return Value::integer(loop.depth0);
        if (name == "previtem")
            return loop.index0 == 0 ? machine.undefined("there is no previous item") : loop.before;
        if (name == "nextitem")
            return loop.peek() ? loop.after : machine.undefined("there is no next item");
        if (name == "cycle")
            return cycle(machine, self);
        if (name == "changed")
            return changed(machine, self);
        return {};
    }

    Value functionAttribute(Machine &machine, const FunctionObject &function, const std::string &name)
    {
        if (!function.macro)
            return {};
        if (name == "name")
            return function.name.empty() ? Value::none() : machine.text(std::string_view(function.name));
        if (name == "arguments") {
            std::vector<Value> names;
            for (const std::string &argument : function.arguments)
                names.push_back(machine.text(std::string_view(argument)));
            return machine.tuple(std::move(names));
        }
        if (name == "catch_kwargs")
            return Value::boolean(function.catchesNamed);
        if (name == "catch_varargs")
            return Value::boolean(function.catchesPositional);
        if (name == "caller")
            return Value::boolean(function.usesCaller);
        return {};
    }

    Value cyclerAttribute(Machine &machine, const Value &self, const std::string &name)
    {
        const auto &cycler = self.as<CyclerObject>();
        if (name == "current")
            return cycler.items[cycler.at];
        if (name == "pos")
            return Value::integer(static_cast<int64_t>(cycler.at));
        if (name != "next" && name != "reset")
            return {};
        return machine.function(
            name,
            [self, isNext = name == "next"](Machine &m, Arguments &arguments) {
                m.bind("method", arguments, {});
                auto &state = self.as<CyclerObject>();
                if (!isNext) {
                    state.at = 0;
                    return Value::none();
                }
                const Value now = state.items[state.at];
                state.at = (state.at + 1) % state.items.size();
                return now;
            },
            self);
    }

    Value numberAttribute(Machine &machine, const Value &self, const std::string &name)
    {
        if (name == "real")
            return machine.positive(self);
        if (name == "imag")
            return self.is(Kind::Float) ? Value::real(0) : Value::integer(0);
        if (name == "is_integer" && self.is(Kind::Float)) {
            return machine.function(
                name,
                [self](Machine &m, Arguments &arguments) {
                    m.bind("is_integer", arguments, {});
                    return Value::boolean(std::isfinite(self.real()) && self.real() == std::floor(self.real()));
                },
                self);
        }
        return {};
    }

} // namespace

Value collectionMethod(Machine &machine, const Value &self, const std::string &name)
{
    switch (self.kind()) {
    case Kind::Dict:
        return dictMethod(machine, self, name);
    case Kind::List:
    case Kind::Tuple:
        return listMethod(machine, self, name);
    case Kind::Loop:
        return loopAttribute(machine, self, name);
    case Kind::Function:
        return functionAttribute(machine, self.as<FunctionObject>(), name);
    case Kind::Cycler:
        return cyclerAttribute(machine, self, name);
    case Kind::Joiner:
        return name == "sep" ? machine.text(std::string_view(self.as<JoinerObject>().separator))
            : name == "used" ? Value::boolean(self.as<JoinerObject>().used)
                             : Value();
    case Kind::Range: {
        const auto &range = self.as<RangeObject>();
        if (name == "count" || name == "index")
            return listMethod(machine, machine.list(machine.items(self)), name);
        return name == "start" ? Value::integer(range.start)
            : name == "stop"   ? Value::integer(range.stop)
            : name == "step"   ? Value::integer(range.step)
                               : Value();
    }
    default:
        return numberAttribute(machine, self, name);
    }
}

} // namespace winnow::jinja
