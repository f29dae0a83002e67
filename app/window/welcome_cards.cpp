// The buttons of the welcome page.
#include "app/window/look.h"
#include "app/window/recent_session.h"
#include "app/window/welcome_page.h"
#include "views/type.h"

#include <QDateTime>
#include <QFileInfo>
#include <QPainter>

namespace winnow {

StartCard::StartCard(Kind kind, const QString &icon, const QString &title, const QString &detail, const QString &key, Look &look, QWidget *parent)
    : QAbstractButton(parent)
    , m_kind(kind)
    , m_look(look)
    , m_icon(icon)
    , m_title(title)
    , m_detail(detail)
    , m_key(key)
{
    setFixedHeight(58);
    setFocusPolicy(Qt::StrongFocus);
    setAttribute(Qt::WA_Hover);
    setAccessibleName(title);
    setAccessibleDescription(detail);
    setToolTip(QStringLiteral("%1 (%2)").arg(title, key));
}

void StartCard::setDetail(const QString &detail)
{
    m_detail = detail;
    setAccessibleDescription(detail);
    update();
}

void StartCard::setProgress(double share, const QString &words)
{
    m_progress = share;
    m_words = words;
    setEnabled(share < 0);
    update();
}

void StartCard::paintEvent(QPaintEvent *)
{
    const Theme &theme = m_look.theme();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const bool primary = m_kind == Kind::Primary;
    const bool busy = m_progress >= 0;
    const QRectF box = QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5);
    const QColor ground = !primary ? (isDown() ? theme.sunken : theme.raised) : busy ? theme.accentSoft : underMouse() ? theme.accentHover : theme.accent;
    painter.setPen(QPen(primary ? ground : underMouse() ? theme.axis : theme.border, 1));
    painter.setBrush(ground);
    painter.drawRoundedRect(box, 6, 6);
    if (busy) {
        painter.save();
        painter.setClipRect(QRectF(0, 0, width() * std::min(1.0, m_progress), height()));
        painter.setPen(Qt::NoPen);
        painter.setBrush(theme.accent);
        painter.drawRoundedRect(box, 6, 6);
        painter.restore();
    }
    if (hasFocus()) {
        QColor ring = theme.accent;
        ring.setAlphaF(0.35F);
        painter.setPen(QPen(ring, 3));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), 6, 6);
    }
    auto words = [&](const QColor &strong, const QColor &quiet) {
        painter.drawPixmap(QPointF(19, (height() - 18) / 2.0), m_look.pixmap(m_icon, 18, strong, devicePixelRatioF()));
        QFont bold = typeFont(TypeRole::DialogTitle);
        bold.setPixelSize(QFontInfo(typeFont(TypeRole::Body)).pixelSize() + 1);
        painter.setFont(bold);
        painter.setPen(strong);
        painter.drawText(QRect(51, 10, width() - 130, 20), Qt::AlignVCenter | Qt::AlignLeft, m_title);
        painter.setFont(typeFont(TypeRole::Label));
        painter.setPen(quiet);
        painter.drawText(QRect(51, 29, width() - 60, 19), Qt::AlignVCenter | Qt::AlignLeft, busy ? m_words : m_detail);
        if (!busy) {
            painter.setFont(typeFont(TypeRole::Axis));
            painter.drawText(rect().adjusted(0, 0, -17, 0), Qt::AlignVCenter | Qt::AlignRight, m_key);
        }
    };
    QColor soft = theme.onAccent;
    soft.setAlphaF(0.85F);
    if (!primary) {
        words(theme.t1, theme.t2);
        return;
    }
    if (!busy) {
        words(theme.onAccent, soft);
        return;
    }
    // The bar passes under the words: each side has its own ink.
    const double edge = width() * std::min(1.0, m_progress);
    painter.save();
    painter.setClipRect(QRectF(0, 0, edge, height()));
    words(theme.onAccent, soft);
    painter.restore();
    painter.setClipRect(QRectF(edge, 0, width() - edge, height()));
    words(theme.t1, theme.t2);
}

RecentRow::RecentRow(const QString &path, Look &look, QWidget *parent)
    : QAbstractButton(parent)
    , m_look(look)
    , m_path(path)
{
    const RecentInfo info = recentInfo(path);
    m_detail = info.detail;
    m_thumbnail = info.thumbnail;
    m_when = whenText(QFileInfo(path).lastModified(), QDateTime::currentDateTime());
    setFixedHeight(52);
    setFocusPolicy(Qt::StrongFocus);
    setAttribute(Qt::WA_Hover);
    setAccessibleName(QFileInfo(path).fileName());
    setAccessibleDescription(m_detail);
    setToolTip(path);
}

void RecentRow::paintEvent(QPaintEvent *)
{
    const Theme &theme = m_look.theme();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    if (underMouse() || hasFocus()) {
        painter.setPen(Qt::NoPen);
        painter.setBrush(theme.sunken);
        painter.drawRoundedRect(QRectF(rect()).adjusted(-6, 0, 0, 0), 5, 5);
    }
    const QRectF picture(4, 8, 56, 36);
    if (m_thumbnail.isNull()) {
        painter.setPen(QPen(theme.hair, 1));
        painter.setBrush(theme.sunken);
        painter.drawRoundedRect(picture.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3);
        painter.drawPixmap(picture.center() - QPointF(8, 8), m_look.pixmap(QStringLiteral("office-chart-line"), 16, theme.t3, devicePixelRatioF()));
    } else {
        painter.setRenderHint(QPainter::SmoothPixmapTransform);
        painter.drawPixmap(picture, m_thumbnail, QRectF(m_thumbnail.rect()));
    }
    const QFont body = typeFont(TypeRole::Body), label = typeFont(TypeRole::Label);
    const int whenWidth = QFontMetrics(label).horizontalAdvance(m_when) + 12;
    const int room = width() - 74 - whenWidth - 10;
    painter.setFont(body);
    painter.setPen(theme.t1);
    painter.drawText(QRect(74, 7, room, 20), Qt::AlignVCenter, QFontMetrics(body).elidedText(QFileInfo(m_path).fileName(), Qt::ElideMiddle, room));
    painter.setFont(label);
    painter.setPen(theme.t3);
    painter.drawText(QRect(74, 26, room, 18), Qt::AlignVCenter, QFontMetrics(label).elidedText(m_detail.isEmpty() ? QFileInfo(m_path).absolutePath() : m_detail, Qt::ElideMiddle, room));
    painter.drawText(rect().adjusted(0, 0, -10, 0), Qt::AlignVCenter | Qt::AlignRight, m_when);
}

} // namespace winnow
