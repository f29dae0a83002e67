#include "app/export/page_flow.h"

#include <QFontMetricsF>
#include <QPagedPaintDevice>
#include <QPainter>

namespace winnow {
namespace {

    constexpr double kPageWidth = 794, kPageHeight = 1123, kMargin = 56; // A4

} // namespace

PageFlow::PageFlow(QPagedPaintDevice &device, QPainter &painter, const QString &foot)
    : m_device(device)
    , m_painter(painter)
    , m_foot(foot)
{
    startPage();
}

double PageFlow::width() const { return kPageWidth - 2 * kMargin; }

double PageFlow::height() const { return kPageHeight - 2 * kMargin; }

QPointF PageFlow::take(double height, double follows)
{
    if (m_y + height + follows > kPageHeight - kMargin && m_y > kMargin) {
        m_device.newPage();
        startPage();
    }
    const QPointF at(kMargin, m_y);
    m_y += height;
    return at;
}

double PageFlow::textHeight(const QString &words, TypeRole role) const
{
    return QFontMetricsF(typeFont(role)).boundingRect(QRectF(0, 0, width(), 10000), Qt::TextWordWrap, words).height();
}

void PageFlow::write(const QString &words, TypeRole role, const QColor &color, double follows)
{
    const double height = textHeight(words, role);
    const QPointF at = take(height, follows);
    m_painter.setFont(typeFont(role));
    m_painter.setPen(color);
    m_painter.drawText(QRectF(at, QSizeF(width(), height + 4)), Qt::TextWordWrap, words);
}

void PageFlow::text(const QString &words, TypeRole role, const QColor &color) { write(words, role, color, 0); }

void PageFlow::heading(const QString &words, int lines)
{
    write(words, TypeRole::DialogTitle, Theme::light().t1, lines * textHeight(QStringLiteral("M"), TypeRole::Body));
}

void PageFlow::startPage()
{
    ++m_page;
    m_y = kMargin;
    m_painter.setFont(typeFont(TypeRole::Axis));
    m_painter.setPen(Theme::light().t3);
    const QRectF foot(kMargin, kPageHeight - kMargin + 14, width(), 18);
    m_painter.drawText(foot, Qt::AlignLeft, m_foot);
    m_painter.drawText(foot, Qt::AlignRight, QString::number(m_page));
}

} // namespace winnow
