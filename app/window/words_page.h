#pragma once

#include "views/run_view.h"

#include <QJsonObject>
#include <QWidget>

class QSplitter;
class QStackedLayout;

namespace winnow {

class Banner;
class EmptyState;
class Look;
class ViewSlot;
class Workbench;

/// The Words page: where words begin and end. Lines of all segmenters on top; below them three places for lattice, automaton,
/// ribbon, scores, dictionary, replies, curves and training; one place with tabs in a small window.
class WordsPage : public QWidget {
    Q_OBJECT
public:
    WordsPage(Workbench &bench, Look &look, QWidget *parent = nullptr);

    void setCompact(bool compact);
    ViewSlot *lines() const { return m_lines; }
    const QVector<ViewSlot *> &places() const { return m_slots; }
    EmptyState *emptyState() const { return m_empty; }
    /// The view with the keyboard, else the lines.
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
    void joinSlot(ViewSlot *slot);
    void arrange();
    void refreshEmpty();
    /// The first word that is wrong, else the first one: the page opens with something marked.
    void markSomething();
    /// Offers an input whose words are known where the shown one has none.
    void refreshOffer();

    Workbench &m_bench;
    Look &m_look;
    QStackedLayout *m_stack;
    EmptyState *m_empty;
    Banner *m_offer;
    QSplitter *m_vertical, *m_horizontal;
    ViewSlot *m_lines;
    QVector<ViewSlot *> m_slots;
    ViewSlot *m_maximised = nullptr;
    QWidget *m_content;
    qint64 m_offered = 0; // input that was offered
    qint64 m_markedFor = 0; // input that got its first mark
    bool m_compact = false;
};

} // namespace winnow
