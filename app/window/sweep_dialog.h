#pragma once

#include "app/workbench/requests.h"

#include <QDialog>

class QCheckBox;
class QLabel;
class QLineEdit;
class QPushButton;

namespace winnow {

class Workbench;

/// Which methods at which budgets: pinned settings and the form's, budgets as a typed list.
class SweepDialog : public QDialog {
    Q_OBJECT
public:
    explicit SweepDialog(Workbench &bench, QWidget *parent = nullptr);
    SweepChoice choice() const;

private:
    QWidget *makeMethods(); // the pinned ones and those that could be
    void refresh();

    Workbench &m_bench;
    std::vector<std::pair<QCheckBox *, Setting>> m_methods;
    QLineEdit *m_budgets;
    QLabel *m_summary;
    QPushButton *m_start;
};

/// "10 %, 25 %, 256 tokens" as budgets.
/// @error BadInput naming the part that is none.
Result<std::vector<Budget>> parseBudgetList(const QString &text);

} // namespace winnow
