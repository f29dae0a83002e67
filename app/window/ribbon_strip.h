#pragma once

#include "views/selection.h"

#include <QWidget>

namespace winnow {

class Look;
class RunView;
class TextRibbon;
class ViewFrame;
class WordRibbonView;
class Workbench;

/// The alignment ribbon below the Cache and the Prompt page, opened by its command. The line follows the marked token; what is marked
/// here is marked in every view of the page.
class RibbonStrip : public QWidget {
    Q_OBJECT
public:
    RibbonStrip(Workbench &bench, Look &look, QWidget *parent = nullptr);

    /// Asks the engine for its rows only while it is open.
    void setOpen(bool open);
    WordRibbonView *view() const { return m_view; }
    TextRibbon &ribbon() const { return *m_ribbon; }
    const WordMark &marked() const { return m_marked; } // characters of the line

Q_SIGNALS:
    void exportAsked(winnow::RunView *view);
    void closeAsked();

private:
    void mark(const Selection &selection);
    void take(const Selection &asked);
    void refresh();

    Workbench &m_bench;
    TextRibbon *m_ribbon;
    ViewFrame *m_frame;
    WordRibbonView *m_view;
    WordMark m_marked;
};

} // namespace winnow
