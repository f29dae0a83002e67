#pragma once

#include "core/base/iam_plan.h"

#include <QWidget>

class QLabel;
class QVBoxLayout;

namespace winnow {

class BudgetSlider;
class FactRow;
class LayerPlanner;
class Look;
class PanelHeader;
class Workbench;

/// Which layers a small model could serve, and whether that pays: the layer planner with its ratio, and below it bytes and work
/// saved and added. Follows the form of a method that replaces layers; without one it plans by itself.
class PlannerPanel : public QWidget {
    Q_OBJECT
public:
    PlannerPanel(Workbench &bench, Look &look, QWidget *parent = nullptr);

    void setDense(bool dense);
    LayerPlanner *planner() const { return m_planner; }
    BudgetSlider *ratioSlider() const { return m_slider; }
    /// Text of the red badge; empty while it is hidden.
    QString badge() const;

private:
    struct Plan {
        double ratio = 0.3;
        QString rule = QStringLiteral("published");
        std::vector<int64_t> layers;
    };
    void addRatio(QVBoxLayout *column);
    void addSavings(QVBoxLayout *column);
    bool methodPlans() const;
    Plan methodPlan(int64_t layers) const;
    LayerProfile profile() const;
    void setRatio(double ratio);
    void toggle(int layer);
    void refresh();
    void refreshCosts(const Plan &plan);

    Workbench &m_bench;
    Look &m_look;
    LayerPlanner *m_planner;
    QWidget *m_ratioRow;
    BudgetSlider *m_slider;
    QLabel *m_ratio, *m_count, *m_rule, *m_badge, *m_inactive;
    QVector<FactRow *> m_facts;
    Plan m_own; // while the method of the form plans no layers
    bool m_refreshing = false;
};

} // namespace winnow
