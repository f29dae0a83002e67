#pragma once

#include "views/theme.h"

#include <QIcon>
#include <QPixmap>
#include <QString>

namespace winnow {

/// A drawn icon of resources/icons by its freedesktop name, in one colour; empty for an unknown name.
QPixmap iconPixmap(const QString &name, const QColor &color, double size, double devicePixelRatio = 1);

/// The icon in the theme's colours: t2, accent text when checked, disabled. Sizes 14, 16 and 26 at 1x and 2x.
QIcon themedIcon(const QString &name, const Theme &theme);
/// The same in one given colour (an icon on an accent button).
QIcon coloredIcon(const QString &name, const QColor &color, const Theme &theme);

/// The three seeds, for windows and the welcome page.
QIcon applicationIcon();
QPixmap applicationMark(double size, double devicePixelRatio, const Theme &theme);

/// Makes resources/icons known to style sheets; a static library drops them otherwise. Call once before setStyleSheet.
void initIcons();

} // namespace winnow
