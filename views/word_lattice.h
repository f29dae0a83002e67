#pragma once

#include "views/picture_view.h"
#include "views/word_data.h"

class QScrollBar;
class QSpinBox;

namespace winnow {

/// Candidate words of the marked line as arcs over its characters, higher the more probable, the best path bold; the best paths with
/// their gaps below. A click on an arc marks its word and says what its weight is made of; its count can be changed at once.
class WordLatticeView final : public PictureView {
    Q_OBJECT
public:
    explicit WordLatticeView(QWidget *parent = nullptr);

    QString viewId() const override { return QStringLiteral("wordLattice"); }
    QString title() const override { return tr("Lattice"); }
    QString note() const override;
    QVector<LegendEntry> legend(const Theme &theme) const override;
    QString caption() const override;
    QString csv() const override;
    QString describe() const override;
    QString emptyReason() const override;

    /// Edge under a point, -1 = none.
    int edgeAt(const QPointF &point) const;
    /// Top of an edge's arc.
    QPointF edgeTop(int edge) const;
    int chosenEdge() const { return m_edge; }
    QSpinBox *countBox() const { return m_count; }

Q_SIGNALS:
    /// The user changed the count of a word.
    void countChanged(const QString &word, double count);

protected:
    bool dataChanged() override;
    bool followSelection(const Selection &before) override;
    void paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    void paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void wheelEvent(QWheelEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;

private:
    struct Plan {
        QRectF arcs; // between the top and the line of nodes
        double step = 36, left = 0, base = 0, listTop = 0;
    };
    Plan planFor(const QRectF &body) const;
    static constexpr double kChars = 34, kFacts = 26; // rows of the characters and of what is known about the marked arc
    struct Fact { // of the marked arc
        QString name, value;
        double x = 0, nameWidth = 0; // from the left edge of the rows
        int row = 0;
        bool edited = false; // its value stands in the box
    };
    /// The facts in rows of this width, all of them.
    std::vector<Fact> laidFacts(double width) const;
    int factRows(double width) const;
    QPainterPath arcPath(const Plan &plan, const LatticeEdge &edge) const;
    double arcHeight(const Plan &plan, const LatticeEdge &edge) const;
    void paintArcs(QPainter &painter, const Plan &plan, const Theme &theme) const;
    void paintNodes(QPainter &painter, const Plan &plan, const Theme &theme) const;
    void paintPaths(QPainter &painter, const Plan &plan, const QRectF &body, const Theme &theme) const;
    void paintFacts(QPainter &painter, const QRectF &body, const Theme &theme) const;
    QColor edgeColor(const LatticeEdge &edge, const Theme &theme) const;
    WordSpan spanOf(const LatticeEdge &edge) const;
    QString wordOf(const LatticeEdge &edge) const;
    void findEdge(); // of the marked word
    void revealMark();
    void chooseEdge(int edge);
    void placeCount();
    void updateScroll();
    const WordLattice *lattice() const { return data().words ? data().words->lattice.get() : nullptr; }

    int m_edge = -1;
    QStringList m_revealed; // characters of the line whose mark was brought into sight
    QSpinBox *m_count;
    QScrollBar *m_scroll;
    bool m_placing = false;
};

} // namespace winnow
