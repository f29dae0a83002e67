#pragma once

#include "views/theme.h"

#include <QStyledItemDelegate>
#include <QWidget>

namespace winnow {

/// A run's letter on its colour, 16 px; the preview (-1) shows nothing.
class LetterChip : public QWidget {
    Q_OBJECT
public:
    explicit LetterChip(int run, QWidget *parent = nullptr);
    void setRun(int run);
    void setTheme(const Theme &theme);
    QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    int m_run;
    Theme m_theme;
};

/// Draws the chip of the run index in kRunRole (int) before an item's text, in trees, tables and lists.
class LetterChipDelegate : public QStyledItemDelegate {
    Q_OBJECT
public:
    static constexpr int kRunRole = Qt::UserRole + 100;

    explicit LetterChipDelegate(QObject *parent = nullptr);
    void setTheme(const Theme &theme);
    void paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const override;

private:
    Theme m_theme;
};

} // namespace winnow
