#pragma once

#include "tests/views/word_sample.h"
#include "views/pair_data.h"
#include "views/run_view.h"

#include <QByteArray>
#include <QFile>

#include <cmath>
#include <cstring>
#include <limits>

namespace winnow::sample {

/// A made-up comparison of a large model of 5 layers with 3 heads and a small one of 4 layers with 2 heads over 24 tokens. Layers
/// look alike where their depths agree, head h most like head h % 2 of the small model.
inline ReportPtr pairReport(const std::vector<std::string> &metrics = {"cosine", "cosine_nosink", "jaccard"}, int skipSinks = 0)
{
    constexpr int kLayers = 5, kHeads = 3, kSmallLayers = 4, kSmallHeads = 2, kTokens = 24;
    ReportBuilder builder;
    builder.setRequest(Json{{"command", "compare"}, {"model", "large-1.5B"}, {"smallModel", "small-0.5B"}, {"input", {{"name", "words.txt"}}}});
    builder.setModel(Json{{"name", "Large-1.5B"}, {"layers", kLayers}, {"heads", kHeads}, {"kvHeads", 1}, {"headDim", 8}, {"hidden", 24}, {"ffn", 48}, {"cacheBytesPerToken", 2 * kLayers * 8 * 4}});
    builder.setExtra("smallModel", Json{{"name", "Small-0.5B"}, {"layers", kSmallLayers}, {"heads", kSmallHeads}, {"kvHeads", 1}, {"headDim", 4}, {"hidden", 8}, {"ffn", 16}, {"cacheBytesPerToken", 2 * kSmallLayers * 4 * 4}});
    std::vector<int32_t> ids;
    std::vector<std::string> pieces;
    for (int t = 0; t < kTokens; ++t) {
        ids.push_back(t);
        pieces.push_back(" word" + std::to_string(t));
    }
    builder.setInput(ids, pieces, {});
    const int rows = kLayers * kHeads, columns = kSmallLayers * kSmallHeads;
    for (size_t m = 0; m < metrics.size(); ++m) {
        MatrixArtifact table;
        table.id = "similarity." + metrics[m];
        table.metric = metrics[m];
        table.rows = rows;
        table.columns = columns;
        std::vector<int32_t> match;
        std::vector<float> score, margin, control;
        for (int row = 0; row < rows; ++row) {
            int best = 0;
            float second = -1;
            for (int column = 0; column < columns; ++column) {
                const double gap = std::abs((row / kHeads + 0.5) / kLayers - (column / kSmallHeads + 0.5) / kSmallLayers);
                const double same = row % kHeads % kSmallHeads == column % kSmallHeads ? 0 : 0.1;
                table.values.push_back(static_cast<float>((0.95 - 0.5 * gap - same - 0.003 * row) * (m == 2 ? 0.5 : 1 - 0.1 * static_cast<double>(m))));
                const float value = table.values.back(), top = table.values[static_cast<size_t>(row * columns + best)];
                if (column == 0)
                    continue;
                second = std::max(second, std::min(value, top));
                best = value > top ? column : best;
            }
            match.push_back(best);
            score.push_back(table.values[static_cast<size_t>(row * columns + best)]);
            margin.push_back(score.back() - second);
            control.push_back(0.3f + 0.01f * static_cast<float>(row % 7));
        }
        table.extra = {{"skipSinks", skippedSinks(QString::fromStdString(metrics[m]), skipSinks)}, {"match", builder.addArray(Array::fromInts(match, {rows}))},
            {"score", builder.addArray(Array::fromFloats(score, {rows}))}, {"margin", builder.addArray(Array::fromFloats(margin, {rows}))},
            {"controlScore", builder.addArray(Array::fromFloats(control, {rows}))}};
        if (metrics[m] == "jaccard")
            table.extra["chance"] = 0.11;
        builder.add(table);
    }
    for (const bool large : {true, false}) {
        TokenScores sums;
        sums.id = large ? "columnSums.large" : "columnSums.small";
        sums.tokens = kTokens;
        for (int head = 0; head < (large ? rows : columns); ++head) {
            sums.names.push_back("head " + std::to_string(head));
            for (int t = 0; t < kTokens; ++t)
                sums.values.push_back(t == 0 ? 14.0f : static_cast<float>(10.0 / kTokens * (1 + 0.5 * std::sin(t + 0.3 * head + (large ? 0 : 0.4)))));
        }
        builder.add(sums);
    }
    return builder.build();
}

/// Uniform attention, and attention on the first token, of the pair 2·1 with 1·1.
inline std::shared_ptr<const PairMaps> pairMaps(int tokens = 24)
{
    auto maps = std::make_shared<PairMaps>();
    maps->heads = {2, 1, 1, 1};
    maps->tokens = tokens;
    for (int row = 0; row < tokens; ++row)
        for (int key = 0; key < tokens; ++key) {
            const bool seen = key <= row;
            maps->large.push_back(seen ? 1.0f / static_cast<float>(row + 1) : std::numeric_limits<float>::quiet_NaN());
            maps->small.push_back(!seen ? std::numeric_limits<float>::quiet_NaN() : key == 0 ? 1.0f - 0.02f * static_cast<float>(row) : 0.02f);
        }
    return maps;
}

inline std::shared_ptr<PairData> pair()
{
    std::shared_ptr<PairData> data = readPairData(pairReport()).value();
    data->maps = pairMaps();
    data->mapped = publishedLayers(data->large.layers(), 0.4);
    data->mappingRatio = 0.4;
    data->series = {PairSeries{"span", "cosine", {8, 12, 16, 24}, {0.7, 0.75, 0.8, 0.85}, {0.5, 0.7, 0.9, 1}, {0.9, 0.95, 0.97, 1}, {}},
        PairSeries{"window", "cosine", {24, 88, 152}, {0.8, 0.79, 0.78}, {0.9, 0.8, 0.85}, {0.99, 0.97, 0.98}, {}}};
    for (int window = 0; window < 3; ++window)
        for (int head = 0; head < 15; ++head)
            data->series[1].agrees.push_back((head + window) % 5 != 0);
    return data;
}

/// What a run of SmallKV reports of its heads: `heads` of every layer, some mass marginal, a little lost.
inline TableArtifact guidedHeads(int64_t layers, int64_t heads)
{
    TableArtifact table;
    table.id = "guidedHeads";
    table.columns = {"layer", "head", "smallLayer", "smallHead", "score", "margin", "critical", "recent", "marginal", "lost", "keptRescaled", "marginalRescaled"};
    table.units = std::vector<std::string>(table.columns.size());
    for (int64_t layer = 0; layer < layers; ++layer)
        for (int64_t head = 0; head < heads; ++head) {
            const double marginal = 0.05 + 0.1 * static_cast<double>((layer * 5 + head * 3) % 7) / 7, recent = 0.15 + 0.02 * static_cast<double>(layer % 9);
            table.rows.push_back({layer, head, layer / 2, head % 2, 0.6, 0.01, 1 - recent, recent, marginal, 0.04, 1 - marginal, marginal});
        }
    return table;
}

/// The recorded passage of tests/data/views: real text, kept sets and curves.
class Panthers {
public:
    Panthers()
    {
        QFile file(QStringLiteral(WINNOW_TEST_DATA "/views/panthers.json"));
        if (file.open(QIODevice::ReadOnly)) {
            const QByteArray bytes = file.readAll();
            m_json = Json::parse(bytes.begin(), bytes.end(), nullptr, false);
        }
    }
    bool valid() const { return m_json.is_object(); }
    int tokens() const { return m_json["tokens"].get<int>(); }
    size_t methods() const { return m_json["methods"].size(); }
    QString title(size_t method) const { return QString::fromStdString(m_json["methods"][method]["title"].get<std::string>()); }

