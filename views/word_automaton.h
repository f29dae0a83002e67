#pragma once

#include "views/picture_view.h"
#include "views/word_data.h"

class QComboBox;
class QScrollBar;
class QToolButton;

namespace winnow {

/// The part of the dictionary's trie that the marked line touches: counts at words, fail and prefix links, and the automaton's walk
/// over the line, one character a step.
class WordAutomaton final : public PictureView {
    Q_OBJECT
public:
    explicit WordAutomaton(QWidget *parent = nullptr);

    QString viewId() const override { return QStringLiteral("wordAutomaton"); }
    QString title() const override { return tr("Automaton"); }
    QString note() const override;
    QVector<LegendEntry> legend(const Theme &theme) const override;
    QVector<QWidget *> headerControls() override;
    QString caption() const override;
    QString csv() const override;
    QString describe() const override;
    QString emptyReason() const override;
    void setTheme(const Theme &theme) override;

    /// Characters read so far; 0 = at the root.
    int step() const { return m_step; }
    void setStep(int step);
    int stepCount() const;
    /// Node the walk is at, as an index into the lattice's nodes; -1 = none.
    int currentNode() const;
    QPointF nodeCentre(int node) const;

Q_SIGNALS:
    void alphabetAsked(const QString &alphabet); // "codePoint", "halfByte"

protected:
    bool dataChanged() override;
    bool followSelection(const Selection &before) override;
    void paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    void paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    void mousePressEvent(QMouseEvent *event) override;
    void wheelEvent(QWheelEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;

private:
    struct Place {
        double row = 0;
        int depth = 0;
    };
    struct Plan {
        double left = 0, top = 0, column = 80, row = 24;
    };
    Plan planFor(const QRectF &body) const;
    QPointF centreIn(const Plan &plan, int node) const;
    int indexOf(int id) const;
    void arrange();
    void updateScroll();
    void paintStrip(QPainter &painter, const QRectF &body, const Theme &theme) const;
    void paintTree(QPainter &painter, const QRectF &body, const Theme &theme) const;
    void paintLinks(QPainter &painter, const Plan &plan, const Theme &theme) const;
    void paintNode(QPainter &painter, const Plan &plan, int node, const Theme &theme) const;
    double stripStep(const QRectF &body) const;
    QString stateWord(int node) const;
    const WordLattice *lattice() const { return data().words ? data().words->lattice.get() : nullptr; }

    int m_step = 0;
    std::vector<Place> m_places; // of the nodes
    double m_rows = 0;
    QToolButton *m_back, *m_forward;
    QComboBox *m_alphabet;
    QScrollBar *m_scroll;
};

} // namespace winnow
