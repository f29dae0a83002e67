#include "core/eval/bytes.h"
#include "core/eval/guided_row.h"
#include "core/eval/host_account.h"
#include "core/eval/metrics_vector.h"
#include "core/eval/pair_bytes.h"
#include "core/methods/guided_ranking.h"

#include <QtTest>

#include "tests/support/method_fixture.h"

#include <cmath>
#include <numeric>
#include <vector>

using namespace winnow;
using namespace winnow::test;

namespace {

struct Split {
    int64_t tokens;
    double tau;
    int64_t count, critical, recent, marginal;
};

/// Layers, KV heads and D of one model, fp16.
struct Shape {
    const char *name;
    int64_t layers, kvHeads, headDim;
    double bytesPerToken() const { return static_cast<double>(layers * kvHeads * headDim * 2 * 2); }
};
constexpr Shape kQwenHalf{"0.5B", 24, 2, 64}, kQwen15{"1.5B", 28, 2, 128}, kQwen7{"7B", 28, 4, 128}, kQwen14{"14B", 48, 8, 128},
    kQwen72{"72B", 80, 8, 128}, kLlama1{"1B", 16, 8, 64}, kLlama8{"8B", 32, 8, 128}, kSmol135{"135M", 30, 3, 64},
    kSmol360{"360M", 32, 5, 64}, kSmol17{"1.7B", 24, 32, 64};

Capture pairedCapture(int64_t tokens)
{
    Capture capture = noiseCapture(3, 4, 2, 4, tokens);
    const std::vector<PairSpan> spans{{200, false, {}, 0}};
    capture.pair = noisePair(capture, spans);
    capture.needs.pair = {true, 256, spans};
    return capture;
}

} // namespace

