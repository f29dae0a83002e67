#pragma once

#include <QWidget>

class QComboBox;
class QHBoxLayout;
class QLabel;
class QSpinBox;
class QToolButton;

namespace winnow {

class BudgetSlider;
class Look;
class Workbench;

/// The row of the Similarity page that says how heads are compared: metric, skipped first tokens, and how much of the text.
class PairBar : public QWidget {
    Q_OBJECT
public:
    PairBar(Workbench &bench, Look &look, QWidget *parent = nullptr);

    QComboBox *metric() const { return m_metric; }
    BudgetSlider *sinks() const { return m_sinks; }
    QSpinBox *span() const { return m_span; }
    void setCompact(bool compact);

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    QLabel *addName(QHBoxLayout *row, const QString &text);
    void addMetric(QHBoxLayout *row);
    void addSinks(QHBoxLayout *row);
    void addSpan(QHBoxLayout *row);
    void refresh();

    Workbench &m_bench;
    Look &m_look;
    QLabel *m_metricName, *m_sinksName, *m_sinksCount, *m_spanName;
    QComboBox *m_metric;
    BudgetSlider *m_sinks;
    QSpinBox *m_span;
    bool m_refreshing = false;
};

} // namespace winnow
