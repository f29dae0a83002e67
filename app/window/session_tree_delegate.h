#pragma once

#include <QStyledItemDelegate>

namespace winnow {

class Look;

/// Paints a row of the session tree: chevron or icon or letter chip, name elided in the middle, number at the right edge.
class SessionTreeDelegate : public QStyledItemDelegate {
    Q_OBJECT
public:
    SessionTreeDelegate(Look &look, QObject *parent);
    void paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const override;
    QSize sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const override;
    void updateEditorGeometry(QWidget *editor, const QStyleOptionViewItem &option, const QModelIndex &index) const override;

private:
    Look &m_look;
};

} // namespace winnow