    KeptTokens kept(size_t method) const
    {
        const Json &m = m_json["methods"][method];
        KeptTokens kept = KeptTokens::sized(m_json["layers"], m_json["heads"], m_json["tokens"]);
        const QByteArray mask = decoded(m["kept"]);
        kept.mask.assign(mask.begin(), mask.end());
        if (m["id"] == "snapkv_w32_k7")
            addWindow(kept, 32);
        if (m.contains("scores"))
            addScores(kept, decoded(m["scores"]), m["scoreLayers"].get<std::vector<int>>());
        return kept;
    }

    /// A report of one method at 25 %; `continuation` further tokens of the text stand behind the prompt.
    ReportPtr report(size_t method, int continuation = 0) const { return report(kept(method), continuation); }

    ReportPtr report(const KeptTokens &kept, int continuation) const
    {
        const auto count = static_cast<size_t>(tokens() + continuation);
        auto ids = m_json["ids"].get<std::vector<int32_t>>();
        auto pieces = m_json["pieces"].get<std::vector<std::string>>();
        ids.resize(std::min(count, ids.size()));
        pieces.resize(ids.size());
        std::string text;
        for (const std::string &piece : pieces)
            text += piece;
        ReportBuilder builder;
        builder.setRequest(Json{{"command", "run"}, {"budget", "25%"}});
        builder.setModel(Json{{"name", "smollm2-135m"}, {"layers", kept.layers}, {"heads", 9}, {"kvHeads", kept.heads}, {"headDim", 64}});
        builder.setInput(ids, pieces, text);
        builder.add(kept);
        if (continuation > 0) {
            builder.add(steps(continuation));
            builder.add(guidedHeads(kept.layers, 9));
        }
        Savings savings;
        savings.fullBytes = 2.0 * 4 * 30 * 3 * 320 * 64;
        int64_t held = 0;
        for (int64_t l = 0; l < kept.layers; ++l)
            for (int64_t h = 0; h < kept.heads; ++h)
                held += kept.countKept(l, h);
        savings.nominalBytes = static_cast<double>(held) * 64 * 2 * 4;
        savings.nativeBytes = savings.nominalBytes + static_cast<double>(held) * 4;
        savings.allocatedBytes = savings.nativeBytes * 1.056;
        savings.unfoldedBytes = savings.nativeBytes;
        builder.setSavings(savings);
        return builder.build();
    }

