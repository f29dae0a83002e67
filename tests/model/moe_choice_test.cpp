#include "core/model/moe.h"

#include <QtTest>

#include "tests/support/golden.h"
#include "tests/support/plain_moe.h"

#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <c10/core/InferenceMode.h>

#include <cmath>

using namespace winnow;
using namespace winnow::moe_test;
using test::maxDifference;

/// Which experts are chosen: hooks, options, refusals, cancel.
class MoeChoiceTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { at::manual_seed(7); }
    void hooksSeeTheChoiceById();
    void hooksReplaceTheChoice();
    void fewerExpertsFollowTheOptions();
    void badOptionsAndIdsAreRefused();
    void cancelStopsBetweenExperts();
};

void MoeChoiceTest::hooksSeeTheChoiceById()
{
    const c10::InferenceMode inference;
    const ModelConfig config = someConfig(3);
    const MoeWeights weights = someExperts();
    const at::Tensor x = noise({9, kHidden});
    Hooks hooks;
    std::vector<std::string> names;
    std::vector<at::Tensor> seen;
    std::vector<HookScope> scopes;
    for (const HookPoint point : {HookPoint::RouterLogits, HookPoint::ExpertIds, HookPoint::ExpertWeights, HookPoint::ExpertNorms})
        scopes.push_back(hooks.add(point, 1, [&](const at::Tensor &value, const HookSite &site) {
            names.push_back(hookName(site.point, site.layer));
            seen.push_back(value.clone());
            return std::nullopt;
        }));
    block(config, weights, x, &hooks);
    QCOMPARE(names, (std::vector<std::string>{"layer.1.router_logits", "layer.1.topk_ids", "layer.1.topk_weights", "layer.1.expert_norms"}));
    const Routing expected = sortedById(route(config.moe, at::mm(x, weights.router.t()), {}));
    QVERIFY(at::equal(seen[0], expected.logits));
    QCOMPARE(seen[1].scalar_type(), at::kInt);
    QVERIFY(at::equal(seen[1], expected.ids));
    QVERIFY(at::equal(seen[2], expected.weights));
    for (int64_t t = 0; t < 9; ++t) {
        for (int64_t j = 0; j < 3; ++j) {
            const auto expert = static_cast<size_t>(expected.ids[t][j].item<int>());
            const double norm = ffn(config, weights.experts[expert], x.narrow(0, t, 1)).norm().item<double>();
            QVERIFY(std::abs(seen[3][t][j].item<double>() - norm) < 1e-5);
        }
    }
    // The same from one row.
    seen.clear();
    block(config, weights, x.narrow(0, 2, 1), &hooks);
    QVERIFY(at::equal(seen[1], expected.ids.narrow(0, 2, 1)));
    const auto first = static_cast<size_t>(expected.ids[2][0].item<int>());
    QVERIFY(std::abs(seen[3][0][0].item<double>() - ffn(config, weights.experts[first], x.narrow(0, 2, 1)).norm().item<double>()) < 1e-5);
}

void MoeChoiceTest::hooksReplaceTheChoice()
{
    const c10::InferenceMode inference;
    const ModelConfig config = someConfig(2);
    const MoeWeights weights = someExperts();
    const at::Tensor x = noise({5, kHidden});
    const auto with = [&](HookPoint point, const at::Tensor &value) {
        Hooks hooks;
        const HookScope scope = hooks.add(point, 1, [&](const at::Tensor &, const HookSite &) { return value; });
        return block(config, weights, x, &hooks);
    };
    const at::Tensor logits = noise({5, kExperts});
    const Routing chosen = route(config.moe, logits, {});
    at::Tensor expected = at::zeros({5, kHidden});
    for (int64_t t = 0; t < 5; ++t) {
        for (int64_t j = 0; j < 2; ++j)
            expected[t] += chosen.weights[t][j]
                * ffn(config, weights.experts[static_cast<size_t>(chosen.ids[t][j].item<int>())], x.narrow(0, t, 1))[0];
    }
    QVERIFY(maxDifference(with(HookPoint::RouterLogits, logits), expected) < 5e-6);
    // Experts 2 and 5 for everyone, weighed by the scores the router gave them.
    const at::Tensor ids = at::tensor({2, 5}, at::kInt).unsqueeze(0).expand({5, 2}).contiguous();
    const at::Tensor scores = at::softmax(at::mm(x, weights.router.t()), 1);
    const at::Tensor two = scores.select(1, 2), five = scores.select(1, 5), sum = two + five;
    const at::Tensor mixed = (two / sum).unsqueeze(1) * ffn(config, weights.experts[2], x)
        + (five / sum).unsqueeze(1) * ffn(config, weights.experts[5], x);
    QVERIFY(maxDifference(with(HookPoint::ExpertIds, ids), mixed) < 5e-6);
    QVERIFY(maxDifference(with(HookPoint::ExpertWeights, at::zeros({5, 2})), at::zeros({5, kHidden})) == 0);
}

void MoeChoiceTest::fewerExpertsFollowTheOptions()
{
    const c10::InferenceMode inference;
    const ModelConfig config = someConfig(3);
    const MoeWeights weights = someExperts();
    const at::Tensor x = noise({8, kHidden});
    // k = 2 under the family's rule is the block of a model whose file says 2.
    QVERIFY(at::equal(block(config, weights, x, nullptr, RouterOptions{CombineMode::Default, 2, {}}), block(someConfig(2), weights, x)));
    // Dropping expert 4 is a model without it.
    at::Tensor keep = at::ones({kExperts}, at::kBool);
    keep[4] = false;
    MoeWeights sliced;
    sliced.router = weights.router.index_select(0, at::tensor({0, 1, 2, 3, 5, 6}, at::kLong));
    for (const size_t e : {0U, 1U, 2U, 3U, 5U, 6U})
        sliced.experts.push_back(weights.experts[e]);
    ModelConfig smaller = config;
    smaller.moe.experts = 6;
    const at::Tensor dropped = block(config, weights, x, nullptr, RouterOptions{CombineMode::Default, 0, keep});
    QVERIFY(maxDifference(dropped, block(smaller, sliced, x)) < 5e-6);
}

void MoeChoiceTest::badOptionsAndIdsAreRefused()
{
    const c10::InferenceMode inference;
    const ModelConfig config = someConfig(3);
    const MoeWeights weights = someExperts();
    const at::Tensor x = noise({2, kHidden});
    const RunContext context;
    QVERIFY(!moeBlock(config, weights, x, MoeSite{context, nullptr, 0, 0, RouterOptions{CombineMode::On, 9, {}}}));
    for (const int32_t id : {-1, 7}) {
        Hooks hooks;
        const HookScope scope = hooks.add(HookPoint::ExpertIds, 0,
            [&](const at::Tensor &ids, const HookSite &) { return at::full_like(ids, id); });
        const auto refused = moeBlock(config, weights, x, MoeSite{context, &hooks, 0, 0, {}});
        QVERIFY(!refused && refused.error().code == ErrorCode::BadInput);
    }
}

void MoeChoiceTest::cancelStopsBetweenExperts()
{
    const c10::InferenceMode inference;
    std::stop_source source;
    source.request_stop();
    const RunContext context{source.get_token(), nullptr};
    const auto result = moeBlock(someConfig(3), someExperts(), noise({4, kHidden}), MoeSite{context, nullptr, 2, 0, {}});
    QVERIFY(!result);
    QCOMPARE(result.error().code, ErrorCode::Cancelled);
}

QTEST_GUILESS_MAIN(MoeChoiceTest)
#include "moe_choice_test.moc"
