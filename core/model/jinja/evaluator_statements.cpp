#include "core/model/jinja/evaluator.h"
#include "core/model/jinja/text.h"

#include <algorithm>

namespace winnow::jinja {

/// What a body prints, as text.
template <typename Body> std::string Evaluator::captured(Body body)
{
    Builder buffer(m_machine.meter);
    Builder *const outer = std::exchange(m_out, &buffer);
    body();
    m_out = outer;
    return buffer.take();
}

Evaluator::Flow Evaluator::execute(const Block &block, Scope &scope)
{
    const DepthGuard guard(m_machine.meter);
    for (const StatementPtr &statement : block) {
        const Flow flow = execute(*statement, scope);
        if (flow != Flow::Normal)
            return flow;
    }
    return Flow::Normal;
}

Evaluator::Flow Evaluator::execute(const Statement &statement, Scope &scope)
{
    m_machine.meter.work(1);
    m_machine.meter.line = statement.line;
    switch (statement.kind) {
    case StatementKind::Output:
        for (const ExpressionPtr &expression : statement.values) {
            const Value value = evaluate(*expression, scope);
            if (value.is(Kind::String))
                m_out->add(value.text());
            else
                m_out->add(m_machine.str(value));
        }
        return Flow::Normal;
    case StatementKind::If:
        return executeIf(statement, scope);
    case StatementKind::For:
        return executeFor(statement, scope);
    case StatementKind::Set:
        return executeSet(statement, scope);
    case StatementKind::SetBlock:
    case StatementKind::FilterBlock:
        return executeCaptured(statement, scope);
    case StatementKind::Macro:
        slot(scope, statement.nameSlot) = macro(statement, scope);
        return Flow::Normal;
    case StatementKind::CallBlock: {
        const Value result = evaluateCall(*statement.value, scope, macro(statement, scope));
        m_out->add(m_machine.str(result));
        return Flow::Normal;
    }
    case StatementKind::Generation: {
        Arguments none;
        m_out->add(invoke(statement, scope, none).text());
        return Flow::Normal;
    }
    case StatementKind::With:
        return executeWith(statement, scope);
    case StatementKind::Break:
        return Flow::Break;
    case StatementKind::Continue:
        return Flow::Continue;
    }
    return Flow::Normal;
}

Evaluator::Flow Evaluator::executeIf(const Statement &statement, Scope &scope)
{
    for (const Branch &branch : statement.branches) {
        if (!branch.test || m_machine.truthy(evaluate(*branch.test, scope)))
            return execute(branch.body, scope);
    }
    return Flow::Normal;
}

Evaluator::Flow Evaluator::executeSet(const Statement &statement, Scope &scope)
{
    checkNamespaces(*statement.target, scope);
    const Value value = evaluate(*statement.value, scope);
    m_machine.meter.line = statement.line;
    assign(*statement.target, value, scope);
    return Flow::Normal;
}

Evaluator::Flow Evaluator::executeCaptured(const Statement &statement, Scope &scope)
{
    std::optional<Scope> local;
    Scope &inner = open(statement.frame, &scope, local);
    enter(inner);
    Flow flow = Flow::Normal;
    Value text = m_machine.text(captured([&] { flow = execute(statement.body, inner); }));
    if (flow != Flow::Normal)
        return flow; // a loop is left: the text is lost
    if (statement.value) {
        const Value outer = std::exchange(m_blockText, text);
        text = evaluate(*statement.value, inner);
        m_blockText = outer;
    }
    m_machine.meter.line = statement.line;
    if (statement.kind == StatementKind::FilterBlock)
        m_out->add(m_machine.str(text));
    else
        assign(*statement.target, text, scope);
    return Flow::Normal;
}

Evaluator::Flow Evaluator::executeWith(const Statement &statement, Scope &scope)
{
    std::optional<Scope> local;
    Scope &inner = open(statement.frame, &scope, local);
    enter(inner);
    for (size_t i = 0; i < statement.parameters.size(); ++i)
        assign(*statement.parameters[i], evaluate(*statement.values[i], scope), inner);
    return execute(statement.body, inner);
}

Evaluator::Flow Evaluator::executeFor(const Statement &statement, Scope &scope)
{
    const Value iterable = evaluate(*statement.value, scope);
    m_machine.meter.line = statement.line;
    if (!statement.recursive)
        return runLoop(statement, scope, iterable, 0);
    const std::string text = captured([&] { runLoop(statement, scope, iterable, 0); });
    m_out->add(text);
    return Flow::Normal;
}

/// The items that pass the loop's condition: tested one by one, while the loop runs.
Value Evaluator::filteredItems(const Statement &statement, Scope &scope, const Value &iterable)
{
    auto inner = std::make_shared<Scope>(
        Scope { &statement.testFrame, &scope, std::vector<Value>(statement.testFrame.slots.size()) });
    Next next = [this, &statement, inner, source = m_machine.iterate(iterable), entered = false](Value &item) mutable {
        if (!std::exchange(entered, true))
            enter(*inner);
        while (source(item)) {
            m_machine.meter.work(1);
            assign(*statement.target, item, *inner);
            if (m_machine.truthy(evaluate(*statement.test, *inner))) {
                item = rebuilt(*statement.target, *inner);
                return true;
            }
        }
        return false;
    };
    return m_machine.iterator(std::move(next), iterable);
}

/// The value of a target that was just assigned: tuples are made anew.
Value Evaluator::rebuilt(const Expression &target, Scope &scope)
{
    if (target.kind != ExpressionKind::Tuple)
        return slot(scope, target.slot);
    std::vector<Value> parts;
    for (const ExpressionPtr &part : target.operands)
        parts.push_back(rebuilt(*part, scope));
    return m_machine.tuple(std::move(parts));
}

Value Evaluator::loopObject(const Statement &statement, Scope &scope, const Value &iterable, int64_t depth0)
{
    auto loop = std::make_shared<LoopObject>();
    loop->claim(&m_machine.meter, sizeof(LoopObject) + 256);
    m_machine.nest(*loop, iterable);
    loop->iterable = iterable;
    loop->next = m_machine.iterate(iterable);
    loop->depth0 = depth0;
    if (statement.recursive) {
        loop->recurse = [this, &statement, &scope, depth0](Machine &machine, Arguments &arguments) {
            const auto bound = machine.bind("loop", arguments, { "iterable" }, 1);
            return machine.text(captured([&] { runLoop(statement, scope, bound[0], depth0 + 1); }));
        };
    }
    return { Kind::Loop, std::move(loop) };
}

Evaluator::Flow Evaluator::runLoop(const Statement &statement, Scope &scope, const Value &iterable, int64_t depth0)
{
    const Value items = statement.test ? filteredItems(statement, scope, iterable) : iterable;
    const Value loop = loopObject(statement, scope, items, depth0);
    // what `changed` remembers may hold the loop itself
    struct Forget {
        LoopObject &loop;
        ~Forget() { loop.lastChanged.clear(); }
    } forget { loop.as<LoopObject>() };
    std::optional<Scope> local;
    Scope &body = open(statement.frame, &scope, local);
    body.slots[statement.loopSlot] = loop;
    bool completed = false;
    runBody(statement, body, loop.as<LoopObject>(), completed);
    if (completed || statement.otherwise.empty())
        return Flow::Normal;
    std::optional<Scope> otherwiseLocal;
    Scope &otherwise = open(statement.otherwiseFrame, &scope, otherwiseLocal);
    enter(otherwise);
    return execute(statement.otherwise, otherwise);
}

/// @param completed  whether one round ran to its end: as in the reference, `else` also follows rounds cut by
/// `continue`.
Evaluator::Flow Evaluator::runBody(const Statement &statement, Scope &body, LoopObject &loop, bool &completed)
{
    Value item;
    while (loop.advance(item)) {
        m_machine.meter.work(1);
        m_machine.meter.line = statement.line;
        if (statement.target->kind == ExpressionKind::Name)
            slot(body, statement.target->slot) = item;
        else
            assign(*statement.target, item, body);
        enter(body);
        const Flow flow = execute(statement.body, body);
        if (flow == Flow::Break)
            return flow;
        completed = completed || flow == Flow::Normal;
    }
    return Flow::Normal;
}

Value Evaluator::macro(const Statement &statement, Scope &scope)
{
    Value result = m_machine.function(statement.name,
        [this, &statement, &scope](Machine &, Arguments &arguments) { return invoke(statement, scope, arguments); });
    auto &function = result.as<FunctionObject>();
    function.macro = true;
    for (const ExpressionPtr &parameter : statement.parameters)
        function.arguments.push_back(parameter->name);
    function.catchesNamed = statement.takesNamed;
    function.catchesPositional = statement.takesPositional;
    function.usesCaller = statement.takesCaller;
    return result;
}

Value Evaluator::invoke(const Statement &statement, Scope &scope, Arguments &arguments)
{
    std::optional<Scope> local;
    Scope &inner = open(statement.frame, &scope, local);
    bindParameters(statement, inner, arguments);
    enter(inner);
    const size_t count = statement.parameters.size();
    return m_machine.text(captured([&] {
        for (size_t i = 0; i < count; ++i) {
            Value &value = slot(inner, statement.parameters[i]->slot);
            if (!value.is(Kind::Missing))
                continue;
            const size_t withDefault = count - statement.defaults.size();
            value = i >= withDefault
                ? evaluate(*statement.defaults[i - withDefault], inner)
                : m_machine.undefined("parameter " + quoted(statement.parameters[i]->name) + " was not provided");
        }
        execute(statement.body, inner);
    }));
}

/// Arguments to parameters as jinja2.runtime.Macro does it.
void Evaluator::bindParameters(const Statement &statement, Scope &inner, Arguments &arguments)
{
    auto &positional = arguments.positional;
    auto &named = arguments.named;
    const auto take = [&](const std::string &name) {
        const auto found
            = std::find_if(named.begin(), named.end(), [&](const auto &entry) { return entry.first == name; });
        if (found == named.end())
            return Value();
        Value value = found->second;
        named.erase(found);
        return value;
    };
    const size_t count = statement.parameters.size();
    bool foundCaller = positional.size() >= count && statement.callerSlot == 0 && statement.takesCaller
        && std::any_of(statement.parameters.begin(), statement.parameters.end(),
            [](const ExpressionPtr &p) { return p->name == "caller"; });
    for (size_t i = 0; i < count; ++i) {
        const std::string &name = statement.parameters[i]->name;
        foundCaller = foundCaller || (i >= positional.size() && name == "caller");
        slot(inner, statement.parameters[i]->slot) = i < positional.size() ? positional[i] : take(name);
    }
    const std::string title = statement.name.empty() ? "None" : quoted(statement.name);
    if (statement.takesCaller && !foundCaller) {
        const Value caller = take("caller");
        inner.slots[statement.callerSlot]
            = caller.is(Kind::Missing) || caller.is(Kind::None) ? m_machine.undefined("No caller defined") : caller;
    }
    if (statement.takesNamed) {
        const Value rest = m_machine.dict();
        for (const auto &[name, value] : named)
            m_machine.put(rest, m_machine.text(std::string_view(name)), value);
        inner.slots[statement.namedSlot] = rest;
    } else if (!named.empty()) {
        m_machine.fail(named.front().first == "caller"
                ? "macro " + title
                    + " was invoked with two values for the special caller argument. This is most likely a bug."
                : "macro " + title + " takes no keyword argument " + quoted(named.front().first));
    }
    if (statement.takesPositional) {
        const auto from = positional.begin() + static_cast<std::ptrdiff_t>(std::min(count, positional.size()));
        inner.slots[statement.positionalSlot] = m_machine.tuple({ from, positional.end() });
    } else if (positional.size() > count) {
        m_machine.fail("macro " + title + " takes not more than " + std::to_string(count) + " argument(s)");
    }
}

} // namespace winnow::jinja
