#include "app/window/session_tree_delegate.h"

#include "app/window/look.h"
#include "app/window/session_tree.h"
#include "views/legend.h"
#include "views/type.h"

#include <QPainter>
#include <QTreeView>
#include <QWidget>

namespace winnow {
namespace {

    constexpr int kRowHeight = 26, kIconLeft = 27, kTextLeft = 48, kRight = 12;

} // namespace

SessionTreeDelegate::SessionTreeDelegate(Look &look, QObject *parent)
    : QStyledItemDelegate(parent)
    , m_look(look)
{
}

QSize SessionTreeDelegate::sizeHint(const QStyleOptionViewItem &, const QModelIndex &) const { return {100, kRowHeight}; }

void SessionTreeDelegate::updateEditorGeometry(QWidget *editor, const QStyleOptionViewItem &option, const QModelIndex &) const
{
    editor->setGeometry(option.rect.adjusted(kTextLeft - 8, 0, -4, 0));
}

void SessionTreeDelegate::paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    const Theme &theme = m_look.theme();
    const auto kind = static_cast<SessionTree::Kind>(index.data(SessionTree::KindRole).toInt());
    const bool section = kind == SessionTree::Kind::Section;
    const bool active = index.data(SessionTree::ActiveRole).toBool();
    const QRect row = option.rect;
    painter->save();
    if (option.state & QStyle::State_Selected) {
        painter->fillRect(row, theme.accentSoft);
    } else if (option.state & QStyle::State_MouseOver) {
        QColor hover = theme.t1;
        hover.setAlphaF(0.04F);
        painter->fillRect(row, hover);
    }
    const qreal ratio = painter->device()->devicePixelRatioF();
    int textLeft = row.left() + (section ? 28 : kTextLeft);
    if (section) {
        const auto *tree = qobject_cast<const QTreeView *>(option.widget);
        const bool open = tree && tree->isExpanded(index);
        const QPixmap chevron = m_look.pixmap(open ? QStringLiteral("go-down") : QStringLiteral("go-next"), 14, theme.t2, ratio);
        painter->drawPixmap(row.left() + 8, row.top() + (row.height() - 14) / 2, chevron);
    } else if (const int letter = index.data(SessionTree::LetterRole).toInt(); letter >= 0) {
        paintLetterChip(*painter, QRectF(row.left() + kIconLeft - 1, row.top() + 5, 16, 16), letter, theme);
    } else {
        index.data(Qt::DecorationRole).value<QIcon>().paint(painter, row.left() + kIconLeft - 1, row.top() + 5, 16, 16);
    }
    if (active && kind == SessionTree::Kind::Input)
        painter->fillRect(QRect(row.left(), row.top(), 2, row.height()), theme.accent);
    const QString right = index.data(SessionTree::RightRole).toString();
    const QFont rightFont = typeFont(TypeRole::Label);
    const int rightWidth = right.isEmpty() ? 0 : static_cast<int>(tabularWidth(rightFont, right)) + 1;
    QFont font = typeFont(TypeRole::Body);
    if (active && kind == SessionTree::Kind::Input)
        font.setWeight(QFont::DemiBold);
    painter->setFont(font);
    painter->setPen(theme.t1);
    const int available = row.right() - kRight - rightWidth - 6 - textLeft;
    painter->drawText(QRect(textLeft, row.top(), available, row.height()), Qt::AlignVCenter | Qt::AlignLeft,
        QFontMetrics(font).elidedText(index.data().toString(), Qt::ElideMiddle, available));
    if (!right.isEmpty()) {
        painter->setFont(rightFont);
        painter->setPen(theme.t3);
        drawTabular(*painter, QRectF(row.right() - kRight - rightWidth, row.top(), rightWidth + 1, row.height()), Qt::AlignRight, right);
    }
    if ((option.state & QStyle::State_HasFocus) && (option.state & QStyle::State_KeyboardFocusChange)) {
        QColor ring = theme.accent;
        ring.setAlphaF(0.35F);
        painter->setPen(QPen(ring, 2));
        painter->drawRoundedRect(row.adjusted(1, 1, -1, -1), 4, 4);
    }
    painter->restore();
}

} // namespace winnow
