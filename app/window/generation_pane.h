#pragma once

#include "app/window/pane.h"

class QDoubleSpinBox;
class QLabel;
class QPlainTextEdit;
class QPushButton;
class QSpinBox;

namespace winnow {

class SegmentedControl;
class TryOut;
class Workbench;

/// Text that the model writes after the tried tokens: with the full cache, and beside it under the method and budget of the
/// Method dock.
class GenerationPane : public Pane {
    Q_OBJECT
public:
    GenerationPane(Workbench &bench, TryOut &tryOut, Look &look, QWidget *parent = nullptr);

    QPushButton *button() const { return m_go; }
    QSpinBox *count() const { return m_count; }
    QPlainTextEdit *output(int column) const { return m_columns[column].text; }

private:
    struct Column {
        QWidget *area = nullptr;
        QLabel *title = nullptr, *note = nullptr;
        QPlainTextEdit *text = nullptr;
    };

    Column makeColumn(QWidget *parent);
    void start();
    void refresh();
    void refreshColumn(Column &column, const QString &role);
    QString columnNote(const QString &role) const;
    QString methodTitle() const;

    Workbench &m_bench;
    TryOut &m_tryOut;
    SegmentedControl *m_with;
    QSpinBox *m_count;
    QDoubleSpinBox *m_temperature;
    QPushButton *m_go;
    QLabel *m_note;
    Column m_columns[2];
    QString m_ranMethod; // title and budget of what is shown
};

} // namespace winnow
