#include "views/icons.h"

#include <QFile>
#include <QPainter>
#include <QSvgRenderer>

#include <cmath>

static void initIconResource() { Q_INIT_RESOURCE(icons); }

namespace winnow {

namespace {

QByteArray svgOf(const QString &name)
{
    initIcons();
    QFile file(QStringLiteral(":/winnow/icons/%1.svg").arg(name));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

QPixmap rendered(const QByteArray &svg, double size, double ratio)
{
    QSvgRenderer renderer(svg);
    if (!renderer.isValid())
        return {};
    const int pixels = static_cast<int>(std::lround(size * ratio));
    QPixmap pixmap(pixels, pixels);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    renderer.render(&painter, QRectF(0, 0, pixels, pixels));
    painter.end();
    pixmap.setDevicePixelRatio(ratio);
    return pixmap;
}

} // namespace

void initIcons() { initIconResource(); }

QPixmap iconPixmap(const QString &name, const QColor &color, double size, double devicePixelRatio)
{
    return rendered(svgOf(name).replace("currentColor", color.name().toLatin1()), size, devicePixelRatio);
}

QIcon coloredIcon(const QString &name, const QColor &color, const Theme &theme)
{
    QIcon icon;
    for (const double size : {14.0, 16.0, 26.0}) {
        for (const double ratio : {1.0, 2.0}) {
            icon.addPixmap(iconPixmap(name, color, size, ratio), QIcon::Normal, QIcon::Off);
            icon.addPixmap(iconPixmap(name, theme.disabled, size, ratio), QIcon::Disabled, QIcon::Off);
        }
    }
    return icon;
}

QIcon themedIcon(const QString &name, const Theme &theme)
{
    QIcon icon = coloredIcon(name, theme.t2, theme);
    for (const double size : {14.0, 16.0})
        for (const double ratio : {1.0, 2.0})
            icon.addPixmap(iconPixmap(name, theme.accentText, size, ratio), QIcon::Normal, QIcon::On);
    return icon;
}

QPixmap applicationMark(double size, double devicePixelRatio, const Theme &theme)
{
    QByteArray svg = svgOf(QStringLiteral("winnow"));
    svg.replace("#4150C8", theme.accent.name().toLatin1());
    svg.replace("#A3ACEA", theme.parts[3].name().toLatin1());
    return rendered(svg, size, devicePixelRatio);
}

QIcon applicationIcon()
{
    QIcon icon;
    for (const double size : {16.0, 24.0, 32.0, 48.0, 64.0, 128.0, 256.0})
        icon.addPixmap(rendered(svgOf(QStringLiteral("winnow")), size, 1));
    return icon;
}

} // namespace winnow
