#pragma once

#include "app/window/parameter_rows.h"
#include "core/base/budget.h"
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
class BudgetSlider;
class Look;
class Workbench;
struct CacheGeometry;

/// Form of the chosen method, built from its MethodInfo: budget as slider and typed text (%, tokens, bytes), one row per
/// parameter by its type, rows that hide by `visibleWhen`, source link, Pin and Sweep.
class MethodPanel : public QWidget {
    Q_OBJECT
public:
    MethodPanel(Workbench &bench, Look &look, const Actions &actions, QWidget *parent = nullptr);

    /// The editor of a parameter; null when there is none (tests, palette).
    QWidget *editor(const QString &name) const;
    BudgetSlider *budgetSlider() const { return m_slider; }
    QLineEdit *budgetEdit() const { return m_budgetText; }
    /// Closer rows, for a dock that would not fit otherwise.
    void setDense(bool dense);

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;

private:
    void buildBudget();
    void rebuildMethods();
    void rebuildForm();
    void refresh();
    void refreshBudget();
    /// The budget of a method that replaces layers: how many of all.
    void showLayerBudget(const MethodInfo &method);
    /// The budget of a prompt: kept share of its tokens, and what the method made of it.
    void showPromptBudget(const CacheGeometry &geometry);
    void showRows(const MethodInfo *method);
    void showSummary(const MethodInfo &method);
    void refreshPin();
    void commitBudgetText();

    Workbench &m_bench;
    Look &m_look;
    const Actions &m_actions;
    QComboBox *m_method;
    QLabel *m_summary, *m_budgetTitle, *m_tokens, *m_bytes;
    QLineEdit *m_budgetText;
    BudgetSlider *m_slider;
    QWidget *m_budgetArea;
    QGridLayout *m_rows;
    QHBoxLayout *m_buttons;
    QPushButton *m_pin, *m_sweep, *m_more;
    std::map<std::string, ParameterRow> m_editors;
    std::string m_formOf;
    bool m_refreshing = false, m_expanded = false;
};

/// What a person may type as a budget: "25", "25 %", "80 tokens", "80t", "6 MiB"; a bare number is a percentage.
Result<Budget> parseTypedBudget(const QString &text);

} // namespace winnow
