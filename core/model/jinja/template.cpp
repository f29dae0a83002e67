#include "core/model/jinja/template.h"

#include "core/base/utf8.h"
#include "core/model/jinja/evaluator.h"
#include "core/model/jinja/failure.h"
#include "core/model/jinja/syntax.h"

namespace winnow::jinja {
namespace {

    tl::unexpected<Error> failed(const Failure &failure)
    {
        const std::string where
            = failure.line > 0 ? "template, line " + std::to_string(failure.line) + ": " : "template: ";
        return fail(failure.code, where + failure.message, failure.hint);
    }

    Value toValue(Machine &machine, const OrderedJson &json, int depth)
    {
        if (depth > kMaxValueDepth)
            machine.fail("the variables nest deeper than " + std::to_string(kMaxValueDepth));
        switch (json.type()) {
        case OrderedJson::value_t::boolean:
            return Value::boolean(json.get<bool>());
        case OrderedJson::value_t::number_integer:
            return Value::integer(json.get<int64_t>());
        case OrderedJson::value_t::number_unsigned:
            if (json.get<uint64_t>() > static_cast<uint64_t>(INT64_MAX))
                machine.fail("a whole number of the variables does not fit into 64 bits", ErrorCode::Unsupported);
            return Value::integer(static_cast<int64_t>(json.get<uint64_t>()));
        case OrderedJson::value_t::number_float:
            return Value::real(json.get<double>());
        case OrderedJson::value_t::string:
            return machine.text(validUtf8(json.get_ref<const std::string &>()));
        case OrderedJson::value_t::array: {
            std::vector<Value> items;
            for (const OrderedJson &item : json)
                items.push_back(toValue(machine, item, depth + 1));
            return machine.list(std::move(items));
        }
        case OrderedJson::value_t::object: {
            const Value dict = machine.dict();
            for (const auto &[key, value] : json.items())
                machine.put(dict, machine.text(validUtf8(key)), toValue(machine, value, depth + 1));
            return dict;
        }
        default:
            return Value::none();
        }
    }

    std::tm localTime()
    {
        const std::time_t seconds = std::time(nullptr);
        std::tm result {};
        ::localtime_r(&seconds, &result);
        return result;
    }

} // namespace

Result<Template> Template::parse(std::string_view source)
{
    if (const size_t bad = firstInvalidUtf8(source); bad != source.size())
        return fail(ErrorCode::BadInput, "template: byte " + std::to_string(bad) + " is not UTF-8");
    try {
        Template result;
        result.m_syntax = std::make_shared<const Syntax>(parseTemplate(source));
        return result;
    } catch (const Failure &failure) {
        return failed(failure);
    }
}

Result<std::string> Template::render(const OrderedJson &variables, const RenderOptions &options) const
{
    if (!variables.is_object())
        return fail(ErrorCode::BadInput, "template: the variables must be an object");
    try {
        Machine machine(options.limits, options.now ? *options.now : localTime());
        Evaluator evaluator(machine, *m_syntax, toValue(machine, variables, 0));
        return evaluator.run();
    } catch (const Failure &failure) {
        return failed(failure);
    }
}

} // namespace winnow::jinja
