#include "core/model/moe.h"

#include "core/model/ffn.h"
#include "core/model/forward.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/mv.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

namespace winnow {
namespace {

    at::Tensor hooked(const MoeSite &site, HookPoint point, const at::Tensor &value)
    {
        if (!site.hooks || !site.hooks->wants(point, site.layer))
            return value;
        return site.hooks->apply(value, HookSite{point, site.layer, site.firstRow, 0});
    }

    bool wants(const MoeSite &site, HookPoint point) { return site.hooks && site.hooks->wants(point, site.layer); }

    tl::unexpected<Error> cancelled(const MoeSite &site)
    {
        return fail(ErrorCode::Cancelled, "cancelled in the experts of layer " + std::to_string(site.layer));
    }

    /// Routing under the site's options, as hooks leave it, ids ascending in each row.
    Result<Routing> chosenExperts(const ModelConfig &config, const MoeWeights &weights, const at::Tensor &normed, const MoeSite &site)
    {
        const at::Tensor logits = hooked(site, HookPoint::RouterLogits, at::mm(normed, weights.router.t()));
        Routing routing = sortedById(route(config.moe, logits, weights.selectionBias, site.options));
        const at::Tensor ids = hooked(site, HookPoint::ExpertIds, routing.ids);
        if (!ids.is_same(routing.ids)) {
            if (ids.sizes() != routing.ids.sizes() || ids.lt(0).any().item<bool>() || ids.ge(config.moe.experts).any().item<bool>())
                return fail(ErrorCode::BadInput, "replaced experts of layer " + std::to_string(site.layer) + ": expected "
                        + std::to_string(routing.ids.size(1)) + " ids of 0 to " + std::to_string(config.moe.experts - 1) + " a token");
            routing.ids = ids.to(at::kInt);
            weigh(config.moe, site.options, routing);
        }
        routing.weights = hooked(site, HookPoint::ExpertWeights, routing.weights);
        return routing;
    }

    /// Which (token, slot) pairs each expert serves: pairs[begin[e] .. begin[e + 1]), ascending.
    struct Assignment {
        std::vector<int64_t> begin; // [N + 1]
        std::vector<int64_t> tokens; // [T k]
        std::vector<int64_t> pairs; // [T k] token * k + slot
    };

    Assignment assign(const at::Tensor &ids, int64_t experts)
    {
        const at::Tensor host = ids.to(at::kCPU).contiguous();
        const int32_t *id = host.data_ptr<int32_t>();
        const int64_t pairs = host.numel(), active = host.size(1);
        Assignment result;
        result.begin.assign(static_cast<size_t>(experts) + 1, 0);
        for (int64_t p = 0; p < pairs; ++p)
            ++result.begin[static_cast<size_t>(id[p]) + 1];
        std::partial_sum(result.begin.begin(), result.begin.end(), result.begin.begin());
        result.tokens.resize(static_cast<size_t>(pairs));
        result.pairs.resize(static_cast<size_t>(pairs));
        std::vector<int64_t> next(result.begin.begin(), result.begin.end() - 1);
        for (int64_t p = 0; p < pairs; ++p) {
            const auto at = static_cast<size_t>(next[static_cast<size_t>(id[p])]++);
            result.tokens[at] = p / active;
            result.pairs[at] = p;
        }
        return result;
    }

    /// One pass over the experts.
    class ExpertPass {
    public:
        ExpertPass(const ModelConfig &config, const MoeWeights &weights, const at::Tensor &normed, const MoeSite &site)
            : m_config(config)
            , m_weights(weights)
            , m_normed(normed)
            , m_site(site)
        {
        }

        /// sum [T, E] += weight * expert(x) of all pairs of `routing`.
        Result<void> add(const Routing &routing, at::Tensor &sum);

    private:
        void addRows(const FfnWeights &expert, const at::Tensor &tokens, const at::Tensor &pairs, at::Tensor &sum);
        void addOneRow(const FfnWeights &expert, int64_t slot, at::Tensor &sum);

        const ModelConfig &m_config;
        const MoeWeights &m_weights;
        const at::Tensor &m_normed;
        const MoeSite &m_site;
        at::Tensor m_pairWeights; // [T k]
        at::Tensor m_norms; // [T k], only when a hook wants them
    };

