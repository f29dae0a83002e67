#pragma once

#include "views/matrix_view.h"

class QAction;

namespace winnow {

/// Layers of the large model against layers of the small one: the best or the mean of their pairs of heads. A click marks the
/// two layers and their best pair of heads.
class LayerMatrix final : public MatrixView {
    Q_OBJECT
public:
    explicit LayerMatrix(QWidget *parent = nullptr);

    QString viewId() const override { return QStringLiteral("layerMatrix"); }
    QString title() const override { return tr("Layers"); }
    QString note() const override;
    QString caption() const override;
    QString emptyReason() const override;
    QJsonObject saveState() const override;
    void restoreState(const QJsonObject &state) override;

    HeadPooling pooling() const { return m_pooling; }
    void setPooling(HeadPooling pooling);

protected:
    bool dataChanged() override;
    bool followSelection(const Selection &before) override;
    PairMark markFor(Cell cell) const override;
    Cell markedCell() const override;
    QString cellText(Cell cell) const override;
    QString rowName() const override { return QStringLiteral("large layer"); }
    QString columnName() const override { return QStringLiteral("small layer"); }

private:
    void fill();

    QAction *m_best, *m_mean;
    HeadPooling m_pooling = HeadPooling::Best;
};

/// Why a view of two models has nothing to draw; empty when it has.
QString missingPairReason(const PairDataPtr &pair);

} // namespace winnow