/// Worked values of smallkv.md 8 and kv-evaluation.md 8.
class SmallKvTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void splitsTheBudgetAsWorkedOut()
    {
        const std::vector<Split> worked{{1000, .03, 30, 29, 1, 0}, {1000, .05, 50, 40, 5, 10}, {1000, .08, 80, 40, 20, 40},
            {1000, .10, 100, 50, 25, 50}, {1000, .20, 200, 100, 50, 100}, {1000, .50, 500, 250, 125, 250},
            {1000, .80, 800, 400, 200, 400}, {1000, .90, 900, 575, 225, 200}, {1000, 1.0, 1000, 750, 250, 0},
            {512, .05, 26, 20, 3, 6}, {512, .20, 102, 51, 26, 50}, {137, .10, 14, 7, 4, 6}};
        for (const Split &split : worked) {
            QCOMPARE(guidedCount(split.tau, split.tokens), split.count);
            const ClassCounts counts = splitBudget(split.count, split.tokens, 0.04);
            QCOMPARE(counts.critical, split.critical);
            QCOMPARE(counts.recent, split.recent);
            QCOMPARE(counts.marginal, split.marginal);
        }
    }

    void everySplitCostsWhatIsAsked()
    {
        for (const int64_t tokens : {100, 137, 512, 1000}) {
            for (int step = 1; step <= 1000; ++step) {
                for (const double floor : {0.0, 0.04, 0.5}) {
                    const int64_t count = guidedCount(step / 1000.0, tokens);
                    const ClassCounts counts = splitBudget(count, tokens, floor);
                    QCOMPARE(2 * counts.keys() + counts.marginal, 2 * count);
                    QVERIFY(counts.values() <= tokens);
                    QVERIFY(counts.critical >= 1 && counts.recent >= 1 && counts.marginal >= 0);
                    const GuidedBudget plain{count, tokens, floor, BudgetBase::Prompt, false};
                    QCOMPARE(plain.at(tokens).keys(), count);
                    QCOMPARE(plain.at(tokens).recent, counts.recent);
                }
            }
        }
    }

    void aGrowingBaseKeepsItsShare()
    {
        const GuidedBudget budget{100, 500, 0.04, BudgetBase::Current, true};
        QCOMPARE(budget.at(500), splitBudget(100, 500, 0.04));
        QCOMPARE(budget.at(700), splitBudget(140, 700, 0.04));
        const GuidedBudget fixed{100, 500, 0.04, BudgetBase::Prompt, true};
        QCOMPARE(fixed.at(700), splitBudget(100, 500, 0.04));
    }

    void oneStepInAllModes()
    {
        std::vector<float> logits{2, 0, 1, 0, 1, 1};
        const std::vector<float> row{.4F, .05F, .25F, .05F, .10F, .15F}, values{1, 2, 3, 4, 5, 6};
        const GuidedSet set{{0, 4, 5}, 1, {2}};
        std::vector<float> kept{logits[0], logits[4], logits[5]}, full = logits;
        softmaxInPlace(kept.data(), kept.size());
        softmaxInPlace(full.data(), full.size());
        for (const auto &[v, weight] : {std::pair<size_t, float>{0, .421175F}, {1, .057000F}, {2, .154942F}})
            QVERIFY(std::abs(full[v] - weight) < 1e-6F);
        QVERIFY(std::abs(kept[0] - .576117F) < 1e-6F && std::abs(kept[1] - .211942F) < 1e-6F);
        const double oc = kept[0] * values[0] + kept[1] * values[4] + kept[2] * values[5];
        QVERIFY(std::abs(oc - 2.907474) < 1e-6);

        std::vector<float> marginal(1);
        const RowMass small = standInWeights(row.data(), set, 0, marginal.data());
        QVERIFY(std::abs(small.marginal - .25) < 1e-7 && std::abs(small.smallKept - .65) < 1e-7); // u = .10
        const double om = marginal[0] * values[2];
        QVERIFY(std::abs(om - .75) < 1e-6);
        const auto output = [&](Rescale mode, const RowMass &mass, double stand) {
            const RowFactors factors = rowFactors(mode, mass);
            return factors.kept * oc + factors.marginal * stand;
        };
        QVERIFY(std::abs(output(Rescale::Literal, small, om) - 3.657474) < 1e-6);
        QVERIFY(std::abs(output(Rescale::Mass, small, om) - 2.930606) < 1e-6);
        QVERIFY(std::abs(output(Rescale::MassDrop, small, om) - 2.639858) < 1e-6);
        QVERIFY(std::abs(output(Rescale::Ratio, small, om) - 2.933176) < 1e-6);
        QVERIFY(std::abs(output(Rescale::None, small, om) - 2.907474) < 1e-6);
        QVERIFY(std::abs(output(Rescale::Ratio, small, om) - output(Rescale::MassDrop, small, om) / (1 - .10)) < 1e-6);
        const RowMass own = ownWeights(full.data(), set, marginal.data());
        QVERIFY(std::abs(output(Rescale::Oracle, own, marginal[0] * values[2]) - 2.590359) < 1e-6);
        QVERIFY(std::abs(3.657474 / 2.932358 - 1 - .247) < 5e-4); // literal is 24.7 % off
    }

    void aPerfectSmallModelIsExactWithMassAndNotWithLiteral()
    {
        std::vector<float> full{2, 0, 1, 0, 1, 1};
        const std::vector<float> values{1, 2, 3, 4, 5, 6};
        std::vector<float> kept{full[0], full[4], full[5]}, marginal(3);
        softmaxInPlace(full.data(), full.size());
        softmaxInPlace(kept.data(), kept.size());
        const GuidedSet set{{0, 4, 5}, 1, {1, 2, 3}};
        const RowMass mass = standInWeights(full.data(), set, 0, marginal.data());
        QVERIFY(std::abs(mass.marginal - .268941) < 1e-6);
        const double oc = kept[0] * values[0] + kept[1] * values[4] + kept[2] * values[5];
        const double om = marginal[0] * values[1] + marginal[1] * values[2] + marginal[2] * values[3];
        for (const Rescale mode : {Rescale::Mass, Rescale::MassDrop, Rescale::Ratio}) {
            const RowFactors factors = rowFactors(mode, mass);
            QVERIFY(std::abs(factors.kept * oc + factors.marginal * om - 2.932358) < 1e-6);
        }
        QVERIFY(std::abs(oc + om - 3.714298) < 1e-6);
    }

    void ratioWithoutAnyMassKeepsTheRow()
    {
        const RowFactors factors = rowFactors(Rescale::Ratio, {0, 0, 1});
        QCOMPARE(factors.kept, 1.0);
        QCOMPARE(factors.marginal, 0.0);
    }

    void cacheBytesPerTokenAreThePublishedShapes()
    {
        QCOMPARE(kQwenHalf.bytesPerToken(), 12288.0);
        QCOMPARE(kQwen15.bytesPerToken(), 28672.0);
        QCOMPARE(kQwen7.bytesPerToken(), 57344.0);
        QCOMPARE(kQwen14.bytesPerToken(), 196608.0);
        QCOMPARE(kQwen72.bytesPerToken(), 327680.0);
        QCOMPARE(kLlama1.bytesPerToken(), 32768.0);
        QCOMPARE(kLlama8.bytesPerToken(), 131072.0);
        QCOMPARE(kSmol135.bytesPerToken(), 23040.0);
        QCOMPARE(kSmol360.bytesPerToken(), 40960.0);
        QCOMPARE(kSmol17.bytesPerToken(), 196608.0);
        const auto share = [](const Shape &small, const Shape &large) { return 100 * small.bytesPerToken() / large.bytesPerToken(); };
        for (const auto &[found, expected] : {std::pair{share(kQwenHalf, kQwen7), 21.43}, {share(kQwenHalf, kQwen14), 6.25},
                 {share(kQwen7, kQwen72), 17.5}, {share(kLlama1, kLlama8), 25.0}, {share(kQwenHalf, kQwen15), 42.86},
                 {share(kSmol135, kSmol17), 11.72}, {share(kSmol135, kSmol360), 56.25}})
            QVERIFY(std::abs(found - expected) < 5e-3);
    }

    void breakEvenIsWhereTheCacheSavesTheWeights()
    {
        const double qwen = breakEvenTokens(2.0 * 494032768, .2, kQwen7.bytesPerToken(), kQwenHalf.bytesPerToken());
        QCOMPARE(std::round(qwen), 29418.0);
        const double smol = breakEvenTokens(2.0 * 134515008, .2, kSmol17.bytesPerToken(), kSmol135.bytesPerToken());
        QCOMPARE(std::round(smol), 2004.0);
        QVERIFY(std::isinf(breakEvenTokens(1, .6, kQwen15.bytesPerToken(), kQwenHalf.bytesPerToken()))); // .4 < .4286
    }

    void residentBytesCountMarginalTokensHalf()
    {
        // kv-evaluation.md 8: LLM 1.7B, SLM 135M, tau .2, N = 1000, fp16.
        Capture capture = shapedCapture(24, 32, 32, 64, 1000);
        KvPlan plan = emptyPlan(capture, GroupRule::KvHeadMean, 200);
        ScoreTable table;
        table.layers = 24, table.sets = 32, table.tokens = 1000;
        table.score.assign(24 * 32 * 1000, 0.0F);
        for (int64_t i = 0; i < 24 * 32; ++i) {
            for (int32_t v = 0; v < 1000; ++v)
                table.order.push_back(v);
        }
        fillClasses(plan, table, splitBudget(200, 1000, 0.04));
        auto guided = std::make_shared<GuidedPlan>();
        guided->budget = {200, 1000, 0.04, BudgetBase::Prompt, true};
        guided->serving.assign(24 * 32, 30 * 9 - 1);
        plan.standIn = guided;
        auto small = std::make_shared<Capture>(shapedCapture(30, 9, 3, 64, 1000));
        auto pair = std::make_shared<PairCapture>();
        pair->small = small;
        capture.pair = pair;
        const CacheBytes bytes = cellBytes(plan, capture, 2);
        QCOMPARE(bytes.full, 196608000.0);
        QCOMPARE(bytes.stored, 39321600.0);
        QCOMPARE(bytes.nominal, 39321600.0);
        QCOMPARE(bytes.slmCache, 23040000.0);
        QVERIFY(std::abs((bytes.stored + bytes.slmCache) / bytes.full - .3172) < 5e-5);
        QCOMPARE(bytes.metadata, 4.0 * 250 * 24 * 32); // a position for every stored token
        QVERIFY(std::abs(bytes.effectiveRatio() - (39321600.0 + 768000 + 23040000) / 196608000) < 1e-12);
        QCOMPARE(planBytesAfter(plan, CacheShape::of(capture.config, 2), 64).stored, bytes.stored);
        // Stopping early leaves the cache of the layers that run.
        guided->serving.assign(24 * 32, 9 * 10);
        QCOMPARE(cellBytes(plan, capture, 2).slmCache, 23040000.0 * 11 / 30);
        guided->earlyExit = false;
        QCOMPARE(cellBytes(plan, capture, 2).slmCache, 23040000.0);
    }

    void entriesAreCopiedToTheHostOnce()
    {
        HostAccount account(6);
        const auto update = [&](std::vector<int32_t> resident) { return account.update(resident); };
        HostAccount::Moved moved = update({0, 4, 5});
        QCOMPARE(moved.out, 3);
        QCOMPARE(moved.in, 0);
        moved = update({1, 5, 6}); // 6 is new, 1 comes back, 0 and 4 leave
        QCOMPARE(moved.out, 2);
        QCOMPARE(moved.in, 1);
        moved = update({0, 6, 7}); // 1 has its copy, 5 leaves for the first time
        QCOMPARE(moved.out, 1);
        QCOMPARE(moved.in, 1);
        QCOMPARE(account.held(), 6);
    }

    void classesFollowTheRankOfTheServingHeads()
    {
        const Capture capture = pairedCapture(120);
        const Ranked ranked = rankMethod("smallkv", capture);
        const KvPlan plan = ranked.plan(24);
        const auto *guided = guidedPlanOf(plan);
        QVERIFY(guided);
        const ClassCounts counts = splitBudget(24, 120, 0.04);
        const Capture &small = *capture.pair->small;
        for (int64_t l = 0; l < 3; ++l) {
            for (int64_t g = 0; g < 2; ++g) {
                std::vector<float> score(120);
                for (int64_t h = 2 * g; h < 2 * g + 2; ++h) {
                    const int64_t j = guided->serving[size_t(l * 4 + h)];
                    for (int64_t v = 0; v < 120; ++v)
                        score[size_t(v)] += small.layers[size_t(j / 3)].colSum[j % 3][v].item<float>() / 2;
                }
                std::vector<int32_t> order(size_t(120 - counts.recent));
                std::iota(order.begin(), order.end(), 0);
                std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) { return score[size_t(a)] > score[size_t(b)]; });
                for (size_t i = 0; i < order.size(); ++i) {
                    const auto rank = static_cast<int64_t>(i);
                    const TokenClass expected = rank < counts.critical ? TokenClass::Kept
                        : rank < counts.critical + counts.marginal     ? TokenClass::Marginal
                                                                       : TokenClass::Evicted;
                    QCOMPARE(plan.kept.tokenClass(l, g, order[i]), expected);
                }
                for (int64_t v = 120 - counts.recent; v < 120; ++v)
                    QCOMPARE(plan.kept.tokenClass(l, g, v), TokenClass::Window);
            }
        }
    }

    void anotherSmallModelIsNotGuessed()
    {
        const Capture alone = noiseCapture(3, 4, 2, 4, 120);
        const auto ranking = findMethod("smallkv")->create()->rank(alone, parametersOf("smallkv"), RunContext{});
        QVERIFY(!ranking);
        QVERIFY(ranking.error().message.find("SmallKV") != std::string::npos);
    }

    void sumsThatAreNoNumbersAreRefused()
    {
        Capture capture = pairedCapture(120);
        PairCapture pair = *capture.pair;
        pair.spans[0].largeSums = pair.spans[0].largeSums.clone();
        pair.spans[0].largeSums[6][17] = NAN; // 4 heads a layer
        capture.pair = std::make_shared<const PairCapture>(std::move(pair));
        const Ranked ranked = rankMethod("smallkv", capture);
        QVERIFY(!ranked.ranking);
        for (const char *word : {"large model", "layer 1", "head 2", "position 17"})
            QVERIFY2(ranked.error.find(word) != std::string::npos, ranked.error.c_str());
    }
};

QTEST_GUILESS_MAIN(SmallKvTest)
#include "smallkv_test.moc"
