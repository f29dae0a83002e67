// labels: slow
#include <QtTest>

#include "tests/support/golden.h"
#include "tests/support/method_fixture.h"

#include <array>
#include <map>

using namespace winnow;
using namespace winnow::test;

namespace {

/// One press of kvpress 0.5.5 as a method of ours (kv-eviction-baselines.md 11).
struct Press {
    const char *name;
    const char *method;
    Json parameters;
    enum class Rule { AsSelected, TopCount, Pyramid, CountsOnly } rule = Rule::AsSelected;
};

Json windowed(int64_t window, int64_t kernel) { return {{"window", window}, {"kernel", kernel}, {"pool", "avg"}}; }

/// Where kvpress counts otherwise than R5 and 3.6 do (TopCount, Pyramid), its rule is applied to our scores.
const std::vector<Press> &presses()
{
    static const std::vector<Press> all{
        {"knorm", "knorm", {}},
        {"snapkv", "snapkv", windowed(64, 5), Press::Rule::TopCount},
        {"snapkv_w32_k7", "snapkv", windowed(32, 7)},
        {"streaming_llm", "streaming_llm", {{"sinks", 4}, {"posMode", "original"}}},
        {"tova", "tova", {{"protectNewest", true}}},
        {"observed_attention", "h2o", {{"heavyShare", 1.0}, {"normalise", "visible"}}},
        {"expected_attention", "expected_attention", {{"nFuture", 512}, {"nSink", 4}, {"eps", 0.0}}},
        {"expected_attention_nocov", "expected_attention", {{"useCov", false}, {"useVnorm", false}}},
        {"pyramidkv", "snapkv", windowed(64, 5), Press::Rule::Pyramid},
        {"pyramidkv_w16", "snapkv", windowed(16, 5), Press::Rule::Pyramid},
        {"random", "random", {}, Press::Rule::CountsOnly},
    };
    return all;
}

std::string promptKey(int prompt) { return std::string("p").append(std::to_string(prompt)).append("."); }

/// Slots of one layer in kvpress's pyramid, window included; half to even.
int64_t pyramidSlots(int64_t tokens, double kept, int64_t window, int64_t layer, int64_t layers)
{
    const double m = double(tokens) * kept;
    double least = m / 20, most = 2 * m - m / 20;
    if (most >= double(tokens - window)) {
        most = double(tokens - window);
        least = 2 * m - most;
    }
    if (least < double(window))
        return std::lrint(m);
    return std::lrint(most - double(layer) * (most - least) / double(layers - 1));
}

/// The `count` best positions of a row of scores whose protected positions stand above all others.
Positions topPositions(const float *score, int64_t tokens, int64_t count)
{
    Positions order(static_cast<size_t>(tokens));
    for (size_t v = 0; v < order.size(); ++v)
        order[v] = int32_t(v);
    std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) { return score[a] > score[b]; });
    order.resize(static_cast<size_t>(count));
    std::sort(order.begin(), order.end());
    return order;
}

} // namespace

/// Kept sets against golden/kv_smollm2-135m: equal but for positions within 1e-4 relative of the cut (golden/README).
class GoldenSetsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void keptSetsEqualTheReference_data();
    void keptSetsEqualTheReference();
    void scoresEqualTheReference_data();
    void scoresEqualTheReference();
    void nearlyAllPositionsAreEqual();

private:
    const Capture &capture(int prompt);
    std::vector<Positions> ourSets(const Press &press, const Capture &capture, double kept) const;
    Positions storedSet(const std::string &key, int64_t row, int64_t tokens) const;

    std::shared_ptr<const Model> m_model;
    SafetensorsFile m_golden;
    std::map<int, CapturePtr> m_captures;
    int64_t m_positions = 0, m_different = 0, m_tied = 0;
};

