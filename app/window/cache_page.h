#pragma once

#include "views/run_view.h"

#include <QJsonObject>
#include <QWidget>

class QSplitter;
class QVBoxLayout;

namespace winnow {

class Banner;
class Look;
class Scrubber;
class ViewSlot;
class Workbench;

/// The Cache page: token strip with the decode scrubber, and two or three places for other views of the same run.
class CachePage : public QWidget {
    Q_OBJECT
public:
    CachePage(Workbench &bench, Look &look, QWidget *parent = nullptr);

    /// Below 1200 px the places become tabs of one.
    void setCompact(bool compact);
    void setSlotCount(int count);
    int slotCount() const { return m_slotCount; }
    ViewSlot *tokens() const { return m_tokens; }
    const QVector<ViewSlot *> &places() const { return m_slots; }
    Scrubber *scrubber() const { return m_scrubber; }
    /// The view with the keyboard, else the token strip.
    RunView *focusedView() const;
    /// All views on the page now, the token strip first.
    QVector<RunView *> shownViews() const;
    /// Shows a view by id (in its place or the first slot) and gives it back.
    RunView *reveal(const QString &viewId);
    void toggleMaximised(ViewSlot *slot);
    void focusNext();
    QJsonObject saveState() const;
    void restoreState(const QJsonObject &state);

Q_SIGNALS:
    void exportAsked(winnow::RunView *view);
    void figureAsked(winnow::RunView *view);
    void copyImageAsked(winnow::RunView *view);

private:
    void joinSlot(ViewSlot *slot);
    void refreshScrubber();
    void arrange();

    Workbench &m_bench;
    Look &m_look;
    QSplitter *m_vertical, *m_horizontal;
    QWidget *m_top;
    ViewSlot *m_tokens;
    QVector<ViewSlot *> m_slots;
    Scrubber *m_scrubber;
    ViewSlot *m_maximised = nullptr;
    int m_slotCount = 2;
    bool m_compact = false;
};

} // namespace winnow
