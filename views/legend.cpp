#include "views/legend.h"

#include "views/type.h"

#include <QFontMetricsF>
#include <QPainter>
#include <QPainterPath>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

namespace winnow {

namespace {

constexpr double kGap = 16;
constexpr double kSampleGap = 7;
constexpr double kNoLimit = 1e6; // Qt counts widths in 64ths of a pixel: much more overflows, and eliding then cuts every name

double sampleWidth(const LegendEntry &entry)
{
    switch (entry.sample) {
    case LegendEntry::Sample::Fills: return 14.0 * static_cast<double>(entry.fills.size());
    case LegendEntry::Sample::Class: return 14;
    case LegendEntry::Sample::Run: return 28;
    case LegendEntry::Sample::Hollow: return 9;
    case LegendEntry::Sample::Bar:
    case LegendEntry::Sample::DashedBar: return 3;
    case LegendEntry::Sample::Box: return 14;
    case LegendEntry::Sample::Text:
    case LegendEntry::Sample::Struck:
    case LegendEntry::Sample::Dotted: return 0;
    }
    return 0;
}

double entryWidth(const LegendEntry &entry, const QFontMetricsF &metrics)
{
    const double sample = sampleWidth(entry);
    return sample + (sample > 0 ? kSampleGap : 0) + metrics.horizontalAdvance(entry.text);
}

// The widest name that still lets all entries fit: short names keep their length, long ones share what is left.
double nameLimit(const QVector<LegendEntry> &entries, const QFontMetricsF &metrics, double width)
{
    std::vector<double> names;
    double left = width - kGap * static_cast<double>(entries.size() - 1);
    for (const LegendEntry &entry : entries) {
        names.push_back(metrics.horizontalAdvance(entry.text) + 1);
        left -= sampleWidth(entry) + (sampleWidth(entry) > 0 ? kSampleGap : 0);
    }
    std::sort(names.begin(), names.end());
    for (size_t i = 0; i < names.size(); ++i) {
        const double share = left / static_cast<double>(names.size() - i);
        if (names[i] > share)
            return std::max(share, metrics.horizontalAdvance(QStringLiteral("Mm…")));
        left -= names[i];
    }
    return kNoLimit;
}

void paintSample(QPainter &painter, const QRectF &rect, const LegendEntry &entry, const Theme &theme)
{
    const double middle = rect.center().y();
    switch (entry.sample) {
    case LegendEntry::Sample::Fills:
        for (qsizetype i = 0; i < entry.fills.size(); ++i)
            painter.fillRect(QRectF(rect.left() + 14.0 * static_cast<double>(i), middle - 6, 14, 12), entry.fills[i]);
        break;
    case LegendEntry::Sample::Class:
        paintClassBox(painter, QRectF(rect.left(), middle - 6, 14, 12), entry.classStyle, entry.classStyle.fill);
        break;
    case LegendEntry::Sample::Run: {
        QPen pen(entry.run.color, 1.75);
        pen.setCapStyle(Qt::FlatCap);
        if (!entry.run.dash.isEmpty()) {
            QVector<qreal> pattern;
            for (const qreal px : entry.run.dash)
                pattern << px / 1.75;
            pen.setDashPattern(pattern);
        }
        painter.setPen(pen);
        painter.drawLine(QPointF(rect.left(), middle), QPointF(rect.left() + 28, middle));
        paintMarker(painter, QPointF(rect.left() + 14, middle), entry.run, entry.run.hollow, theme.surface);
        break;
    }
    case LegendEntry::Sample::Hollow:
        paintMarker(painter, QPointF(rect.left() + 4.5, middle), entry.run, true, theme.surface);
        break;
    case LegendEntry::Sample::Text:
    case LegendEntry::Sample::Struck:
    case LegendEntry::Sample::Dotted: break;
    case LegendEntry::Sample::Bar: painter.fillRect(QRectF(rect.left(), middle - 6, 3, 12), entry.fills.value(0)); break;
    case LegendEntry::Sample::DashedBar:
        for (int i = 0; i < 3; ++i)
            painter.fillRect(QRectF(rect.left(), middle - 6 + 4.5 * i, 3, 3), entry.fills.value(0));
        break;
    case LegendEntry::Sample::Box:
        painter.setPen(QPen(entry.fills.value(1), 1));
        painter.setBrush(entry.fills.value(0));
        painter.drawRoundedRect(QRectF(rect.left() + 0.5, middle - 5.5, 13, 11), 2, 2);
        break;
    }
}

QPolygonF star(const QPointF &center, double radius)
{
    QPolygonF points;
    for (int i = 0; i < 10; ++i) {
        const double angle = std::numbers::pi * (i / 5.0 - 0.5);
        const double r = i % 2 == 0 ? radius * 1.2 : radius * 0.5;
        points << center + QPointF(r * std::cos(angle), r * std::sin(angle));
    }
    return points;
}

void paintNameGround(QPainter &painter, const QRectF &name, const LegendEntry &entry)
{
    if (entry.sample != LegendEntry::Sample::Struck || !entry.classStyle.fill.isValid())
        return;
    painter.setPen(Qt::NoPen);
    painter.setBrush(entry.classStyle.fill);
    painter.drawRoundedRect(name.adjusted(-3, 0, 3, 0), 2, 2);
}

void paintNameLine(QPainter &painter, const QRectF &name, const QFontMetricsF &metrics, const LegendEntry &entry, const Theme &theme)
{
    const QColor color = entry.classStyle.line.isValid() ? entry.classStyle.line : entry.textColor.isValid() ? entry.textColor : theme.t2;
    const double baseline = name.top() + metrics.ascent();
    if (entry.sample == LegendEntry::Sample::Struck) {
        const double y = baseline - metrics.xHeight() * 0.55;
        painter.setPen(QPen(color, 1.2));
        painter.drawLine(QPointF(name.left(), y), QPointF(name.right(), y));
    } else if (entry.sample == LegendEntry::Sample::Dotted) {
        QPen dots(color, 1.6);
        dots.setDashPattern({1, 1.1});
        dots.setCapStyle(Qt::FlatCap);
        painter.setPen(dots);
        const double y = baseline + metrics.descent() + 0.5;
        painter.drawLine(QPointF(name.left(), y), QPointF(name.right(), y));
    }
}

} // namespace

double legendWidth(const QVector<LegendEntry> &entries)
{
    const QFontMetricsF metrics(typeFont(TypeRole::Hint));
    double width = 0;
    for (const LegendEntry &entry : entries)
        width += entryWidth(entry, metrics) + (width > 0 ? kGap : 0);
    return width;
}

QStringList legendNames(const QVector<LegendEntry> &entries, double width)
{
    const QFontMetricsF metrics(typeFont(TypeRole::Hint));
    const double limit = nameLimit(entries, metrics, width);
    QStringList names;
    const double readable = metrics.horizontalAdvance(QStringLiteral("M MMMM…"));
    for (const LegendEntry &entry : entries) {
        const bool letter = entry.sample == LegendEntry::Sample::Run && entry.text.size() > 2 && entry.text[1] == QLatin1Char(' ');
        // Where nothing of a run's name could be read its letter says as much, and says it whole.
        names << (letter && limit < readable ? entry.text.left(1) : metrics.elidedText(entry.text, Qt::ElideRight, limit));
    }
    return names;
}

void paintLegend(QPainter &painter, const QRectF &rect, const QVector<LegendEntry> &entries, const Theme &theme)
{
    if (entries.isEmpty())
        return;
    const QFont font = typeFont(TypeRole::Hint);
    const QFontMetricsF metrics(font);
    const QStringList names = legendNames(entries, rect.width());
    double x = rect.left();
    for (qsizetype i = 0; i < entries.size(); ++i) {
        const LegendEntry &entry = entries[i];
        const QString &text = names[i];
        const double sample = sampleWidth(entry);
        const double width = sample + (sample > 0 ? kSampleGap : 0) + metrics.horizontalAdvance(text);
        if (x + width > rect.right() + 1)
            return;
        painter.save();
        painter.setRenderHint(QPainter::Antialiasing);
        paintSample(painter, QRectF(x, rect.top(), width, rect.height()), entry, theme);
        painter.restore();
        const QRectF name(x, rect.center().y() - metrics.height() / 2, metrics.horizontalAdvance(text), metrics.height());
        paintNameGround(painter, name, entry);
        painter.setFont(font);
        painter.setPen(entry.textColor.isValid() ? entry.textColor : theme.t2);
        painter.drawText(QRectF(x + sample + (sample > 0 ? kSampleGap : 0), rect.top(), width, rect.height()),
            Qt::AlignLeft | Qt::AlignVCenter | Qt::TextDontClip, text);
        paintNameLine(painter, name, metrics, entry, theme);
        x += width + kGap;
    }
}

void paintHatching(QPainter &painter, const QRectF &area, const QColor &color)
{
    painter.save();
    painter.setClipRect(area, Qt::IntersectClip);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(color, 1));
    for (double x = area.left() - area.height(); x < area.right(); x += 4)
        painter.drawLine(QPointF(x, area.bottom()), QPointF(x + area.height(), area.top()));
    painter.restore();
}

