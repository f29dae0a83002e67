#include "core/methods/kv/common.h"
#include "core/methods/quadratic_form.h"
#include "core/methods/query_moments.h"
#include "core/methods/scoring_method.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>

namespace winnow {
namespace {

    struct Terms {
        double scale = 1; // of q k
        double eps = 0;
        bool covariance = true;
        bool valueNorm = true;
    };

    /// Expected attention of future queries on each key, times the norm of its value.
    ///
    /// @param keys [n, D] after RoPE, values [n, Dv], contiguous. @param future Moments of the rotated queries of the group.
    /// @return [G, n]; the first `sinks` columns are 0.
    at::Tensor expectedScores(const at::Tensor &keys, const at::Tensor &values, const QueryMoments &future, int64_t sinks,
        const Terms &terms)
    {
        const int64_t n = keys.size(0);
        const int64_t d = keys.size(1);
        // x = s mu' . k + s^2 k^T Sigma' k / 2 with the scale s of q k, 1/sqrt(D) in most families
        at::Tensor x = at::matmul(future.mean.to(at::kFloat), keys.t()).mul_(terms.scale).contiguous(); // [G, n]
        if (terms.covariance) {
            const at::Tensor matrices = future.covariance.to(at::kFloat).contiguous(); // [G, D, D]
            addQuadraticForms({keys.const_data_ptr<float>(), n, d, matrices.const_data_ptr<float>(), x.size(0),
                static_cast<float>(0.5 * terms.scale * terms.scale), x.mutable_data_ptr<float>()});
        }
        at::Tensor p = at::softmax(x.narrow(1, sinks, n - sinks), -1);
        if (terms.valueNorm)
            p.add_(terms.eps).mul_(at::linalg_vector_norm(values, 2, at::IntArrayRef{-1}).narrow(0, sinks, n - sinks));
        at::Tensor scores = at::zeros({x.size(0), n}, at::kFloat);
        scores.narrow(1, sinks, n - sinks).copy_(p);
        return scores;
    }

    Terms termsOf(const Capture &capture, const Parameters &parameters)
    {
        return {capture.config.scale(), parameters.number("eps"), parameters.flag("useCov"), parameters.flag("useVnorm")};
    }

    /// The same on the cache of the moment, from the last w queries (decodeRule interval).
    class ExpectedSlots : public SlotScorer {
    public:
        ExpectedSlots(const Capture &capture, const Parameters &parameters, int64_t layer)
            : m_parameters(parameters)
            , m_terms(termsOf(capture, parameters))
            , m_rotation(LayerRotation::of(capture, layer))
            , m_tokens(capture.tokens())
        {
        }

        int64_t queryRows() const override { return m_parameters.integer("window"); }

        int64_t score(const DecodeRow &row, std::vector<float> &x) const override
        {
            const int64_t position = m_tokens + row.row;
            const MeanRotation future(m_rotation, position + 1, m_parameters.integer("nFuture"));
            const int64_t sinks = std::min(m_parameters.integer("nSink"), row.slots - 1);
            const int64_t perKvHead = row.heads / row.kvHeads;
            const QueryMoments moments = future.apply(recentMoments(row, position, m_rotation));
            x.resize(static_cast<size_t>(row.heads * row.slots));
            for (int64_t j = 0; j < row.kvHeads; ++j) {
                const at::Tensor scores = expectedScores(keyRows(row, j), valueRows(row, j),
                    moments.heads(j * perKvHead, perKvHead), sinks, m_terms); // [G, n]
                const float *from = scores.const_data_ptr<float>();
                std::copy_n(from, perKvHead * row.slots, x.begin() + j * perKvHead * row.slots);
            }
            return row.heads;
        }

    private:
        Parameters m_parameters;
        Terms m_terms;
        LayerRotation m_rotation;
        int64_t m_tokens;
    };

    /// Attention that the queries to come are expected to pay, from the mean and covariance of the prompt's queries
    /// (kv-eviction-baselines.md 3.12; arXiv:2510.00636, section 3).
    class ExpectedAttention : public ScoringMethod {
    public:
        CaptureNeeds needs(const Parameters &) const override { return {.queryMoments = true}; }

