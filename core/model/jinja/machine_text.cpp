#include "core/model/jinja/machine.h"
#include "core/model/jinja/number_text.h"
#include "core/model/jinja/text.h"

// str() and repr().

namespace winnow::jinja {

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
        return out.add(
            "<LoopContext " + std::to_string(loop.index0 + 1) + "/" + std::to_string(loop.length(*this)) + ">");
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

} // namespace winnow::jinja
