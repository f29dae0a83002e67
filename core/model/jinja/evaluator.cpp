#include "core/model/jinja/evaluator.h"

#include "core/model/jinja/text.h"

namespace winnow::jinja {

std::string Evaluator::run()
{
    Builder out(m_machine.meter);
    m_out = &out;
    m_kept.push_back(
        std::make_unique<Scope>(Scope { &m_syntax.frame, nullptr, std::vector<Value>(m_syntax.frame.slots.size()) }));
    Scope &root = *m_kept.back();
    enter(root);
    execute(m_syntax.body, root);
    return out.take();
}

Evaluator::Scope &Evaluator::open(const FramePlan &plan, Scope *parent, std::optional<Scope> &local)
{
    if (!plan.captured)
        return local.emplace(Scope { &plan, parent, std::vector<Value>(plan.slots.size()) });
    m_machine.meter.claim(sizeof(Scope) + plan.slots.size() * sizeof(Value) + 64);
    m_kept.push_back(std::make_unique<Scope>(Scope { &plan, parent, std::vector<Value>(plan.slots.size()) }));
    return *m_kept.back();
}

/// First values of a frame's variables; parameters are set by who opens it.
void Evaluator::enter(Scope &scope)
{
    for (size_t i = 0; i < scope.slots.size(); ++i) {
        const SlotLoad &load = scope.plan->slots[i];
        switch (load.load) {
        case Load::Parameter:
            break;
        case Load::Resolve:
            scope.slots[i] = resolve(load.name);
            break;
        case Load::Alias:
            scope.slots[i] = slot(*scope.parent, load.outer);
            break;
        case Load::Undefined:
            scope.slots[i] = Value();
            break;
        }
    }
}

Value &Evaluator::slot(Scope &scope, SlotRef ref)
{
    Scope *at = &scope;
    for (int i = 0; i < ref.hops; ++i)
        at = at->parent;
    return at->slots[ref.slot];
}

/// A variable that the template was called with, or a global function; Missing when there is neither.
Value Evaluator::resolve(const std::string &name)
{
    m_machine.meter.work(1);
    const Value *found = m_variables.as<DictObject>().find("s" + name);
    return found ? *found : globalFunction(m_machine, name);
}

void Evaluator::assign(const Expression &target, const Value &value, Scope &scope)
{
    if (target.kind == ExpressionKind::Tuple) {
        const auto parts = m_machine.unpack(value, target.operands.size());
        for (size_t i = 0; i < parts.size(); ++i)
            assign(*target.operands[i], parts[i], scope);
        return;
    }
    if (target.kind == ExpressionKind::Name) {
        slot(scope, target.slot) = value;
        return;
    }
    const Value owner = target.slot.slot == SIZE_MAX ? Value() : slot(scope, target.slot);
    if (!owner.is(Kind::Namespace))
        m_machine.fail("cannot assign attribute on non-namespace object");
    auto &object = owner.as<NamespaceObject>();
    const std::string key = "s" + target.attribute;
    if (!object.attributes.find(key))
        object.claim(&m_machine.meter, 256 + target.attribute.size());
    object.attributes.set(key, m_machine.text(std::string_view(target.attribute)), value);
}

void Evaluator::checkNamespaces(const Expression &target, Scope &scope)
{
    if (target.kind == ExpressionKind::NamespaceTarget) {
        if (target.slot.slot == SIZE_MAX || !slot(scope, target.slot).is(Kind::Namespace))
            m_machine.fail("cannot assign attribute on non-namespace object");
    } else if (target.kind == ExpressionKind::Tuple) {
        for (const ExpressionPtr &part : target.operands)
            checkNamespaces(*part, scope);
    }
}

std::vector<Value> Evaluator::evaluateAll(const std::vector<ExpressionPtr> &expressions, Scope &scope)
{
    std::vector<Value> values;
    values.reserve(expressions.size());
    for (const ExpressionPtr &expression : expressions)
        values.push_back(evaluate(*expression, scope));
    return values;
}

Arguments Evaluator::evaluateArguments(const CallArguments &arguments, Scope &scope)
{
    Arguments result;
    result.positional = evaluateAll(arguments.positional, scope);
    for (const auto &[name, expression] : arguments.named)
        result.named.emplace_back(name, evaluate(*expression, scope));
    if (arguments.list) {
        for (Value &value : m_machine.items(evaluate(*arguments.list, scope)))
            result.positional.push_back(std::move(value));
    }
    if (arguments.map) {
        const Value map = evaluate(*arguments.map, scope);
        if (!map.is(Kind::Dict))
            m_machine.fail(std::string("argument after ** must be a mapping, not ") + typeName(map));
        for (const auto &[key, value] : map.as<DictObject>().entries) {
            const std::string &name = m_machine.wantText(key, "a keyword");
            for (const auto &other : result.named) {
                if (other.first == name)
                    m_machine.fail("got multiple values for keyword argument '" + name + "'");
            }
            result.named.emplace_back(name, value);
        }
    }
    return result;
}

Value Evaluator::evaluate(const Expression &expression, Scope &scope)
{
    const DepthGuard guard(m_machine.meter);
    m_machine.meter.work(1);
    m_machine.meter.line = expression.line;
    const auto operand = [&](size_t i) {
        Value value = evaluate(*expression.operands[i], scope);
        m_machine.meter.line = expression.line;
        return value;
    };
    switch (expression.kind) {
    case ExpressionKind::Constant:
        return expression.constant;
    case ExpressionKind::Name:
    case ExpressionKind::NamespaceTarget:
        return evaluateName(expression, scope);
    case ExpressionKind::Attribute:
        return m_machine.attribute(operand(0), expression.name);
    case ExpressionKind::Item: {
        const Value object = operand(0);
        return m_machine.item(object, operand(1));
    }
    case ExpressionKind::Slice:
        return evaluateSlice(expression, scope);
    case ExpressionKind::Call:
        return evaluateCall(expression, scope, {});
    case ExpressionKind::Filter:
    case ExpressionKind::Test:
        return evaluateFilter(expression, scope);
    case ExpressionKind::Not:
        return Value::boolean(!m_machine.truthy(operand(0)));
    case ExpressionKind::Negative:
        return m_machine.negative(operand(0));
    case ExpressionKind::Positive:
        return m_machine.positive(operand(0));
    case ExpressionKind::Binary: {
        const Value left = operand(0);
        return m_machine.binary(expression.binary, left, operand(1));
    }
    case ExpressionKind::And:
    case ExpressionKind::Or: {
        Value left = operand(0);
        return m_machine.truthy(left) == (expression.kind == ExpressionKind::Or) ? left : operand(1);
    }
    case ExpressionKind::Compare:
        return evaluateCompare(expression, scope);
    case ExpressionKind::Concat:
        return evaluateConcat(expression, scope);
    case ExpressionKind::Condition:
        return evaluateCondition(expression, scope);
    case ExpressionKind::List:
        return m_machine.list(evaluateAll(expression.operands, scope));
    case ExpressionKind::Tuple:
        return m_machine.tuple(evaluateAll(expression.operands, scope));
    case ExpressionKind::Dict:
        return evaluateDict(expression, scope);
    }
    return {};
}

Value Evaluator::evaluateName(const Expression &expression, Scope &scope)
{
    Value value = expression.slot.slot == SIZE_MAX ? resolve(expression.name) : slot(scope, expression.slot);
    return value.is(Kind::Missing) ? m_machine.undefined(quoted(expression.name) + " is undefined") : value;
}

Value Evaluator::evaluateCompare(const Expression &expression, Scope &scope)
{
    Value left = evaluate(*expression.operands[0], scope);
    for (size_t i = 0; i < expression.comparisons.size(); ++i) {
        Value right = evaluate(*expression.operands[i + 1], scope);
        m_machine.meter.line = expression.line;
        if (!m_machine.compare(expression.comparisons[i], left, right))
            return Value::boolean(false);
        left = std::move(right);
    }
    return Value::boolean(true);
}

Value Evaluator::evaluateCondition(const Expression &expression, Scope &scope)
{
    if (m_machine.truthy(evaluate(*expression.operands[0], scope)))
        return evaluate(*expression.operands[1], scope);
    if (expression.operands[2])
        return evaluate(*expression.operands[2], scope);
    return m_machine.undefined("the inline if-expression on line " + std::to_string(expression.line)
        + " evaluated to false and no else section was defined.");
}

Value Evaluator::evaluateFilter(const Expression &expression, Scope &scope)
{
    const Value value = expression.operands[0] ? evaluate(*expression.operands[0], scope) : m_blockText;
    Arguments arguments = evaluateArguments(*expression.arguments, scope);
    m_machine.meter.line = expression.line;
    if (expression.kind == ExpressionKind::Filter)
        return applyFilter(m_machine, expression.name, value, std::move(arguments));
    return Value::boolean(applyTest(m_machine, expression.name, value, std::move(arguments)));
}

Value Evaluator::evaluateConcat(const Expression &expression, Scope &scope)
{
    const auto values = evaluateAll(expression.operands, scope);
    m_machine.meter.line = expression.line;
    Builder out(m_machine.meter);
    for (const Value &value : values) {
        if (value.is(Kind::String))
            out.add(value.text());
        else
            out.add(m_machine.str(value));
    }
    return m_machine.text(out.take());
}

Value Evaluator::evaluateDict(const Expression &expression, Scope &scope)
{
    const Value dict = m_machine.dict();
    for (size_t i = 0; i + 1 < expression.operands.size(); i += 2) {
        const Value key = evaluate(*expression.operands[i], scope);
        const Value value = evaluate(*expression.operands[i + 1], scope);
        m_machine.meter.line = expression.line;
        m_machine.put(dict, key, value);
    }
    return dict;
}

Value Evaluator::evaluateSlice(const Expression &expression, Scope &scope)
{
    std::vector<Value> parts;
    for (const ExpressionPtr &part : expression.operands)
        parts.push_back(part ? evaluate(*part, scope) : Value());
    m_machine.meter.line = expression.line;
    return m_machine.slice(parts[0], parts[1], parts[2], parts[3]);
}

Value Evaluator::evaluateCall(const Expression &expression, Scope &scope, const Value &caller)
{
    const Value callee = evaluate(*expression.operands[0], scope);
    Arguments arguments = evaluateArguments(*expression.arguments, scope);
    if (!caller.is(Kind::Missing))
        arguments.named.emplace_back("caller", caller);
    m_machine.meter.line = expression.line;
    return m_machine.call(callee, std::move(arguments));
}

} // namespace winnow::jinja
