#pragma once

#include "views/picture_view.h"
#include "views/word_data.h"

class QScrollBar;

namespace winnow {

/// The alignment ribbon of one line: characters, words, tokens of two models, what a prompt method and a cache method keep, all over
/// the same characters, with their counts: the price in tokens. A part that is marked is marked in every row.
class WordRibbonView final : public PictureView {
    Q_OBJECT
public:
    explicit WordRibbonView(QWidget *parent = nullptr);

    QString viewId() const override { return QStringLiteral("wordRibbon"); }
    QString title() const override { return tr("Ribbon"); }
    QString note() const override;
    QString caption() const override;
    QString csv() const override;
    QString describe() const override;
    QString emptyReason() const override;

    /// Part of a row under a point; -1 = none.
    struct Hit {
        int row = -1, part = -1;
    };
    Hit hitAt(const QPointF &point) const;
    QRectF partRect(int row, int part) const;

protected:
    bool dataChanged() override;
    bool followSelection(const Selection &before) override;
    void paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    void paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void leaveEvent(QEvent *event) override;
    void wheelEvent(QWheelEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;

private:
    struct Plan {
        QRectF area; // of the parts
        double left = 0, cell = 26, row = 26, top = 0;
        double head = 0; // height of a name above its strip; 0 = the names stand beside the strips
    };
    double nameWidth(const QRectF &body) const; // of the column of names; 0 = they stand above
    Plan planFor(const QRectF &body) const;
    QRectF partIn(const Plan &plan, int row, int part) const;
    void updateScroll();
    void markPart(const Hit &hit, Gesture gesture);
    const WordRibbon *ribbon() const { return data().words ? data().words->ribbon.get() : nullptr; }
    const WordText &text() const { return data().words->lines[static_cast<size_t>(ribbon()->line)]; }

    QScrollBar *m_scroll;
};

} // namespace winnow
