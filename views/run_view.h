#pragma once

#include "core/base/report.h"
#include "views/legend.h"
#include "views/selection.h"
#include "views/theme.h"

#include <QJsonObject>
#include <QRectF>
#include <QString>
#include <QWidget>

#include <memory>
#include <vector>

class QPainter;

namespace winnow {

struct PairData;
struct PromptData;
struct PromptMap;
struct WordData;

/// A pinned run (or the preview) as views see it.
struct RunEntry {
    int index = -1; // letter and colour; -1 = preview
    QString title; // "SnapKV"
    QString budget; // "25 %"
    QString badge; // what a table says beside the title: "question-aware"; mostly empty
    ReportPtr report; // null while nothing was selected or measured
    bool baseline = false;
    bool measured = false; // has metrics of an evaluation
    std::shared_ptr<const PromptData> prompt; // what a prompt method cut; null for runs of other families
};

/// Everything a view may draw, immutable and shared; setting a new one repaints.
struct ViewData {
    RunEntry current; // what token strip, maps and histogram show: the active run or the preview
    std::vector<RunEntry> runs; // pinned, in letter order
    std::vector<Curve> curves; // quality against size, one per run and pair of axes (Curve::method = run letter; xName, yName)
    std::vector<std::vector<uint8_t>> unmatched; // beside `curves`, one a point: 1 = nothing the method does has the asked size; empty = all have
    std::shared_ptr<const PairData> pair; // two models compared on the input; null while they were not
    std::shared_ptr<const PromptMap> promptMap; // attention of the model that scores a prompt; null while no view asked for it
    std::shared_ptr<const WordData> words; // lines and how segmenters cut them; null without lines
};

/// The runs in the order views list them; the preview stands first when it is the current one. Selection::run is the
/// position in ViewData::runs, -1 = the preview.
inline std::vector<std::pair<int, const RunEntry *>> shownRuns(const ViewData &data)
{
    std::vector<std::pair<int, const RunEntry *>> shown;
    if (data.current.index < 0 && data.current.report)
        shown.emplace_back(-1, &data.current);
    for (size_t i = 0; i < data.runs.size(); ++i)
        shown.emplace_back(static_cast<int>(i), &data.runs[i]);
    return shown;
}
using ViewDataPtr = std::shared_ptr<const ViewData>;

/// One picture of results. The same paint() serves screen, PNG, SVG and PDF; the view knows no engine and no session.
class RunView : public QWidget {
    Q_OBJECT
public:
    using QWidget::QWidget;

    virtual QString viewId() const = 0; // permanent: "tokens", "keptMap", "headMap", "scores", "agreement", "quality", "bytes"
    virtual QString title() const = 0; // "Kept share"
    virtual QString caption() const = 0; // one sentence for figures: what, units, run, budget

    virtual void setData(ViewDataPtr data) = 0;
    virtual void setSelection(const Selection &selection) = 0; // repaints only the overlay of marks
    virtual void setTheme(const Theme &theme) = 0;

    /// Draws the whole view, titles and legend included, into rect (logical pixels at 100 %).
    virtual void paint(QPainter &painter, const QRectF &rect, const Theme &theme) const = 0;
    /// Height a figure of this width needs to show everything; 0 = any height will do.
    virtual double figureHeight(double width) const { (void)width; return 0; }
    /// Data of the picture as CSV with a head row; units in the head.
    virtual QString csv() const = 0;
    /// Text description of what is under the selection (accessible description).
    virtual QString describe() const = 0;
    /// Why there is nothing to draw and what to do, or empty.
    virtual QString emptyReason() const { return {}; }

    /// What stands in the view's header: a quiet note ("64 scored, 90 % band"), the legend, and its own controls
    /// (segments, choosers). Controls are owned by the view until a header takes them over.
    virtual QString note() const { return {}; }
    virtual QVector<LegendEntry> legend(const Theme &theme) const { (void)theme; return {}; }
    virtual QVector<QWidget *> headerControls() { return {}; }

    virtual QJsonObject saveState() const { return {}; }
    virtual void restoreState(const QJsonObject &state) { (void)state; }

Q_SIGNALS:
    /// The user hovered (selection.pinned false) or clicked something.
    void selectionRequested(const winnow::Selection &selection);
    void activated(int runIndex); // double click on a run: RunEntry::index, its letter
    /// The user dragged a cut: keep this fraction of the tokens.
    void budgetRequested(double fraction);
    /// note(), legend() or emptyReason() changed: the header around the view reads them again.
    void headerChanged();
};

} // namespace winnow