void paintMarker(QPainter &painter, const QPointF &center, const RunStyle &style, bool hollow, const QColor &ground,
    double size)
{
    using Marker = RunStyle::Marker;
    const double r = size / 2;
    const bool stroked = style.marker == Marker::Plus || style.marker == Marker::Cross;
    painter.setPen(hollow || stroked ? QPen(style.color, stroked && !hollow ? 2.2 : 1.5) : QPen(Qt::NoPen));
    painter.setBrush(hollow ? QBrush(ground) : QBrush(style.color));
    const auto at = [&](double x, double y) { return center + QPointF(x * r, y * r); };
    switch (style.marker) {
    case Marker::Circle: painter.drawEllipse(center, r, r); break;
    case Marker::Square: painter.drawRect(QRectF(at(-0.9, -0.9), at(0.9, 0.9))); break;
    case Marker::TriangleUp: painter.drawPolygon(QPolygonF{at(0, -1.1), at(1.1, 0.9), at(-1.1, 0.9)}); break;
    case Marker::TriangleDown: painter.drawPolygon(QPolygonF{at(0, 1.1), at(1.1, -0.9), at(-1.1, -0.9)}); break;
    case Marker::Diamond: painter.drawPolygon(QPolygonF{at(0, -1.25), at(1.25, 0), at(0, 1.25), at(-1.25, 0)}); break;
    case Marker::Star: painter.drawPolygon(star(center, r)); break;
    case Marker::Plus:
    case Marker::Cross: {
        if (hollow) // a ring keeps the hollow form tellable from the filled one
            painter.drawEllipse(center, r * 1.25, r * 1.25);
        const double d = style.marker == Marker::Plus ? 0 : 0.8;
        const double e = style.marker == Marker::Plus ? 1.1 : 0.8;
        painter.drawLine(at(-e, -d), at(e, d));
        painter.drawLine(at(-d, e), at(d, -e));
        break;
    }
    }
}

