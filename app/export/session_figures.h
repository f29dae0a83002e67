#pragma once

#include "app/export/figure_file.h"
#include "sessions/session.h"
#include "views/run_view.h"

#include <memory>
#include <vector>

namespace winnow {

/// The figures of a session without a window: the views of the Cache page over its pinned runs, and the figures the person
/// kept. Needs no engine.
class SessionFigures {
public:
    struct Figure {
        QString name; // file name without ending: "tokens", "keptMap"
        std::unique_ptr<RunView> view;
        Json recipe;
    };

    /// @error NotFound when the session holds no run with a report.
    static Result<SessionFigures> load(const Session &session);

    const std::vector<Figure> &figures() const { return m_figures; }
    const ViewData &data() const { return *m_data; }

private:
    void addView(const QString &viewId, const QString &name, const FigureRecord *record);

    ViewDataPtr m_data, m_promptData;
    std::vector<Figure> m_figures;
};

} // namespace winnow