    void ExpertPass::addRows(const FfnWeights &expert, const at::Tensor &tokens, const at::Tensor &pairs, at::Tensor &sum)
    {
        at::Tensor out = ffn(m_config, expert, m_normed.index_select(0, tokens));
        if (m_norms.defined())
            m_norms.index_copy_(0, pairs, at::linalg_vector_norm(out, 2, 1));
        out.mul_(m_pairWeights.index_select(0, pairs).unsqueeze(1));
        sum.index_add_(0, tokens, out);
    }

    void ExpertPass::addOneRow(const FfnWeights &expert, int64_t slot, at::Tensor &sum)
    {
        const at::Tensor out = ffn(m_config, expert, m_normed);
        if (m_norms.defined())
            m_norms[slot] = at::linalg_vector_norm(out);
        sum.addcmul_(out, m_pairWeights[slot]);
    }

    Result<void> ExpertPass::add(const Routing &routing, at::Tensor &sum)
    {
        const int64_t rows = m_normed.size(0);
        const Assignment assignment = assign(routing.ids, m_config.moe.experts);
        m_pairWeights = routing.weights.reshape({-1}).contiguous();
        if (wants(m_site, HookPoint::ExpertNorms))
            m_norms = at::zeros_like(m_pairWeights);
        const auto index = [&](const std::vector<int64_t> &values) {
            return at::from_blob(const_cast<int64_t *>(values.data()), {static_cast<int64_t>(values.size())}, at::kLong)
                .to(sum.device());
        };
        const at::Tensor tokens = index(assignment.tokens), pairs = index(assignment.pairs);
        for (size_t e = 0; e < m_weights.experts.size(); ++e) {
            const FfnWeights &expert = m_weights.experts[e];
            const int64_t end = assignment.begin[e + 1];
            const int64_t step = rowsPerPoll(expert.gateUp.numel() + expert.down.numel());
            for (int64_t first = assignment.begin[e]; first < end; first += step) {
                if (m_site.context.cancelled())
                    return cancelled(m_site);
                const int64_t count = std::min(step, end - first);
                if (rows == 1)
                    addOneRow(expert, assignment.pairs[static_cast<size_t>(first)], sum);
                else
                    addRows(expert, tokens.narrow(0, first, count), pairs.narrow(0, first, count), sum);
            }
        }
        if (m_norms.defined())
            hooked(m_site, HookPoint::ExpertNorms, m_norms.view(routing.ids.sizes()));
        return {};
    }

    /// sum += shared(x), or sigmoid(ws x) * shared(x).
    Result<void> addShared(const ModelConfig &config, const MoeWeights &weights, const at::Tensor &normed, const MoeSite &site,
        at::Tensor &sum)
    {
        const int64_t rows = normed.size(0);
        const int64_t step = rowsPerPoll(weights.shared.gateUp.numel() + weights.shared.down.numel());
        for (int64_t first = 0; first < rows; first += step) {
            if (site.context.cancelled())
                return cancelled(site);
            const int64_t count = std::min(step, rows - first);
            const at::Tensor part = normed.narrow(0, first, count);
            at::Tensor target = sum.narrow(0, first, count);
            if (weights.sharedGate.defined())
                target.addcmul_(ffn(config, weights.shared, part), at::sigmoid(at::mv(part, weights.sharedGate)).unsqueeze(1));
            else
                addFfn(config, weights.shared, part, target);
        }
        return {};
    }

} // namespace

Result<at::Tensor> moeBlock(
    const ModelConfig &config, const MoeWeights &weights, const at::Tensor &normed, const MoeSite &site)
{
    if (auto fits = checkRouterOptions(config.moe, site.options); !fits)
        return fail(fits.error());
    const auto routing = chosenExperts(config, weights, normed, site);
    if (!routing)
        return fail(routing.error());
    at::Tensor sum = at::zeros_like(normed);
    if (auto done = ExpertPass(config, weights, normed, site).add(*routing, sum); !done)
        return fail(done.error());
    if (weights.shared.defined()) {
        if (auto done = addShared(config, weights, normed, site, sum); !done)
            return fail(done.error());
    }
    return sum;
}

} // namespace winnow
