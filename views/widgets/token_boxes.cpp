#include "views/widgets/token_boxes.h"

#include "views/type.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>
#include <cmath>

namespace winnow {
namespace {

    constexpr double kMargin = 14, kPad = 4, kGap = 2, kLineGap = 6, kTextHeight = 20, kIdHeight = 15;

    double boxHeight() { return scaled(kTextHeight + kIdHeight); }

    double boxWidth(const TokenBox &token)
    {
        const double text = QFontMetricsF(typeFont(TypeRole::Token)).horizontalAdvance(token.text);
        const double id = tabularWidth(typeFont(TypeRole::Axis), QString::number(token.id));
        return std::ceil(std::max(text, id)) + 2 * kPad;
    }

} // namespace

TokenBoxes::TokenBoxes(QWidget *parent)
    : QWidget(parent)
    , m_theme(Theme::light())
{
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Tokens"));
    QSizePolicy policy(QSizePolicy::Expanding, QSizePolicy::Minimum);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
}

TokenBoxes::Layout TokenBoxes::layoutFor(double width) const
{
    Layout layout;
    const double right = std::max(width - kMargin, kMargin + 40), height = boxHeight();
    double x = kMargin, y = 4;
    for (const TokenBox &token : m_tokens) {
        const double wide = std::min(boxWidth(token), right - kMargin);
        if (x + wide > right && x > kMargin) {
            x = kMargin;
            y += height + kLineGap;
        }
        layout.boxes.append(QRectF(x, y, wide, height));
        x += wide + kGap;
        if (token.breaksLine) {
            x = kMargin;
            y += height + kLineGap;
        }
    }
    layout.height = layout.boxes.isEmpty() ? 0 : layout.boxes.last().bottom() + 8;
    return layout;
}

int TokenBoxes::heightForWidth(int width) const { return static_cast<int>(std::ceil(layoutFor(width).height)); }

void TokenBoxes::relayout()
{
    m_layout = layoutFor(width());
    setMinimumHeight(static_cast<int>(std::ceil(m_layout.height)));
    updateGeometry();
    update();
}

void TokenBoxes::setTokens(QVector<TokenBox> tokens)
{
    m_tokens = std::move(tokens);
    if (m_current >= m_tokens.size())
        m_current = -1;
    relayout();
    setAccessibleDescription(m_current < 0 ? tr("%n token(s)", nullptr, static_cast<int>(m_tokens.size())) : m_tokens[m_current].help);
}

void TokenBoxes::setTheme(const Theme &theme)
{
    m_theme = theme;
    relayout(); // the font may have changed with it
}

void TokenBoxes::setCurrent(int index)
{
    const int next = index >= 0 && index < m_tokens.size() ? index : -1;
    if (next == m_current)
        return;
    m_current = next;
    setAccessibleDescription(next < 0 ? tr("Nothing marked") : m_tokens[next].help);
    update();
    Q_EMIT currentChanged(next);
}

QRectF TokenBoxes::boxOf(int index) const { return index >= 0 && index < m_layout.boxes.size() ? m_layout.boxes[index] : QRectF(); }

int TokenBoxes::tokenAt(const QPointF &position) const
{
    // Boxes stand in reading order: the first one that ends at or below the point starts the search.
    const auto first = std::lower_bound(m_layout.boxes.begin(), m_layout.boxes.end(), position.y(), [](const QRectF &box, double y) { return box.bottom() < y; });
    for (auto box = first; box != m_layout.boxes.end() && box->top() <= position.y(); ++box) {
        if (box->adjusted(0, 0, kGap, 0).contains(position))
            return static_cast<int>(box - m_layout.boxes.begin());
    }
    return -1;
}

void TokenBoxes::paintBox(QPainter &painter, int index) const
{
    const TokenBox &token = m_tokens[index];
    const QRectF box = m_layout.boxes[index], text(box.left(), box.top(), box.width(), scaled(kTextHeight));
    painter.setPen(Qt::NoPen);
    painter.setBrush(token.special ? m_theme.surface : index % 2 == 0 ? m_theme.accentSoft : m_theme.sunken);
    painter.drawRoundedRect(text, 2, 2);
    if (token.special) {
        painter.setBrush(QBrush(m_theme.hair, Qt::BDiagPattern));
        painter.drawRoundedRect(text, 2, 2);
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(m_theme.axis, 1));
        painter.drawRoundedRect(text.adjusted(0.5, 0.5, -0.5, -0.5), 2, 2);
    }
    painter.setFont(typeFont(TypeRole::Token));
    painter.setPen(m_theme.t1);
    const QString shown = QFontMetricsF(painter.font()).elidedText(token.text, Qt::ElideMiddle, box.width() - kPad);
    painter.drawText(text, Qt::AlignCenter | Qt::TextDontClip, shown);
    painter.setFont(typeFont(TypeRole::Axis));
    painter.setPen(index == m_current ? m_theme.mark : m_theme.t3);
    drawTabular(painter, QRectF(box.left(), text.bottom(), box.width(), scaled(kIdHeight)), Qt::AlignHCenter, QString::number(token.id));
    if (index != m_current)
        return;
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(m_theme.mark, 1.5));
    painter.drawRoundedRect(text.adjusted(-0.5, -0.5, 0.5, 0.5), 3, 3);
}

void TokenBoxes::paintEvent(QPaintEvent *event)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const double top = event->rect().top() - 4, bottom = event->rect().bottom() + 4;
    const auto first = std::lower_bound(m_layout.boxes.begin(), m_layout.boxes.end(), top, [](const QRectF &box, double y) { return box.bottom() < y; });
    for (auto box = first; box != m_layout.boxes.end() && box->top() <= bottom; ++box)
        paintBox(painter, static_cast<int>(box - m_layout.boxes.begin()));
}

void TokenBoxes::resizeEvent(QResizeEvent *event)
{
    QWidget::resizeEvent(event);
    relayout();
}

void TokenBoxes::mousePressEvent(QMouseEvent *event)
{
    if (event->button() == Qt::LeftButton)
        setCurrent(tokenAt(event->position()));
}

int TokenBoxes::neighbour(int key) const
{
    if (m_current < 0)
        return 0;
    const int last = static_cast<int>(m_tokens.size()) - 1;
    if (key == Qt::Key_Left || key == Qt::Key_Right)
        return std::clamp(m_current + (key == Qt::Key_Right ? 1 : -1), 0, last);
    const QRectF here = boxOf(m_current);
    const double step = (boxHeight() + kLineGap) * (key == Qt::Key_Down ? 1 : -1);
    const int there = tokenAt(QPointF(here.center().x(), here.top() + 4 + step));
    return there < 0 ? m_current : there;
}

void TokenBoxes::keyPressEvent(QKeyEvent *event)
{
    switch (event->key()) {
    case Qt::Key_Left:
    case Qt::Key_Right:
    case Qt::Key_Up:
    case Qt::Key_Down: return setCurrent(neighbour(event->key()));
    case Qt::Key_Escape: return setCurrent(-1);
    default: QWidget::keyPressEvent(event);
    }
}

bool TokenBoxes::event(QEvent *event)
{
    if (event->type() != QEvent::ToolTip)
        return QWidget::event(event);
    auto *help = static_cast<QHelpEvent *>(event);
    const int token = tokenAt(help->pos());
    if (token < 0)
        QToolTip::hideText();
    else
        QToolTip::showText(help->globalPos(), m_tokens[token].help, this, boxOf(token).toRect());
    return true;
}

} // namespace winnow
