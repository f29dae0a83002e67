#pragma once

#include "core/base/method_info.h"
#include "core/base/split_mix.h"
#include "core/methods/prompt_method.h"
#include "core/methods/registry.h"

#include <QtTest>

#include <string>

namespace winnow::test {

/// Parameters of a method with what is given.
inline Parameters promptParameters(const std::string &id, const Json &given = Json::object())
{
    const MethodSpec *spec = findMethod(id);
    if (!spec)
        qFatal("no method %s", id.c_str());
    auto values = canonicalParameters(methodInfo(*spec), given);
    if (!values)
        qFatal("%s", values.error().message.c_str());
    return Parameters(*values);
}

inline Result<PromptPlan> compressed(const std::string &id, const PromptInput &input, PromptScorer &scorer, const PromptBudget &budget,
    const Json &given = Json::object())
{
    return findMethod(id)->createPrompt()->compress(input, scorer, budget, promptParameters(id, given), {});
}

/// The plan, or the end of the test program with the reason.
inline PromptPlan planOf(const std::string &id, const PromptInput &input, PromptScorer &scorer, const PromptBudget &budget,
    const Json &given = Json::object())
{
    auto plan = compressed(id, input, scorer, budget, given);
    if (!plan)
        qFatal("%s: %s", id.c_str(), plan.error().message.c_str());
    return std::move(*plan);
}

} // namespace winnow::test
