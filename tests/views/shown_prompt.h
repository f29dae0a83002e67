#pragma once

#include "tests/views/sample_prompt.h"

#include <QSignalSpy>
#include <QtWidgets>

#include <memory>

/// Views over prompts, shown and painted once.
namespace winnow::sample::prompts {

template <typename View>
std::unique_ptr<View> shown(const ViewDataPtr &data, QSize size = {640, 240}, int step = -1)
{
    auto view = std::make_unique<View>();
    view->setTheme(Theme::light());
    view->setData(data);
    Selection selection;
    selection.step = step;
    view->setSelection(selection);
    view->resize(size);
    view->show();
    view->grab();
    return view;
}

inline ViewDataPtr only(const ReportPtr &report)
{
    auto data = std::make_shared<ViewData>();
    data->current = promptEntry(-1, QStringLiteral("Test"), report);
    return data;
}

inline Selection lastRequest(const QSignalSpy &spy) { return spy.last().first().value<Selection>(); }

} // namespace winnow::sample::prompts
