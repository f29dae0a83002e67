#include "views/type.h"

#include <QFontDatabase>
#include <QFontInfo>
#include <QFontMetricsF>
#include <QGuiApplication>
#include <QPainter>

#include <algorithm>

namespace winnow {

namespace {

constexpr double kBodyPixels = 13;

QFont sized(double pixels, QFont::Weight weight = QFont::Normal)
{
    QFont font = QGuiApplication::font();
    font.setWeight(weight);
    font.setPixelSize(std::max(6, qRound(scaled(pixels))));
    font.setHintingPreference(QFont::PreferNoHinting); // advances as designed, the same on screen and paper
    return font;
}

double digitWidth(const QFontMetricsF &metrics)
{
    double width = 0;
    for (char16_t c = u'0'; c <= u'9'; ++c)
        width = std::max(width, metrics.horizontalAdvance(QChar(c)));
    return width;
}

bool isDigit(QChar c) { return c >= u'0' && c <= u'9'; }

} // namespace

QFont baseFont()
{
    QFont font = QGuiApplication::font();
    // Without a desktop, Qt falls back to "Sans Serif" 9 pt: that is nobody's choice, so a face made for screens may replace it.
    const bool configured = !qEnvironmentVariableIsEmpty("XDG_CURRENT_DESKTOP");
    if (configured)
        return font;
    if (QFontDatabase::hasFamily(QStringLiteral("Inter")))
        font.setFamilies({QStringLiteral("Inter"), font.family()});
    font.setPixelSize(static_cast<int>(kBodyPixels));
    font.setHintingPreference(QFont::PreferNoHinting);
    return font;
}

double scaled(double px) { return px * QFontInfo(QGuiApplication::font()).pixelSize() / kBodyPixels; }

QFont typeFont(TypeRole role)
{
    switch (role) {
    case TypeRole::PageTitle: return sized(25, QFont::DemiBold);
    case TypeRole::DialogTitle:
    case TypeRole::Value: return sized(15, QFont::DemiBold);
    case TypeRole::ViewTitle: return sized(13, QFont::DemiBold);
    case TypeRole::Body:
    case TypeRole::Token: return sized(13);
    case TypeRole::Label: return sized(12.5);
    case TypeRole::Hint: return sized(12);
    case TypeRole::Axis: return sized(11);
    case TypeRole::DockHead: {
        QFont font = sized(11, QFont::DemiBold);
        font.setCapitalization(QFont::AllUppercase);
        font.setLetterSpacing(QFont::PercentageSpacing, 104);
        return font;
    }
    case TypeRole::WideToken: return sized(14.5);
    case TypeRole::Fixed: {
        QFont font = QFontDatabase::systemFont(QFontDatabase::FixedFont);
        font.setPixelSize(qRound(scaled(12)));
        return font;
    }
    }
    return sized(kBodyPixels);
}

double tabularWidth(const QFont &font, const QString &text)
{
    const QFontMetricsF metrics(font);
    const double digit = digitWidth(metrics);
    double width = 0;
    for (const QChar c : text)
        width += isDigit(c) ? digit : metrics.horizontalAdvance(c);
    return width;
}

void drawTabular(QPainter &painter, const QRectF &rect, Qt::Alignment alignment, const QString &text)
{
    const QFontMetricsF metrics(painter.font(), painter.device());
    const double digit = digitWidth(metrics);
    const double width = tabularWidth(painter.font(), text);
    double x = rect.left();
    if (alignment & Qt::AlignRight)
        x = rect.right() - width;
    else if (alignment & Qt::AlignHCenter)
        x = rect.center().x() - width / 2;
    const double baseline = rect.center().y() + (metrics.ascent() - metrics.descent()) / 2;
    QString other; // everything between digits is one piece, so that kerning and ligatures stay
    const auto flush = [&] {
        painter.drawText(QPointF(x, baseline), other);
        for (const QChar c : other)
            x += metrics.horizontalAdvance(c);
        other.clear();
    };
    for (const QChar c : text) {
        if (!isDigit(c)) {
            other += c;
            continue;
        }
        flush();
        painter.drawText(QPointF(x + (digit - metrics.horizontalAdvance(c)) / 2, baseline), QString(c));
        x += digit;
    }
    flush();
}

} // namespace winnow
