#pragma once

#include "views/run_view.h"

#include <QJsonObject>
#include <QWidget>

class QSplitter;

namespace winnow {

class Look;
class PromptBar;
class Scrubber;
class ViewSlot;
class Workbench;

/// The Prompt page: which words may be cut. The text with its cuts and the scrubber of stages, scores per token below, and three
/// places for rates, answers and quality; in a small window one place whose views are tabs.
class PromptPage : public QWidget {
    Q_OBJECT
public:
    PromptPage(Workbench &bench, Look &look, QWidget *parent = nullptr);

    void setCompact(bool compact);
    ViewSlot *canvas() const { return m_canvas; }
    Scrubber *scrubber() const { return m_scrubber; }
    PromptBar *bar() const { return m_bar; }
    const QVector<ViewSlot *> &places() const { return m_places; }
    /// The row with instruction, question and answer.
    void setPartsShown(bool shown);
    RunView *focusedView() const;
    QVector<RunView *> shownViews() const;
    RunView *reveal(const QString &viewId);
    void toggleMaximised(ViewSlot *slot);
    void focusNext();
    QJsonObject saveState() const;
    void restoreState(const QJsonObject &state);

Q_SIGNALS:
    void exportAsked(winnow::RunView *view);
    void figureAsked(winnow::RunView *view);
    void copyImageAsked(winnow::RunView *view);

protected:
    void showEvent(QShowEvent *event) override;
    void hideEvent(QHideEvent *event) override;

private:
    ViewSlot *addSlot(QWidget *parent, const QStringList &choices);
    void addPartsAction();
    void arrange();
    void refreshScrubber();

    Workbench &m_bench;
    Look &m_look;
    QSplitter *m_rows, *m_below;
    QWidget *m_top;
    ViewSlot *m_canvas, *m_strips, *m_small;
    QVector<ViewSlot *> m_places; // the three below
    Scrubber *m_scrubber;
    PromptBar *m_bar;
    QAction *m_partsAction = nullptr;
    ViewSlot *m_maximised = nullptr;
    bool m_compact = false;
};

} // namespace winnow
