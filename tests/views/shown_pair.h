#pragma once

#include "tests/views/sample_data.h"
#include "views/theme.h"

#include <QSignalSpy>

#include <memory>

namespace winnow::sample {

inline ViewDataPtr dataOf(const std::shared_ptr<PairData> &pair)
{
    auto data = std::make_shared<ViewData>();
    data->pair = pair;
    return data;
}

template <typename View>
std::unique_ptr<View> shown(const ViewDataPtr &data, const PairMark &mark = {2, 1, 1, 1}, QSize size = {460, 320})
{
    auto view = std::make_unique<View>();
    view->setTheme(Theme::light());
    view->setData(data);
    Selection selection;
    selection.pair = mark;
    view->setSelection(selection);
    view->resize(size);
    view->show();
    view->grab();
    return view;
}

inline Selection lastRequest(const QSignalSpy &spy) { return spy.last().first().value<Selection>(); }

} // namespace winnow::sample
