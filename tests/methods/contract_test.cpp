#include "tests/support/decode_loop.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/full_like.h>

#include <map>
#include <numeric>

using namespace winnow;
using namespace winnow::test;

namespace {

constexpr int64_t kTokens = 70;

const Capture &sharedCapture()
{
    static const Capture capture = noiseCapture(3, 4, 2, 4, kTokens);
    return capture;
}

/// Default, minimum, maximum and every choice of each parameter, one at a time: name -> parameters.
std::map<std::string, Json> extremes(const MethodSpec &spec)
{
    std::map<std::string, Json> cases{{"defaults", Json::object()}};
    const auto put = [&](std::string_view name, const Json &value) {
        cases[std::string(name) + "=" + value.dump()] = Json{{std::string(name), value}};
    };
    for (const ParameterSpec &parameter : spec.parameters) {
        if (parameter.type == ParameterType::Choice) {
            for (const std::string_view choice : parameter.choices)
                put(parameter.name, std::string(choice));
        } else if (parameter.type == ParameterType::Bool) {
            put(parameter.name, true);
            put(parameter.name, false);
        } else if (parameter.type == ParameterType::Text) {
            put(parameter.name, "");
        } else {
            for (const double value : {parameter.minimum, parameter.maximum}) {
                const bool whole = parameter.type == ParameterType::Int;
                put(parameter.name, whole ? Json(int64_t(value)) : Json(value));
            }
        }
    }
    return cases;
}

/// Small windows too, so that budgets above 2w exist at this length; and every decode rule with a short interval.
void addRows()
{
    QTest::addColumn<QString>("method");
    QTest::addColumn<QString>("parameters");
    for (const MethodSpec *spec : methodsOf("kv")) {
        for (auto [name, given] : extremes(*spec)) {
            for (const ParameterSpec &parameter : spec->parameters) {
                if (parameter.name == "window" && !given.contains("window"))
                    given["window"] = 8;
                if (parameter.name == "interval" && !given.contains("interval"))
                    given["interval"] = 5;
                if (parameter.name == "layers" && given.value("layerRule", "") == "manual")
                    given["layers"] = "1";
                if (parameter.name == "profile" && given.value("layerRule", "") == "profile")
                    given["profile"] = "1,2,3,4,5,6,7,8,9,10";
                if (parameter.name == "matchMin" && !given.contains("matchMin"))
                    given["matchMin"] = 16; // the text is shorter than most prompts
            }
            const std::string tag = std::string(spec->id) + " " + name;
            QTest::newRow(tag.c_str()) << QString::fromStdString(std::string(spec->id))
                                       << QString::fromStdString(given.dump());
        }
    }
}

std::string method()
{
    QFETCH_GLOBAL(QString, method);
    return method.toStdString();
}

Json given()
{
    QFETCH_GLOBAL(QString, parameters);
    return Json::parse(parameters.toStdString());
}

/// A method that replaces layers may drop tokens and take a list of layers beside its budget: these act at any budget, and
/// mapped layers protect no token (iam.md 3 step 5).
bool actsBesideItsBudget()
{
    const Json asked = given();
    return findMethod(method())->budget.meaning == BudgetMeaning::ReplacedLayers
        && (asked.value("evict", "none") != "none" || asked.value("layerRule", "") == "manual");
}

/// Budgets of one token to all; fewer where the method refuses none of them.
std::vector<int64_t> budgets() { return {1, 2, 3, 7, 16, 35, kTokens - 1, kTokens}; }

bool protectedClass(TokenClass tokenClass)
{
    return tokenClass == TokenClass::Sink || tokenClass == TokenClass::Window;
}

at::Tensor copyOf(const at::Tensor &tensor) { return tensor.defined() ? tensor.clone() : at::Tensor(); }

std::vector<at::Tensor> tensorsOf(const Capture &capture)
{
    std::vector<at::Tensor> out;
    for (const LayerCapture &layer : capture.layers) {
        for (const at::Tensor &tensor : {layer.keys, layer.values, layer.colSum, layer.winRows, layer.headQueries,
                 layer.querySum, layer.queryOuter})
            out.push_back(tensor);
    }
    return out;
}

} // namespace

