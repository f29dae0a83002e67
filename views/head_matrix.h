#pragma once

#include "views/matrix_view.h"

namespace winnow {

/// Heads of one layer against heads of one layer of the small model. A click marks the pair of heads.
class HeadMatrix final : public MatrixView {
    Q_OBJECT
public:
    explicit HeadMatrix(QWidget *parent = nullptr);

    QString viewId() const override { return QStringLiteral("headMatrix"); }
    QString title() const override { return tr("Heads"); }
    QString note() const override;
    QString caption() const override;
    QString emptyReason() const override;
    QJsonObject saveState() const override;
    void restoreState(const QJsonObject &state) override;

protected:
    bool dataChanged() override;
    bool followSelection(const Selection &before) override;
    PairMark markFor(Cell cell) const override;
    Cell markedCell() const override;
    QString cellText(Cell cell) const override;
    QString rowName() const override { return QStringLiteral("large head"); }
    QString columnName() const override { return QStringLiteral("small head"); }

private:
    void fill();

    int m_layer = 0, m_smallLayer = 0;
};

} // namespace winnow
