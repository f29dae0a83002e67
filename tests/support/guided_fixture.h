#pragma once

#include "core/base/method_info.h"
#include "core/eval/evaluate.h"
#include "core/eval/pair.h"
#include "core/methods/registry.h"

#include <QtGlobal>

#include <memory>
#include <random>
#include <string>
#include <vector>

namespace winnow::test {

/// A model, a small one beside it, and what both saw of the same random ids.
struct GuidedPair {
    std::shared_ptr<const Model> large, small;
    CapturePtr capture;
    std::vector<int32_t> continuation; // T + 1
};

inline std::vector<int32_t> drawnIds(int64_t count, unsigned seed, int64_t vocab)
{
    std::mt19937 generator(seed);
    std::vector<int32_t> ids(static_cast<size_t>(count));
    for (int32_t &id : ids)
        id = static_cast<int32_t>(generator() % static_cast<unsigned>(vocab));
    return ids;
}

/// The capture of a pair with everything that smallkv reads under any of the parameter sets.
inline GuidedPair guidedPair(std::shared_ptr<const Model> large, std::shared_ptr<const Model> small, int64_t tokens,
    int64_t fed, const std::vector<Json> &parameterSets)
{
    const MethodSpec *spec = findMethod("smallkv");
    CaptureNeeds needs;
    for (const Json &given : parameterSets) {
        const auto canonical = canonicalParameters(methodInfo(*spec), given);
        if (!canonical)
            qFatal("%s", canonical.error().message.c_str());
        needs.include(spec->create()->needs(Parameters(*canonical)));
    }
    GuidedPair pair{large, small, nullptr, drawnIds(fed + 1, 7, large->config().vocab)};
    const auto captured = captureContext(large, drawnIds(tokens, 3, large->config().vocab), needs, RunContext{});
    if (!captured)
        qFatal("%s", captured.error().message.c_str());
    auto whole = std::make_shared<Capture>(**captured);
    whole->needs = needs;
    if (needs.pair.small) {
        auto both = capturePair(*whole, small, needs.pair, RunContext{});
        if (!both)
            qFatal("%s", both.error().message.c_str());
        whole->pair = *both;
    }
    pair.capture = whole;
    return pair;
}

/// A method over a capture at one budget; keeps the method alive.
struct PlannedCellOf {
    std::unique_ptr<const Method> method;
    EvaluationCell cell;
};

inline PlannedCellOf cellFor(const Capture &capture, const std::string &id, const Json &given, int64_t count)
{
    const MethodSpec *spec = findMethod(id);
    const auto canonical = canonicalParameters(methodInfo(*spec), given);
    if (!canonical)
        qFatal("%s", canonical.error().message.c_str());
    PlannedCellOf planned{spec->create(), {}};
    planned.cell.parameters = Parameters(*canonical);
    planned.cell.method = planned.method.get();
    auto ranking = planned.method->rank(capture, planned.cell.parameters, RunContext{});
    if (!ranking)
        qFatal("%s", ranking.error().message.c_str());
    planned.cell.ranking = std::move(*ranking);
    auto plan = planned.method->select(capture, *planned.cell.ranking, planned.cell.parameters, count);
    if (!plan)
        qFatal("%s", plan.error().message.c_str());
    planned.cell.plan = std::move(*plan);
    return planned;
}

} // namespace winnow::test