/// kv-eviction-baselines.md 8, invariants: every method of the table, every parameter at its extremes. Tests of the whole
/// forward pass under a plan (mask = drop, full = tau 1) stand with the evaluation.
class ContractTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase_data() { addRows(); }

    void wholeBudgetIsTheIdentity()
    {
        if (actsBesideItsBudget())
            QSKIP("acts beside its budget");
        const Ranked ranked = rankMethod(method(), sharedCapture(), given());
        QVERIFY2(ranked.ranking || kTokens <= 64, ranked.error.c_str());
        const KvPlan plan = ranked.plan(kTokens);
        QVERIFY(plan.inactive);
        const KvPlan full = rankMethod("full", sharedCapture()).plan(kTokens);
        for (int64_t l = 0; l < plan.kept.layers; ++l) {
            QVERIFY(ranked.policy(plan, l) == nullptr);
            for (int64_t s = 0; s < plan.kept.heads; ++s)
                QCOMPARE(keptPositions(plan.kept, l, s), keptPositions(full.kept, l, 0));
        }
    }

    void achievedSlotsAreTheAskedOnes()
    {
        const Ranked ranked = rankMethod(method(), sharedCapture(), given());
        for (const int64_t count : budgets()) {
            const KvPlan plan = ranked.plan(count);
            QCOMPARE(plan.layerCounts.size(), size_t(plan.kept.layers));
            int64_t marginal = 0;
            for (int64_t l = 0; l < plan.kept.layers; ++l) {
                const int64_t asked = plan.layerCounts[size_t(l)];
                if (plan.expectUniform)
                    QCOMPARE(asked, plan.budget);
                for (int64_t s = 0; s < plan.kept.heads; ++s) {
                    QCOMPARE(plan.kept.countKept(l, s), asked);
                    for (int64_t v = 0; v < kTokens; ++v)
                        marginal += plan.kept.tokenClass(l, s, v) == TokenClass::Marginal;
                }
            }
            // A marginal token is a value without its key: half a slot.
            const int64_t total = std::accumulate(plan.layerCounts.begin(), plan.layerCounts.end(), int64_t(0)) * plan.kept.heads
                + marginal / 2;
            if (plan.expectTotal)
                QCOMPARE(total, plan.budget * plan.kept.layers * plan.kept.heads);
            else
                QVERIFY(!plan.notices.empty());
            if (findMethod(method())->budget.unit == "tokens")
                QCOMPARE(plan.budget, count);
        }
    }

    void protectedTokensAreKeptAtTheEnds()
    {
        if (actsBesideItsBudget())
            QSKIP("acts beside its budget");
        const Ranked ranked = rankMethod(method(), sharedCapture(), given());
        for (const int64_t count : budgets()) {
            const KvPlan plan = ranked.plan(count);
            for (int64_t l = 0; l < plan.kept.layers; ++l) {
                for (int64_t s = 0; s < plan.kept.heads; ++s) {
                    int64_t sinks = 0, window = 0;
                    for (int64_t v = 0; v < kTokens; ++v) {
                        const TokenClass tokenClass = plan.kept.tokenClass(l, s, v);
                        QCOMPARE(plan.kept.kept(l, s, v), tokenClass != TokenClass::Evicted && tokenClass != TokenClass::Marginal);
                        sinks += tokenClass == TokenClass::Sink;
                        window += tokenClass == TokenClass::Window;
                    }
                    for (int64_t v = 0; v < sinks; ++v)
                        QCOMPARE(plan.kept.tokenClass(l, s, v), TokenClass::Sink);
                    for (int64_t v = kTokens - window; v < kTokens; ++v)
                        QCOMPARE(plan.kept.tokenClass(l, s, v), TokenClass::Window);
                    QVERIFY(window >= plan.window);
                }
            }
        }
    }

    void prefixOfTheRankingIsTheDirectTopK()
    {
        const Ranked ranked = rankMethod(method(), sharedCapture(), given());
        for (uint64_t i = 0; i < 50; ++i) {
            const auto count = int64_t(noiseBits(9, {.key = i}) % uint64_t(kTokens)) + 1;
            const KvPlan plan = ranked.plan(count);
            const std::vector<float> scores = plan.kept.score;
            if (scores.empty())
                QSKIP("a formula, no scores");
            QCOMPARE(scores.size(), plan.kept.classes.size());
            for (int64_t l = 0; l < plan.kept.layers; ++l) {
                for (int64_t s = 0; s < plan.kept.heads; ++s)
                    checkTopK(plan, l, s, scores.data() + (l * plan.kept.heads + s) * kTokens);
            }
        }
    }

    void protectedScoresAreRaisedAboveTheLayer()
    {
        const Ranked ranked = rankMethod(method(), sharedCapture(), given());
        const KvPlan plan = ranked.plan(20);
        const std::vector<float> scores = plan.kept.score;
        if (scores.empty())
            QSKIP("a formula, no scores");
        const auto perLayer = size_t(plan.kept.heads * kTokens);
        for (size_t begin = 0; begin < scores.size(); begin += perLayer) {
            float top = -INFINITY;
            for (size_t i = begin; i < begin + perLayer; ++i) {
                if (plan.kept.classes[i] == uint8_t(TokenClass::Kept))
                    top = std::max(top, scores[i]);
            }
            if (top == -INFINITY) // the protected ones fill the budget
                continue;
            for (size_t i = begin; i < begin + perLayer; ++i) {
                if (protectedClass(TokenClass(plan.kept.classes[i])))
                    QCOMPARE(scores[i], top + 1);
            }
        }
    }

    void sameSeedSameResultAndInputsUnchanged()
    {
        const Capture &capture = sharedCapture();
        std::vector<at::Tensor> before;
        for (const at::Tensor &tensor : tensorsOf(capture))
            before.push_back(copyOf(tensor));
        const KvPlan first = rankMethod(method(), capture, given()).plan(21);
        const KvPlan second = rankMethod(method(), capture, given()).plan(21);
        QCOMPARE(first.kept.mask, second.kept.mask);
        QCOMPARE(first.kept.classes, second.kept.classes);
        const std::vector<at::Tensor> after = tensorsOf(capture);
        for (size_t i = 0; i < before.size(); ++i)
            QVERIFY(at::equal(before[i], after[i]));
    }

    void decodingKeepsItsPromise()
    {
        const Ranked ranked = rankMethod(method(), sharedCapture(), given());
        for (const int64_t count : {int64_t(1), int64_t(2), int64_t(9), int64_t(30), kTokens - 1}) {
            const KvPlan plan = ranked.plan(count);
            for (int64_t l = 0; l < plan.kept.layers; ++l)
                checkDecoding(ranked, plan, l);
        }
    }

    void aBudgetBeyondTheContextActsOnceItIsExceeded()
    {
        if (actsBesideItsBudget())
            QSKIP("acts beside its budget");
        const Ranked ranked = rankMethod(method(), sharedCapture(), given());
        const KvPlan plan = ranked.plan(kTokens + 3);
        QVERIFY(plan.inactive);
        QCOMPARE(plan.kept.countKept(0, 0), kTokens);
        DecodeLoop loop(ranked, plan, 2);
        for (int i = 0; i < 12; ++i)
            loop.step();
        const auto held = int64_t(loop.slots()[0].size());
        QCOMPARE(held > kTokens + 3, loop.grows() || plan.decodeRule == DecodeRule::Interval);
        QVERIFY2(loop.faults().empty(), loop.faults().empty() ? "" : loop.faults().front().c_str());
    }

    void emptyBudgetsAreRefused()
    {
        if (method() == "full")
            QSKIP("full has no budget");
        const auto plan = rankMethod(method(), sharedCapture(), given()).select(0);
        QVERIFY(!plan.has_value());
        QCOMPARE(plan.error().code, ErrorCode::BadInput);
    }

    void scoresThatAreNoNumbersAreRefused()
    {
        Capture capture = sharedCapture();
        LayerCapture &layer = capture.layers[1];
        for (at::Tensor *tensor : {&layer.keys, &layer.values, &layer.colSum, &layer.winRows, &layer.querySum})
            *tensor = at::full_like(*tensor, NAN);
        const Ranked ranked = rankMethod(method(), capture, given());
        if (ranked.ranking)
            QSKIP("reads no statistics");
        for (const char *word : {"layer 1", "head 0", "position"})
            QVERIFY2(ranked.error.find(word) != std::string::npos, ranked.error.c_str());
    }

