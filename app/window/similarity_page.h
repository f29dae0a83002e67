#pragma once

#include "views/run_view.h"

#include <QJsonObject>
#include <QWidget>

class QSplitter;
class QStackedLayout;
class QVBoxLayout;

namespace winnow {

class EmptyState;
class Look;
class PairBar;
class ViewSlot;
class Workbench;

/// The Similarity page: do two models look at the same things. Layers, heads and maps of the marked pair, with the matched pairs
/// and their scores; in a small window the layers and one other view, chosen by tabs.
class SimilarityPage : public QWidget {
    Q_OBJECT
public:
    SimilarityPage(Workbench &bench, Look &look, QWidget *parent = nullptr);

    void setCompact(bool compact);
    PairBar *bar() const { return m_bar; }
    EmptyState *emptyState() const { return m_empty; }
    const QVector<ViewSlot *> &places() const { return m_slots; }
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
    void smallModelAsked();
    void modelAsked();

protected:
    void showEvent(QShowEvent *event) override;
    void hideEvent(QHideEvent *event) override;

private:
    void buildPlaces(QVBoxLayout *column);
    ViewSlot *addSlot(QSplitter *where, const QStringList &choices);
    void arrange();
    void refresh();
    void refreshEmpty();
    void markSomething();
    void onButton();

    Workbench &m_bench;
    Look &m_look;
    QStackedLayout *m_stack;
    EmptyState *m_empty;
    QWidget *m_content;
    QSplitter *m_top, *m_right, *m_upper, *m_bottom, *m_rows;
    PairBar *m_bar;
    ViewSlot *m_layers, *m_heads, *m_pairs, *m_scores, *m_maps, *m_sums, *m_small;
    QVector<ViewSlot *> m_slots; // all but the one of small windows
    ViewSlot *m_maximised = nullptr;
    bool m_compact = false;
    enum class Button { None, SmallModel, Model, Compare } m_button = Button::None;
};

} // namespace winnow