    Curve curve(size_t method, int letter, bool forecast) const
    {
        Curve curve;
        curve.id = "quality";
        curve.method = runLetter(letter).toStdString();
        curve.title = title(method).toStdString();
        curve.xName = "nativeBytes";
        curve.yName = "deltaNll";
        curve.unit = "nats/token";
        const double full = 2.0 * 4 * 30 * 3 * 320 * 64;
        if (forecast) {
            curve.x.push_back(0.1 * full);
            curve.y.push_back(3 * m_json["methods"][method]["curve"][0][1].get<double>());
            curve.low.push_back(std::numeric_limits<double>::quiet_NaN());
            curve.high.push_back(std::numeric_limits<double>::quiet_NaN());
            curve.forecast.push_back(1);
            curve.budgets.push_back("10%");
        }
        for (const Json &point : m_json["methods"][method]["curve"]) {
            curve.x.push_back(point[0].get<double>() * full * 1.009);
            curve.y.push_back(point[1]);
            curve.low.push_back(point[1].get<double>() - point[2].get<double>());
            curve.high.push_back(point[1].get<double>() + point[2].get<double>());
            curve.forecast.push_back(0);
            curve.budgets.push_back(std::to_string(static_cast<int>(std::lround(100 * point[0].get<double>()))) + "%");
        }
        return curve;
    }

    static Curve fullCurve(int letter)
    {
        Curve curve;
        curve.id = "full";
        curve.method = runLetter(letter).toStdString();
        curve.title = "full";
        curve.xName = "nativeBytes";
        curve.yName = "deltaNll";
        curve.unit = "nats/token";
        curve.x = {2.0 * 4 * 30 * 3 * 320 * 64};
        curve.y = {0};
        curve.forecast = {0};
        curve.budgets = {"100%"};
        return curve;
    }

    static ReportPtr fullReport(const Panthers &source)
    {
        KeptTokens kept = KeptTokens::sized(30, 3, source.tokens());
        std::fill(kept.mask.begin(), kept.mask.end(), uint8_t(0xff));
        return source.report(kept, 0);
    }

    /// A, B = the first two methods, C = full, further methods after it.
    ViewDataPtr viewData(int runs, int continuation = 64) const
    {
        auto data = std::make_shared<ViewData>();
        data->pair = pair();
        data->words = words();
        for (int i = 0; i < runs; ++i) {
            RunEntry entry;
            entry.index = i;
            entry.measured = true;
            if (i == 2) {
                entry.title = QStringLiteral("Full cache");
                entry.budget = QStringLiteral("100 %");
                entry.report = fullReport(*this);
                entry.baseline = true;
                data->curves.push_back(fullCurve(i));
            } else {
                const size_t method = static_cast<size_t>(i > 2 ? i - 1 : i) % methods();
                entry.title = title(method);
                entry.budget = QStringLiteral("25 %");
                entry.report = report(method, continuation);
                data->curves.push_back(curve(method, i, i % 3 == 0));
            }
            data->runs.push_back(entry);
        }
        data->current = data->runs.empty() ? RunEntry{} : data->runs.front();
        return data;
    }

private:
    static TokenScores steps(int count)
    {
        TokenScores scores;
        scores.id = "continuation";
        scores.names = {"kl", "lostMass", "saliencyJaccard", "revivals"};
        scores.tokens = count;
        for (const double level : {0.05, 0.2, 0.6, 0.1})
            for (int step = 0; step < count; ++step)
                scores.values.push_back(static_cast<float>(level * (1 + 0.3 * std::sin(0.4 * step))));
        return scores;
    }

    static QByteArray decoded(const Json &text) { return QByteArray::fromBase64(QByteArray::fromStdString(text.get<std::string>())); }

    static void addWindow(KeptTokens &kept, int window)
    {
        for (int64_t l = 0; l < kept.layers; ++l)
            for (int64_t h = 0; h < kept.heads; ++h)
                for (int64_t t = 0; t < kept.tokens; ++t) {
                    const bool inWindow = t >= kept.tokens - window;
                    kept.classes.push_back(static_cast<uint8_t>(inWindow ? TokenClass::Window
                            : kept.kept(l, h, t)                          ? TokenClass::Kept
                                                                          : TokenClass::Evicted));
                }
    }

    static void addScores(KeptTokens &kept, const QByteArray &bytes, const std::vector<int> &layers)
    {
        const size_t perLayer = static_cast<size_t>(kept.heads * kept.tokens);
        std::vector<float> values(static_cast<size_t>(bytes.size()) / sizeof(float));
        std::memcpy(values.data(), bytes.constData(), values.size() * sizeof(float));
        kept.score.assign(perLayer * static_cast<size_t>(kept.layers), std::numeric_limits<float>::quiet_NaN());
        for (size_t i = 0; i < layers.size(); ++i)
            std::copy_n(values.begin() + static_cast<long>(i * perLayer), perLayer,
                kept.score.begin() + static_cast<long>(static_cast<size_t>(layers[i]) * perLayer));
    }

    Json m_json;
};

} // namespace winnow::sample