        Result<std::unique_ptr<const Ranking>> rank(
            const Capture &capture, const Parameters &parameters, const RunContext &context) const override
        {
            const int64_t sinks = parameters.integer("nSink");
            if (capture.tokens() <= sinks) {
                return fail(ErrorCode::BadInput,
                    "expected_attention needs more context tokens than nSink: found " + std::to_string(capture.tokens())
                        + ", nSink is " + std::to_string(sinks),
                    "lower nSink or use a longer context");
            }
            return ScoringMethod::rank(capture, parameters, context);
        }

        Result<at::Tensor> score(
            const Capture &capture, const Parameters &parameters, int64_t layer, int64_t) const override
        {
            const LayerCapture &data = capture.layers[static_cast<size_t>(layer)];
            const int64_t groups = capture.config.groups();
            const int64_t sinks = parameters.integer("nSink");
            const MeanRotation future(
                LayerRotation::of(capture, layer), capture.tokens(), parameters.integer("nFuture"));
            const QueryMoments moments = future.apply(promptMoments(data, capture.tokens(), sinks));
            std::vector<at::Tensor> scores;
            for (int64_t g = 0; g < capture.config.kvHeads; ++g) {
                scores.push_back(expectedScores(data.keys[g].contiguous(), data.values[g],
                    moments.heads(g * groups, groups), sinks, termsOf(capture, parameters))); // [G, N]
            }
            return at::stack(scores).reshape({capture.config.heads, capture.tokens()}); // [H, N]
        }

        ProtectedSlots protectedSlots(const Parameters &parameters, int64_t count) const override
        {
            return {std::min(parameters.integer("nSink"), count), 0};
        }

        // Deviation: a cap of the scores is left out. The mean of a capped exponential has no closed form.
        void finishPlan(const Capture &capture, const Parameters &, KvPlan &plan) const override
        {
            if (capture.config.scoreCap > 0)
                plan.notices.push_back("the cap of this model's scores is left out of the expected attention");
        }

        std::unique_ptr<SlotScorer> slotScorer(
            const Capture &capture, const Parameters &parameters, const KvPlan &, int64_t layer) const override
        {
            return std::make_unique<ExpectedSlots>(capture, parameters, layer);
        }
    };

    constexpr std::array kParameters{
        ParameterSpec{.name = "nFuture",
            .title = "Future positions",
            .unit = "tokens",
            .tooltip = "How far ahead the expected queries stand.",
            .type = ParameterType::Int,
            .defaultValue = 512,
            .minimum = 1,
            .maximum = 8192},
        ParameterSpec{.name = "nSink",
            .title = "Sinks",
            .unit = "tokens",
            .tooltip = "The first tokens stay and are left out of the query statistics.",
            .type = ParameterType::Int,
            .defaultValue = 4,
            .minimum = 0,
            .maximum = 64},
        ParameterSpec{.name = "useCov",
            .title = "Covariance",
            .tooltip = "Takes the spread of the queries into account, not only their mean.",
            .type = ParameterType::Bool,
            .defaultValue = 1},
        ParameterSpec{.name = "useVnorm",
            .title = "Value norm",
            .tooltip = "Weighs each token by the size of its value.",
            .type = ParameterType::Bool,
            .defaultValue = 1},
        ParameterSpec{.name = "eps",
            .title = "Floor",
            .tooltip = "Added to the expected attention, so that large values count even where little attention is expected.",
            .type = ParameterType::Float,
            .defaultValue = 0,
            .visibleWhen = "useVnorm=true"},
        kv::kGroupRule, kv::kDecodeGrow, kv::kInterval, kv::kIntervalWindow};

} // namespace

namespace methodspecs {
    extern const MethodSpec expected_attention;
}

constinit const MethodSpec methodspecs::expected_attention{.id = "expected_attention",
    .title = "Expected Attention",
    .family = "kv",
    .summary = "Keeps the tokens that future queries are expected to look at, judged by the queries so far.",
    .source = "arXiv:2510.00636",
    .sourceUrl = "https://arxiv.org/abs/2510.00636",
    .budget = {},
    .parameters = kParameters,
    .needs = "queryMoments",
    .artifacts = "KeptTokens,TokenScores,Savings",
    .create = []() -> std::unique_ptr<const Method> { return std::make_unique<ExpectedAttention>(); }};

} // namespace winnow
