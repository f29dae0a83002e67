#pragma once

#include "views/run_view.h"

#include <QByteArray>
#include <QFile>

#include <cmath>
#include <cstring>
#include <limits>

namespace winnow::sample {

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
        builder.setModel(Json{{"name", "smollm2-135m"}, {"layers", kept.layers}, {"kvHeads", kept.heads}, {"headDim", 64}});
        builder.setInput(ids, pieces, text);
        builder.add(kept);
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