void paintLetterChip(QPainter &painter, const QRectF &rect, int run, const Theme &theme)
{
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    const RunStyle style = theme.run(run);
    const QRectF box = rect.adjusted(0.5, 0.5, -0.5, -0.5);
    painter.setPen(style.hollow ? QPen(style.color, 1.5) : QPen(Qt::NoPen));
    painter.setBrush(style.hollow ? QBrush(theme.surface) : QBrush(style.color));
    painter.drawRoundedRect(box, 3, 3);
    QFont font = typeFont(TypeRole::Axis);
    font.setWeight(QFont::Bold);
    font.setPixelSize(std::max(6, qRound(rect.height() * 0.66)));
    painter.setFont(font);
    const bool darkInk = theme.kind == ThemeKind::Dark; // dark run colours are light: letters on them are dark
    painter.setPen(style.hollow ? style.color : darkInk ? QColor(0x12, 0x14, 0x18) : QColor(Qt::white));
    painter.drawText(rect, Qt::AlignCenter, runLetter(run));
    painter.restore();
}

void paintClassBox(QPainter &painter, const QRectF &box, const ClassStyle &style, const QColor &fill)
{
    using Cue = ClassStyle::Cue;
    const QRectF lower(box.left(), box.center().y(), box.width(), box.height() / 2);
    if (fill.isValid()) {
        painter.setPen(Qt::NoPen);
        painter.setBrush(fill);
        painter.drawRoundedRect(style.cue == Cue::LowerHalf ? lower : box, 2, 2);
    }
    if (style.cue == Cue::None || !style.line.isValid())
        return;
    const double width = style.cue == Cue::ThinBelow ? 1 : 2;
    QPen pen(style.line, width);
    pen.setCapStyle(Qt::FlatCap);
    if (style.cue == Cue::DashedBelow)
        pen.setDashPattern({2.5, 1.5});
    painter.setPen(pen);
    const double y = box.bottom() - width / 2;
    painter.drawLine(QPointF(box.left(), y), QPointF(box.right(), y));
}

} // namespace winnow