private:
    void checkTopK(const KvPlan &plan, int64_t layer, int64_t set, const float *score) const
    {
        Positions candidates, expected, found;
        for (int64_t v = 0; v < kTokens; ++v) {
            const TokenClass tokenClass = plan.kept.tokenClass(layer, set, v);
            if (!protectedClass(tokenClass))
                candidates.push_back(int32_t(v));
            if (tokenClass == TokenClass::Kept)
                found.push_back(int32_t(v));
        }
        std::stable_sort(candidates.begin(), candidates.end(), [&](int32_t a, int32_t b) { return score[a] > score[b]; });
        expected.assign(candidates.begin(), candidates.begin() + std::ptrdiff_t(found.size()));
        std::sort(expected.begin(), expected.end());
        QCOMPARE(found, expected);
    }

    void checkDecoding(const Ranked &ranked, const KvPlan &plan, int64_t layer) const
    {
        DecodeLoop loop(ranked, plan, layer);
        if (loop.grows() && plan.standIn && plan.decodeRule == DecodeRule::Hold)
            return; // rows of a small model choose the sets: tests/eval/guided_test.cpp
        const int64_t asked = plan.layerCounts[size_t(layer)];
        QVERIFY(!loop.grows() || plan.decodeRule != DecodeRule::Hold);
        const std::vector<Positions> start = loop.slots();
        for (int64_t t = 0; t < 11; ++t) {
            loop.step();
            for (size_t s = 0; s < start.size(); ++s) {
                const auto held = int64_t(loop.slots()[s].size());
                if (loop.grows())
                    QCOMPARE(held, asked + t + 1);
                else if (plan.decodeRule == DecodeRule::Hold)
                    QCOMPARE(held, asked);
                else
                    QCOMPARE(held, asked + (t + 1) % plan.interval);
            }
        }
        QVERIFY2(loop.faults().empty(), loop.faults().empty() ? "" : loop.faults().front().c_str());
    }
};

QTEST_GUILESS_MAIN(ContractTest)
#include "contract_test.moc"
