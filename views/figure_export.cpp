#include "views/figure_export.h"

#include "views/type.h"

#include <QBuffer>
#include <QImage>
#include <QPageSize>
#include <QPainter>
#include <QPdfWriter>
#include <QFontInfo>
#include <QGuiApplication>
#include <QSvgGenerator>

#include <algorithm>
#include <cmath>

namespace winnow {

namespace {

constexpr double kMargin = 14, kMaximumSide = 20000;
constexpr double kPixelsPerInch = 96, kPointsPerInch = 72;
constexpr int kPdfResolution = 1200;

double captionHeight(const FigureOptions &options)
{
    if (options.caption.isEmpty())
        return 0;
    const QFontMetricsF metrics(typeFont(TypeRole::Hint));
    const QRectF space(0, 0, options.size.width() - 2 * kMargin, kMaximumSide);
    return std::ceil(metrics.boundingRect(space, Qt::TextWordWrap, options.caption).height()) + 16;
}

double titleHeight(const FigureOptions &options) { return options.title.isEmpty() ? 0 : scaled(36); }

double pictureHeight(const RunView &view, const FigureOptions &options)
{
    return std::clamp(view.figureHeight(options.size.width()), options.size.height(), kMaximumSide);
}

void paintFigure(QPainter &painter, const RunView &view, const FigureOptions &options)
{
    const QSizeF size = figureSize(view, options);
    const Theme &theme = options.theme;
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setRenderHint(QPainter::TextAntialiasing);
    painter.fillRect(QRectF(QPointF(), size), theme.surface);
    const double top = titleHeight(options);
    if (top > 0) {
        painter.setFont(typeFont(TypeRole::DialogTitle));
        painter.setPen(theme.t1);
        const QRectF row(kMargin, 4, size.width() - 2 * kMargin, top - 4);
        painter.drawText(row, Qt::AlignLeft | Qt::AlignVCenter, QFontMetricsF(painter.font()).elidedText(options.title, Qt::ElideMiddle, row.width()));
    }
    const double height = pictureHeight(view, options);
    view.paint(painter, QRectF(0, top, size.width(), height), theme);
    if (options.caption.isEmpty())
        return;
    painter.setFont(typeFont(TypeRole::Hint));
    painter.setPen(theme.t2);
    painter.drawText(QRectF(kMargin, top + height + 4, size.width() - 2 * kMargin, captionHeight(options)), Qt::TextWordWrap | Qt::AlignLeft | Qt::AlignTop, options.caption);
}

QByteArray pngOf(const RunView &view, const FigureOptions &options)
{
    const QSizeF size = figureSize(view, options) * options.pixelRatio;
    QImage image(static_cast<int>(std::ceil(size.width())), static_cast<int>(std::ceil(size.height())), QImage::Format_ARGB32_Premultiplied);
    image.setDevicePixelRatio(options.pixelRatio);
    image.fill(options.theme.surface);
    QPainter painter(&image);
    paintFigure(painter, view, options);
    painter.end();
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    const int dotsPerMeter = static_cast<int>(std::lround(kPixelsPerInch * options.pixelRatio / 0.0254));
    image.setDotsPerMeterX(dotsPerMeter);
    image.setDotsPerMeterY(dotsPerMeter);
    image.convertToFormat(QImage::Format_RGB32).save(&buffer, "PNG");
    return bytes;
}

/// The generator names one family, at times Qt's alias "Sans Serif", which no other reader knows (they fall back to a serif
/// face). The face the text was laid out with is named first, then ones that are near it.
QByteArray withFallbackFonts(QByteArray svg)
{
    const QFont font = QGuiApplication::font();
    const QByteArray families = "font-family=\"" + QFontInfo(font).family().toHtmlEscaped().toUtf8()
        + ", Inter, DejaVu Sans, sans-serif\"";
    for (const QString &written : {QStringLiteral("Sans Serif"), font.family()})
        svg.replace("font-family=\"" + written.toHtmlEscaped().toUtf8() + "\"", families);
    return svg;
}

QByteArray svgOf(const RunView &view, const FigureOptions &options)
{
    const QSizeF size = figureSize(view, options);
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    QSvgGenerator generator;
    generator.setOutputDevice(&buffer);
    generator.setResolution(static_cast<int>(kPixelsPerInch));
    generator.setSize(size.toSize());
    generator.setViewBox(QRectF(QPointF(), size));
    generator.setTitle(options.title.isEmpty() ? view.title() : options.title);
    generator.setDescription(options.caption);
    QPainter painter(&generator);
    paintFigure(painter, view, options);
    painter.end();
    return withFallbackFonts(bytes);
}

QByteArray pdfOf(const RunView &view, const FigureOptions &options)
{
    const QSizeF size = figureSize(view, options);
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    QPdfWriter writer(&buffer);
    writer.setTitle(options.title.isEmpty() ? view.title() : options.title);
    writer.setCreator(QStringLiteral("Winnow"));
    writer.setResolution(kPdfResolution);
    writer.setPageSize(QPageSize(size * kPointsPerInch / kPixelsPerInch, QPageSize::Point, QString(), QPageSize::ExactMatch));
    writer.setPageMargins(QMarginsF());
    QPainter painter(&writer);
    painter.scale(kPdfResolution / kPixelsPerInch, kPdfResolution / kPixelsPerInch);
    paintFigure(painter, view, options);
    painter.end();
    return bytes;
}

} // namespace

QString figureSuffix(FigureFileKind format)
{
    switch (format) {
    case FigureFileKind::Png: return QStringLiteral("png");
    case FigureFileKind::Svg: return QStringLiteral("svg");
    case FigureFileKind::Pdf: return QStringLiteral("pdf");
    }
    return {};
}

QSizeF figureSize(const RunView &view, const FigureOptions &options)
{
    return {options.size.width(), titleHeight(options) + pictureHeight(view, options) + captionHeight(options)};
}

Result<QByteArray> renderFigure(const RunView &view, const FigureOptions &options)
{
    if (!view.emptyReason().isEmpty())
        return fail(ErrorCode::BadInput, view.emptyReason().toStdString());
    const bool usable = options.size.width() >= 50 && options.size.height() >= 30 && options.size.width() <= kMaximumSide && options.size.height() <= kMaximumSide
        && options.pixelRatio > 0 && options.pixelRatio <= 8;
    if (!usable)
        return fail(ErrorCode::BadInput, QStringLiteral("a figure of %1 x %2 pixels cannot be drawn").arg(options.size.width()).arg(options.size.height()).toStdString(),
            "Choose 50 x 30 to 20,000 x 20,000 pixels.");
    QByteArray bytes;
    switch (options.format) {
    case FigureFileKind::Png: bytes = pngOf(view, options); break;
    case FigureFileKind::Svg: bytes = svgOf(view, options); break;
    case FigureFileKind::Pdf: bytes = pdfOf(view, options); break;
    }
    if (bytes.isEmpty())
        return fail(ErrorCode::OutOfMemory, "the figure is too large to draw", "Choose a smaller size.");
    return bytes;
}

} // namespace winnow
