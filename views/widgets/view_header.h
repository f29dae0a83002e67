#pragma once

#include "views/legend.h"

#include <QWidget>

class QHBoxLayout;
class QSpacerItem;
class QTimer;
class QToolButton;

namespace winnow {

class ElidedLabel;
class LegendRow;

/// The 32 px row above a view: title, the view's own controls, a quiet note, the legend, and the buttons table, export, more.
/// Controls that find no room there stand in a second row; the note goes before the title is elided. While busy a 2 px bar runs under it, from 150 ms on; the view keeps its content.
class ViewHeader : public QWidget {
    Q_OBJECT
public:
    explicit ViewHeader(QWidget *parent = nullptr);

    void setTitle(const QString &title);
    /// Hides the title where tabs or a chooser say the same.
    void setTitleShown(bool shown);
    void setNote(const QString &note);
    void setLegend(const QVector<LegendEntry> &entries, const Theme &theme);
    /// Where the legend goes when the row has no room for all of it; shown only then. The header does not own it.
    void setLegendRow(LegendRow *row);
    /// Chooses the legend's place again, after the height below the header has changed.
    void placeLegend();
    /// Puts a widget behind the title; the header becomes its parent. One with the property "optional" only shows while the
    /// header is wide.
    void addControl(QWidget *control);
    /// Puts a widget beside the title that stays there: the choice of the view.
    void addChooser(QWidget *chooser);
    bool hasControls() const;
    bool inTwoRows() const { return m_second->isVisibleTo(this); }
    void clearControls(); // hides and lets go of them
    void setTheme(const Theme &theme);
    void setBusy(bool busy);
    /// Hides table and export while there is nothing to show.
    void setHasContent(bool hasContent);

    QToolButton *tableButton() const { return m_table; }
    QToolButton *exportButton() const { return m_export; }
    QToolButton *moreButton() const { return m_more; }

    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;

private:
    /// Shows what the width allows, and moves the controls to the row that has room.
    void arrange();
    int firstRowWidth() const; // of what always stands there
    int controlsWidth() const;
    QToolButton *makeButton(const QString &name, const QString &help);

    ElidedLabel *m_title;
    QHBoxLayout *m_chooserPlace, *m_controls, *m_firstRow, *m_secondRow;
    QSpacerItem *m_beforeNote = nullptr, *m_beforeLegend = nullptr;
    QWidget *m_second;
    ElidedLabel *m_note;
    LegendRow *m_legend, *m_below = nullptr;
    QVector<LegendEntry> m_entries;
    QToolButton *m_table, *m_export, *m_more;
    QTimer *m_busyDelay, *m_busyTick;
    double m_busyPhase = 0;
    bool m_busyShown = false;
    Theme m_theme;
};

} // namespace winnow
