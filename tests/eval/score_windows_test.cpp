#include "core/base/json_fields.h"
#include "core/eval/score.h"
#include "core/serve/engine.h"

#include <QTest>

#include <cmath>

using namespace winnow;

namespace {

const std::string kModel = WINNOW_TEST_DATA "/models/llama-f16.gguf";

std::vector<int32_t> someIds(int32_t count)
{
    std::vector<int32_t> ids;
    for (int32_t i = 0; i < count; ++i)
        ids.push_back(10 + (i * i + 3 * i) % 480);
    return ids;
}

} // namespace

/// Windows that a text is scored in (text-data.md 3.12).
class ScoreWindowsTest : public QObject {
    Q_OBJECT

    std::shared_ptr<const Model> m_model;

    Result<ScoreResult> score(const std::vector<int32_t> &ids, const ScoreOptions &options) const
    {
        return scoreTokens(*m_model, ids, options, RunContext{});
    }

private Q_SLOTS:
    void initTestCase()
    {
        auto model = Model::open(kModel, LoadOptions{.device = "cpu", .threads = 1}, RunContext{});
        QVERIFY2(model.has_value(), model ? "" : model.error().message.c_str());
        m_model = *model;
    }

    /// 40 tokens, windows of 16, stride 5: ends at 16, 21, 26, 31, 36 and 40.
    void aStrideScoresEveryTokenButTheFirstOnce()
    {
        const std::vector<int32_t> ids = someIds(40);
        const auto scored = score(ids, {.top = 3, .window = 16, .stride = 5});
        QVERIFY2(scored.has_value(), scored ? "" : scored.error().message.c_str());
        QCOMPARE(scored->nll.size(), size_t(39));
        std::vector<int64_t> firsts, counts;
        size_t at = 0;
        for (const WindowScore &window : scored->windows) {
            firsts.push_back(window.first);
            counts.push_back(window.count);
            const std::vector<int32_t> part(ids.begin() + window.first, ids.begin() + window.first + 16);
            const auto alone = score(part, {});
            for (int64_t i = 15 - window.count; i < 15; ++i)
                QVERIFY(std::abs(alone->nll[size_t(i)] - scored->nll[at++]) < 1e-5F);
        }
        QCOMPARE(firsts, (std::vector<int64_t>{0, 5, 10, 15, 20, 24}));
        QCOMPARE(counts, (std::vector<int64_t>{15, 5, 5, 5, 5, 4}));
        double sum = 0;
        for (const float nll : scored->nll)
            sum += nll;
        QVERIFY(std::abs(scored->sumNll - sum) < 1e-4);
        QVERIFY(std::abs(scored->perplexity - std::exp(sum / 39)) < 1e-4 * scored->perplexity);
        QCOMPARE(scored->topIds, score({ids.end() - 16, ids.end()}, {.top = 3})->topIds);
    }

    void aStrideOfTheWindowIsNoOverlap()
    {
        const std::vector<int32_t> ids = someIds(40);
        const auto scored = score(ids, {.window = 16, .stride = 16});
        QVERIFY(scored && scored->nll == score(ids, {.window = 16})->nll);
        QCOMPARE(scored->windows.size(), size_t(2)); // the tail is dropped
        const auto whole = score(ids, {.window = 64, .stride = 8}); // shorter than a window
        QVERIFY(whole && whole->nll == score(ids, {})->nll);
        QVERIFY(!score(ids, {.window = 16, .stride = 17}));
        QVERIFY(!score(ids, {.stride = 4}));
        QVERIFY(!score(ids, {.window = 64}));
    }

    void aWholeTextIsMeasuredByWordsAndBytes()
    {
        Engine engine{{.threads = 1, .captureBudgetBytes = 0, .modelFolder = WINNOW_TEST_DATA}};
        const std::string text = " = A title = \n \n Two words  here\n"; // 7 words, 3 line ends, 33 bytes
        Json request{{"command", "score"}, {"model", kModel}, {"threads", 1}, {"window", 8}, {"stride", 3}, {"input", {{"text", text}}}};
        const auto reply = engine.handle(request, {}, {});
        QVERIFY2(reply.has_value(), reply ? "" : reply.error().message.c_str());
        const double sum = numberField(reply->body, "sumNll");
        QCOMPARE(integerField(reply->body, "words"), int64_t(10));
        QVERIFY(std::abs(numberField(reply->body, "wordPerplexity") / std::exp(sum / 10) - 1) < 1e-9);
        QVERIFY(std::abs(numberField(reply->body, "bitsPerByte") - sum / std::log(2.0) / 33) < 1e-9);
        request["stride"] = 8; // the tail is missing
        QVERIFY(!engine.handle(request, {}, {})->body.contains("bitsPerByte"));
    }
};

QTEST_GUILESS_MAIN(ScoreWindowsTest)
#include "score_windows_test.moc"
