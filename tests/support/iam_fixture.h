#pragma once

#include "core/eval/mapped_context.h"
#include "core/methods/mapped_plan.h"

#include "tests/support/pair_models.h"

#include <ATen/ATen.h>

#include <cmath>

namespace winnow::test {

inline constexpr int64_t kTokens = 96, kSpan = 40, kRows = 17; // N, n, T + 1
inline constexpr int64_t kLayers = 6, kSmallLayers = 3;

inline Parameters parametersOf(Json given)
{
    const Json defaults{{"matchMin", 16}, {"matchMax", kSpan}};
    for (const auto &[name, value] : defaults.items()) {
        if (!given.contains(name))
            given[name] = value;
    }
    auto parameters = canonicalParameters(methodInfo(*findMethod("iam")), given);
    if (!parameters)
        qFatal("%s", parameters.error().message.c_str());
    return Parameters(*parameters);
}

inline at::Tensor nllTensor(const std::vector<float> &nll)
{
    return at::tensor(at::ArrayRef<float>(nll));
}

inline double largestGap(const std::vector<float> &a, const std::vector<float> &b)
{
    return a.size() == b.size() ? (nllTensor(a) - nllTensor(b)).abs().max().item<double>() : INFINITY;
}

/// A tiny pair of models with a text, and what IAM makes of it.
class IamFixture {
protected:
    void makePair()
    {
        m_large = randomModel(pairConfig(kLayers), 3);
        m_small = randomModel(pairConfig(kSmallLayers, 6, 3), 4);
        m_method = findMethod("iam")->create();
        std::vector<int32_t> ids = pairIds(kTokens + kRows, 11, m_large->config().vocab);
        m_continuation.assign(ids.begin() + kTokens, ids.end());
        ids.resize(kTokens);
        m_ids = ids;
    }

    CapturePtr capture(const std::shared_ptr<const Model> &small, const Parameters &parameters) const
    {
        return pairCapture(m_large, small, m_ids, m_method->needs(parameters));
    }

    EvaluationCell cell(const CapturePtr &shared, const Parameters &parameters, int64_t mappedLayers) const
    {
        auto ranking = m_method->rank(*shared, parameters, RunContext{});
        if (!ranking)
            qFatal("%s", ranking.error().message.c_str());
        auto plan = m_method->select(*shared, **ranking, parameters, shared->config.layers - mappedLayers);
        if (!plan)
            qFatal("%s", plan.error().message.c_str());
        EvaluationCell result{*plan, m_method.get(), std::shared_ptr<const Ranking>(std::move(*ranking)), parameters};
        if (auto given = giveContext(*shared, result, RunContext{}); !given)
            qFatal("%s", given.error().message.c_str());
        return result;
    }

    std::vector<CellResult> run(const CapturePtr &shared, const EvaluationCell &cell) const
    {
        auto results = evaluate(*shared, m_continuation, {cell}, {}, {}, RunContext{});
        if (!results)
            qFatal("%s", results.error().message.c_str());
        return *results;
    }

    std::shared_ptr<const Model> m_large, m_small;
    std::unique_ptr<const Method> m_method;
    std::vector<int32_t> m_ids, m_continuation;
};

} // namespace winnow::test