void GoldenSetsTest::initTestCase()
{
    if (smolPath().empty())
        QSKIP("the default model is not in the model folder (winnow-cli models get smollm2-135m)");
    m_model = openModel(smolPath());
    auto file = SafetensorsFile::open(dataPath("golden/kv_smollm2-135m.safetensors"));
    QVERIFY2(file.has_value(), file ? "" : file.error().message.c_str());
    m_golden = *file;
}

const Capture &GoldenSetsTest::capture(int prompt)
{
    CapturePtr &held = m_captures[prompt];
    if (!held) {
        const std::string prefix = promptKey(prompt);
        std::vector<int32_t> ids = m_golden.ints(prefix + "ids");
        ids.resize(ids.size() - m_golden.ints(prefix + "cont").size());
        auto made = captureContext(m_model, ids, {.colSum = true, .queryMoments = true, .window = 64}, RunContext{});
        if (!made)
            qFatal("%s", made.error().message.c_str());
        held = *made;
    }
    return *held;
}

std::vector<Positions> GoldenSetsTest::ourSets(const Press &press, const Capture &capture, double kept) const
{
    const int64_t tokens = capture.tokens(), layers = capture.config.layers, sets = capture.config.kvHeads;
    const auto count = std::lrint(double(tokens) * kept); // whole for the recorded lengths
    const Ranked ranked = rankMethod(press.method, capture, press.parameters);
    std::vector<Positions> out;
    const bool own = press.rule == Press::Rule::AsSelected || press.rule == Press::Rule::CountsOnly;
    const KvPlan plan = ranked.plan(own ? count : tokens / 2);
    const std::vector<float> scores = own ? std::vector<float>{} : plan.kept.score;
    for (int64_t l = 0; l < layers; ++l) {
        const int64_t slots = press.rule == Press::Rule::Pyramid
            ? pyramidSlots(tokens, kept, press.parameters.at("window").get<int64_t>(), l, layers)
            : count;
        for (int64_t s = 0; s < sets; ++s) {
            const int64_t set = plan.kept.heads == 1 ? 0 : s; // tova: one set per layer
            if (own)
                out.push_back(keptPositions(plan.kept, l, set));
            else
                out.push_back(topPositions(scores.data() + (l * sets + s) * tokens, tokens, slots));
        }
    }
    return out;
}

Positions GoldenSetsTest::storedSet(const std::string &key, int64_t row, int64_t tokens) const
{
    static std::pair<std::string, std::vector<uint8_t>> last;
    if (last.first != key)
        last = {key, m_golden.bytes(key)};
    const int64_t stride = (tokens + 7) / 8;
    Positions out;
    for (int64_t v = 0; v < tokens; ++v) {
        if (last.second[static_cast<size_t>(row * stride + v / 8)] >> (v % 8) & 1)
            out.push_back(int32_t(v));
    }
    return out;
}

void GoldenSetsTest::keptSetsEqualTheReference_data()
{
    QTest::addColumn<int>("prompt");
    QTest::addColumn<int>("press");
    QTest::addColumn<QString>("ratio");
    for (int prompt = 0; prompt < 3; ++prompt) {
        for (size_t press = 0; press < presses().size(); ++press) {
            for (const char *ratio : {"0.25", "0.5", "0.75"})
                QTest::addRow("p%d %s %s", prompt, presses()[press].name, ratio) << prompt << int(press) << ratio;
        }
    }
}

