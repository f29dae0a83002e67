#pragma once

#include "app/window/parameter_rows.h"
#include "core/base/method_info.h"

#include <QWidget>

#include <functional>
#include <map>

class QComboBox;
class QGridLayout;
class QHBoxLayout;
class QLabel;
class QLineEdit;
class QPushButton;

namespace winnow {

struct Actions;
class BudgetEditor;
class BudgetSlider;
class Look;
class Workbench;

/// Form of the chosen method, built from its MethodInfo: budget, named settings, one row per parameter by its type, rows that hide by `visibleWhen`, source link, Pin and Sweep.
class MethodPanel : public QWidget {
    Q_OBJECT
public:
    MethodPanel(Workbench &bench, Look &look, const Actions &actions, QWidget *parent = nullptr);

    /// The editor of a parameter; null when there is none (tests, palette).
    QWidget *editor(const QString &name) const;
    BudgetSlider *budgetSlider() const;
    QLineEdit *budgetEdit() const;
    /// Closer rows, for a dock that would not fit otherwise.
    void setDense(bool dense);
    /// Pixels between the rows of the form.
    void setRowSpacing(int pixels);

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;

private:
    void rebuildMethods();
    void rebuildForm();
    void refresh();
    /// The row of named settings, where the method has some; returns the first free row.
    int addPresetRow(const MethodInfo &method);
    void showPreset(const MethodInfo &method);
    void choosePreset(int index);
    void showRows(const MethodInfo *method);
    void showSummary(const MethodInfo &method);
    void refreshPin();

    Workbench &m_bench;
    Look &m_look;
    const Actions &m_actions;
    QComboBox *m_method, *m_preset;
    QLabel *m_summary, *m_presetLabel;
    BudgetEditor *m_budget;
    QGridLayout *m_rows;
    QHBoxLayout *m_buttons;
    QPushButton *m_pin, *m_sweep, *m_more;
    std::map<std::string, ParameterRow> m_editors;
    std::string m_formOf;
    bool m_refreshing = false, m_expanded = false;
};

} // namespace winnow
