#pragma once

#include "tests/views/sample_data.h"
#include "tests/views/sample_prompt.h"
#include "views/run_view.h"
#include "views/view_factory.h"

#include <QtWidgets>

#include <memory>

namespace winnow::sample {

template <typename View>
std::unique_ptr<View> shown(const ViewDataPtr &data, QSize size = {540, 260})
{
    auto view = std::make_unique<View>();
    view->setTheme(Theme::light());
    view->setData(data);
    view->resize(size);
    view->show();
    view->grab();
    return view;
}

inline KeptTokens every(int64_t layers, int64_t heads, int64_t tokens, int nth)
{
    KeptTokens kept = KeptTokens::sized(layers, heads, tokens);
    for (int64_t l = 0; l < layers; ++l)
        for (int64_t h = 0; h < heads; ++h)
            for (int64_t t = 0; t < tokens; ++t)
                if ((t + l + h) % nth == 0)
                    kept.setKept(l, h, t);
    return kept;
}

inline ReportPtr reportOf(const KeptTokens &kept)
{
    ReportBuilder builder;
    std::vector<int32_t> ids;
    std::vector<std::string> pieces;
    for (int64_t t = 0; t < kept.tokens; ++t) {
        ids.push_back(static_cast<int32_t>(t));
        pieces.push_back(" word" + std::to_string(t));
    }
    builder.setInput(ids, pieces, {});
    builder.add(kept);
    Savings savings;
    savings.nominalBytes = savings.nativeBytes = 1e6;
    savings.fullBytes = 4e6;
    builder.setSavings(savings);
    return builder.build();
}

inline ViewDataPtr runsOf(const std::vector<KeptTokens> &sets)
{
    auto data = std::make_shared<ViewData>();
    for (size_t i = 0; i < sets.size(); ++i) {
        RunEntry entry;
        entry.index = static_cast<int>(i);
        entry.title = QStringLiteral("Method %1").arg(i);
        entry.budget = QStringLiteral("25 %");
        entry.report = reportOf(sets[i]);
        data->runs.push_back(entry);
    }
    if (!data->runs.empty())
        data->current = data->runs.front();
    return data;
}

inline int colorCount(const QImage &image, const QColor &color)
{
    int count = 0;
    for (int y = 0; y < image.height(); ++y)
        for (int x = 0; x < image.width(); ++x)
            count += image.pixelColor(x, y) == color ? 1 : 0;
    return count;
}

/// All views but two whose data no sample holds: prompt_views_test draws a map that was asked for and the trace of a method.
inline QStringList viewsWithSamples()
{
    QStringList ids = viewIds();
    ids.removeAll(QStringLiteral("promptAttention"));
    ids.removeAll(QStringLiteral("promptTrace"));
    return ids;
}

inline ViewDataPtr sampleOf(const QString &id, const Panthers &panthers)
{
    return viewIds(ViewPage::Prompt).contains(id) ? promptViewData() : panthers.viewData(4);
}

} // namespace winnow::sample
