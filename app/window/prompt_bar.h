#pragma once

#include <QWidget>

class QLineEdit;

namespace winnow {

class Look;
class Workbench;

/// Instruction, question and answer of the active input as one row: they stay as they are, and the answer is what a reader's
/// answer is held against.
class PromptBar : public QWidget {
    Q_OBJECT
public:
    PromptBar(Workbench &bench, Look &look, QWidget *parent = nullptr);

    QLineEdit *instruction() const { return m_instruction; }
    QLineEdit *question() const { return m_question; }
    QLineEdit *answer() const { return m_answer; }

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    QLineEdit *addField(const QString &name, const QString &hint, int stretch);
    void refresh();
    void commit();

    Workbench &m_bench;
    Look &m_look;
    QLineEdit *m_instruction, *m_question, *m_answer;
};

} // namespace winnow