void GoldenSetsTest::keptSetsEqualTheReference()
{
    QFETCH(int, prompt);
    QFETCH(int, press);
    QFETCH(QString, ratio);
    const Press &setting = presses()[size_t(press)];
    const Capture &context = capture(prompt);
    const int64_t tokens = context.tokens(), rows = context.config.layers * context.config.kvHeads;
    const std::string key = promptKey(prompt) + setting.name + ".r" + ratio.toStdString();
    const std::vector<Positions> ours = ourSets(setting, context, 1 - ratio.toDouble());
    const Ranked ranked = rankMethod(setting.method, context, setting.parameters);
    const std::vector<float> scores = ranked.plan(tokens / 2).kept.score;
    const std::vector<float> cuts = m_golden.floats(key + ".cut"); // [L, Hkv, 2]
    for (int64_t row = 0; row < rows; ++row) {
        const Positions stored = storedSet(key + ".kept", row, tokens);
        const Positions &found = ours[size_t(row)];
        QCOMPARE(found.size(), stored.size());
        if (setting.rule == Press::Rule::CountsOnly)
            continue;
        Positions different;
        std::set_symmetric_difference(
            found.begin(), found.end(), stored.begin(), stored.end(), std::back_inserter(different));
        m_positions += tokens;
        m_different += int64_t(different.size());
        const int64_t set = std::string(setting.method) == "tova" ? row / context.config.kvHeads : row;
        for (const int32_t position : different) {
            QVERIFY2(!scores.empty(), "a formula must agree exactly");
            const float score = scores[size_t(set * tokens + position)];
            const float distance = std::min(std::abs(score - cuts[size_t(2 * row)]), std::abs(score - cuts[size_t(2 * row + 1)]));
            const QString where = QString("row %1, position %2: score %3, cut %4 %5").arg(row).arg(position).arg(score)
                                      .arg(cuts[size_t(2 * row)]).arg(cuts[size_t(2 * row + 1)]);
            QVERIFY2(distance <= 1e-4F * std::abs(cuts[size_t(2 * row)]), qPrintable(where));
            m_tied += cuts[size_t(2 * row)] == cuts[size_t(2 * row + 1)];
        }
    }
}

void GoldenSetsTest::scoresEqualTheReference_data()
{
    QTest::addColumn<int>("prompt");
    QTest::addColumn<int>("press");
    for (int prompt = 0; prompt < 3; ++prompt) {
        for (size_t press = 0; press < presses().size(); ++press) {
            if (m_golden.has(promptKey(prompt) + presses()[press].name + ".scores"))
                QTest::addRow("p%d %s", prompt, presses()[press].name) << prompt << int(press);
        }
    }
}

void GoldenSetsTest::scoresEqualTheReference()
{
    QFETCH(int, prompt);
    QFETCH(int, press);
    const Press &setting = presses()[size_t(press)];
    const std::string key = promptKey(prompt) + setting.name + ".scores"; // [layers, Hkv, N]
    const Capture &context = capture(prompt);
    const int64_t tokens = context.tokens();
    const Ranked ranked = rankMethod(setting.method, context, setting.parameters);
    const KvPlan plan = ranked.plan(tokens / 2);
    const std::vector<float> ours = plan.kept.score, stored = m_golden.floats(key);
    const std::vector<int32_t> layers = m_golden.ints("layers");
    double worst = 0;
    for (size_t i = 0; i < layers.size(); ++i) {
        for (int64_t g = 0; g < context.config.kvHeads; ++g) {
            const int64_t set = plan.kept.heads == 1 ? 0 : g;
            for (int64_t v = 0; v < tokens; ++v) {
                const TokenClass tokenClass = plan.kept.tokenClass(layers[i], set, v);
                if (tokenClass == TokenClass::Sink || tokenClass == TokenClass::Window)
                    continue;
                const float found = ours[size_t((layers[i] * plan.kept.heads + set) * tokens + v)];
                const float expected = stored[size_t((int64_t(i) * context.config.kvHeads + g) * tokens + v)];
                worst = std::max(worst, double(std::abs(found - expected) / std::abs(expected)));
            }
        }
    }
    QVERIFY2(worst <= 1e-4, qPrintable(QString("largest relative difference %1").arg(worst)));
}

void GoldenSetsTest::nearlyAllPositionsAreEqual()
{
    qInfo("%lld positions, %lld different, %lld of them where the recorded cut is a tie", static_cast<long long>(m_positions),
        static_cast<long long>(m_different), static_cast<long long>(m_tied));
    QVERIFY(m_positions > 0);
    QVERIFY(double(m_different) <= 1e-3 * double(m_positions));
}

QTEST_GUILESS_MAIN(GoldenSetsTest)
#include "golden_sets_test.moc"
