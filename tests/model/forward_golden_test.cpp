#include "core/model/forward.h"

#include <QtTest>

#include "tests/support/golden.h"

#include <ATen/ops/log_softmax.h>
#include <ATen/ops/logsumexp.h>

#include <numeric>

using namespace winnow;
using namespace winnow::test;

/// SmolLM2 against golden/forward_smollm2-135m.json (transformers, f32, one thread); tolerances of golden/README.md.
class ForwardGoldenTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void logitsNllAndNormsOfEveryText_data();
    void logitsNllAndNormsOfEveryText();

private:
    std::shared_ptr<const Model> m_model;
    Json m_golden;
};

void ForwardGoldenTest::initTestCase()
{
    if (smolPath().empty())
        QSKIP("the default model is not in the model folder (winnow-cli models get smollm2-135m)");
    m_golden = readJson("golden/forward_smollm2-135m.json");
    QVERIFY(m_golden.contains("texts"));
    m_model = openModel(smolPath());
}

void ForwardGoldenTest::logitsNllAndNormsOfEveryText_data()
{
    QTest::addColumn<int>("index");
    const Json golden = readJson("golden/forward_smollm2-135m.json");
    for (size_t i = 0; i < golden["texts"].size(); ++i)
        QTest::newRow(("text " + std::to_string(i)).c_str()) << static_cast<int>(i);
}

void ForwardGoldenTest::logitsNllAndNormsOfEveryText()
{
    QFETCH(int, index);
    const c10::InferenceMode inference;
    const Json &text = m_golden["texts"][static_cast<size_t>(index)];
    const auto ids = text["ids"].get<std::vector<int32_t>>();
    Hooks hooks;
    std::vector<at::Tensor> hidden;
    const HookScope scope = hooks.add(HookPoint::Hidden, kEveryLayer, [&](const at::Tensor &value, const HookSite &) {
        hidden.push_back(value.clone());
        return std::nullopt;
    });
    KvCache cache(m_model->config());
    const auto result = forward(*m_model, ids, cache, ForwardOptions{.logits = LogitsRows::All, .hooks = &hooks}, RunContext{});
    QVERIFY2(result.has_value(), result ? "" : result.error().message.c_str());
    const at::Tensor logits = result->logits;
    const int64_t rows = logits.size(0);

    const auto topIds = text["last_top20_ids"].get<std::vector<int64_t>>();
    const auto topLogits = text["last_top20_logits"].get<std::vector<double>>();
    double worst = 0;
    for (size_t i = 0; i < topIds.size(); ++i)
        worst = std::max(worst, std::abs(logits[rows - 1][topIds[i]].item<double>() - topLogits[i]));
    QVERIFY2(worst < 2e-3, qPrintable(QString("last logits differ by %1").arg(worst)));
    QVERIFY(std::abs(at::logsumexp(logits[rows - 1], 0).item<double>() - text["last_logsumexp"].get<double>()) < 2e-3);

    const auto nll = text["nll"].get<std::vector<double>>();
    const at::Tensor logProbabilities = at::log_softmax(logits, -1);
    double total = 0, expectedTotal = 0, worstNll = 0;
    for (size_t t = 0; t < nll.size(); ++t) {
        const double found = -logProbabilities[static_cast<int64_t>(t)][ids[t + 1]].item<double>();
        worstNll = std::max(worstNll, std::abs(found - nll[t]));
        total += found;
        expectedTotal += nll[t];
    }
    QVERIFY2(worstNll < 1e-3, qPrintable(QString("nll differs by %1").arg(worstNll)));
    QVERIFY(std::abs(total - expectedTotal) / static_cast<double>(nll.size()) < 1e-4);

    hidden.back() = finalNorm(*m_model, hidden.back());
    double worstNorm = 0;
    for (size_t l = 0; l < hidden.size(); ++l) {
        const at::Tensor norms = hidden[l].norm(2, -1);
        const auto compare = [&](double found, const char *key) {
            const double expected = text[key][l].get<double>();
            worstNorm = std::max(worstNorm, std::abs(found / expected - 1));
        };
        compare(norms.mean().item<double>(), "hidden_norm_mean");
        compare(norms[rows - 1].item<double>(), "hidden_norm_last");
        compare(norms[0].item<double>(), "hidden_norm_first");
    }
    QVERIFY2(worstNorm < 1e-4, qPrintable(QString("norms differ by %1").arg(worstNorm)));
    qInfo("text %d: logits %.2g nll %.2g norms %.2g", index, worst, worstNll, worstNorm);
}

QTEST_GUILESS_MAIN(ForwardGoldenTest)
#include "forward_golden_test.moc"
