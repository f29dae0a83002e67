#pragma once

#include "views/painted_table.h"
#include "views/plot_frame.h"
#include "views/word_data.h"

namespace winnow {

class BudgetSlider;

/// How the shown method was trained: pieces, log-likelihood and pruned pieces over the rounds of EM, or the merges of byte-pair
/// encoding with a slider over how many are used.
class WordTrainingView final : public PaintedTable {
    Q_OBJECT
public:
    explicit WordTrainingView(QWidget *parent = nullptr);

    QString viewId() const override { return QStringLiteral("wordTraining"); }
    QString title() const override { return tr("Training"); }
    QString note() const override;
    QVector<LegendEntry> legend(const Theme &theme) const override;
    QString caption() const override;
    QString csv() const override;
    QString describe() const override;
    QString emptyReason() const override;
    void setTheme(const Theme &theme) override;
    double figureHeight(double width) const override;
    BudgetSlider *mergesSlider() const { return m_merges; }

Q_SIGNALS:
    void mergesChanged(int count);

protected:
    bool dataChanged() override;
    double topMargin() const override;
    void rowChosen(int id) override;
    void paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    void paintAbove(QPainter &painter, const QRectF &area, const Theme &theme) const override;
    void resizeEvent(QResizeEvent *event) override;

private:
    const WordTraining *training() const;
    bool isEm() const { return training() && !training()->round.empty(); }
    int used() const;
    void paintSeries(QPainter &painter, const QRectF &body, const std::vector<double> &values, const QString &title, int part, bool axis, const Theme &theme) const;

    BudgetSlider *m_merges;
    bool m_filling = false;
};

} // namespace winnow
