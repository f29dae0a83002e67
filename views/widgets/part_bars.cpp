#include "views/widgets/part_bars.h"

#include "views/format.h"
#include "views/type.h"

#include <QLocale>
#include <QPainter>

#include <cmath>

namespace winnow {
namespace {

    constexpr double kHead = 18, kRow = 27, kBar = 5, kGap = 14;
    constexpr double kNames = 0.3; // share of the width

    double sumOf(const QVector<PartBar> &parts, double PartBar::*value)
    {
        double sum = 0;
        for (const PartBar &part : parts)
            sum += part.*value;
        return sum;
    }

} // namespace

QString parameterText(double parameters)
{
    const std::pair<double, const char *> scales[] = {{1e12, "T"}, {1e9, "B"}, {1e6, "M"}, {1e3, "K"}};
    for (const auto &[scale, letter] : scales) {
        if (parameters < scale * 0.9995)
            continue;
        const double value = parameters / scale;
        return QStringLiteral("%1 %2").arg(value, 0, 'f', value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2).arg(QLatin1String(letter));
    }
    return QLocale(QLocale::English).toString(static_cast<qint64>(std::llround(parameters)));
}

PartBars::PartBars(QWidget *parent)
    : QWidget(parent)
    , m_theme(Theme::light())
{
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setAccessibleName(tr("Parameters and bytes by class"));
}

void PartBars::setParts(QVector<PartBar> parts)
{
    m_parts = std::move(parts);
    QStringList words;
    for (const PartBar &part : m_parts)
        words << tr("%1: %2 parameters, %3").arg(part.name, parameterText(part.parameters), format::bytes(part.bytes));
    setAccessibleDescription(words.join(QStringLiteral("; ")));
    setToolTip(words.join(QLatin1Char('\n')));
    updateGeometry();
    update();
}

void PartBars::setTheme(const Theme &theme)
{
    m_theme = theme;
    update();
}

QSize PartBars::sizeHint() const
{
    return {340, m_parts.isEmpty() ? 0 : static_cast<int>(std::ceil(scaled(kHead) + scaled(kRow) * static_cast<double>(m_parts.size()) + 2))};
}

void PartBars::paintEvent(QPaintEvent *)
{
    if (m_parts.isEmpty())
        return;
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const double names = width() * kNames, wide = (width() - names - 2 * kGap) / 2;
    struct Column {
        QString title;
        double left, sum;
        double PartBar::*value;
        QString (*text)(double);
    };
    const Column columns[] = {{tr("parameters, of %1").arg(parameterText(sumOf(m_parts, &PartBar::parameters))), names + kGap, sumOf(m_parts, &PartBar::parameters), &PartBar::parameters, &parameterText},
        {tr("in the file, of %1").arg(format::bytes(sumOf(m_parts, &PartBar::bytes))), names + 2 * kGap + wide, sumOf(m_parts, &PartBar::bytes), &PartBar::bytes, [](double bytes) { return format::bytes(bytes); }}};
    painter.setFont(typeFont(TypeRole::Axis));
    painter.setPen(m_theme.t3);
    for (const Column &column : columns)
        painter.drawText(QRectF(column.left, 0, wide, scaled(kHead)), Qt::AlignLeft | Qt::AlignVCenter, QFontMetricsF(painter.font()).elidedText(column.title, Qt::ElideRight, wide));
    double y = scaled(kHead);
    for (const PartBar &part : m_parts) {
        const double text = scaled(kRow) - kBar - 4;
        painter.setFont(typeFont(TypeRole::Label));
        painter.setPen(m_theme.t1);
        painter.drawText(QRectF(0, y, names, scaled(kRow) - 4), Qt::AlignLeft | Qt::AlignVCenter, QFontMetricsF(painter.font()).elidedText(part.name, Qt::ElideRight, names));
        for (const Column &column : columns) {
            const double share = column.sum > 0 ? part.*column.value / column.sum : 0;
            painter.setFont(typeFont(TypeRole::Hint));
            painter.setPen(m_theme.t1);
            const QRectF line(column.left, y, wide, text);
            drawTabular(painter, line, Qt::AlignLeft, column.text(part.*column.value));
            painter.setPen(m_theme.t2);
            drawTabular(painter, line, Qt::AlignRight, format::percent(share, 1));
            const QRectF bar(column.left, y + text + 1, wide, kBar);
            painter.setPen(Qt::NoPen);
            painter.setBrush(m_theme.hair);
            painter.drawRoundedRect(bar, 2, 2);
            painter.setBrush(m_theme.accent);
            if (share > 0)
                painter.drawRoundedRect(QRectF(bar.left(), bar.top(), std::max(2.0, bar.width() * share), kBar), 2, 2);
        }
        y += scaled(kRow);
    }
}

} // namespace winnow
