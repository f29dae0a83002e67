#pragma once

#include <QWidget>

class QLabel;

namespace winnow {

class FactRow;
class Look;
class Workbench;

/// Says in words what is marked in the views; also the accessible description of the picture views.
class SelectionPanel : public QWidget {
    Q_OBJECT
public:
    SelectionPanel(Workbench &bench, Look &look, QWidget *parent = nullptr);
    /// Speaks of the marked heads of two models instead of the marked token.
    void setPairShown(bool shown);
    /// Speaks of the marked word instead of the marked token.
    void setWordsShown(bool shown);

Q_SIGNALS:
    void closeAsked();

private:
    void refresh();

    Workbench &m_bench;
    Look &m_look;
    QLabel *m_mark, *m_title, *m_place, *m_hint;
    QVector<FactRow *> m_facts;
    bool m_pairShown = false, m_wordsShown = false;
};

/// Facts about the marked token: label and value, in the order they are shown. Separate from the widget for tests.
struct SelectionFacts {
    QString title, place; // “Carolina”, "token 215"
    QVector<QPair<QString, QString>> rows;
};
SelectionFacts selectionFacts(const Workbench &bench);
/// The same about the marked pair of heads: "17·10 with 10·1", scores, margin, key token.
SelectionFacts pairFacts(const Workbench &bench);
/// About the marked token of a prompt: its scores and ranks, when it is cut, and by which other runs.
SelectionFacts promptFacts(const Workbench &bench);
/// The same about the marked word: how gold and every segmenter cut there, and what its weight is made of.
SelectionFacts wordFacts(const Workbench &bench);

} // namespace winnow
