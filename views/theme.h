#pragma once

#include <QColor>
#include <QFont>
#include <QPalette>
#include <QString>
#include <QVector>

#include <array>

namespace winnow {

enum class ThemeKind { Light, Dark };

/// Colour, dash and marker of a run; fixed by its letter, the ninth starts again with hollow markers.
struct RunStyle {
    QColor color;
    QVector<qreal> dash; // pixels; empty = solid
    enum class Marker { Circle, Square, TriangleUp, Diamond, TriangleDown, Plus, Cross, Star } marker = Marker::Circle;
    bool hollow = false;
};

/// Fill and second cue of a token class.
struct ClassStyle {
    QColor fill, line, text;
    enum class Cue { None, LineBelow, LowerHalf, DashedBelow, ThinBelow } cue = Cue::None;
};

/// The one table of tokens (docs/look.md): palette, style sheet and every painter read only this.
struct Theme {
    ThemeKind kind = ThemeKind::Light;
    QColor bg, dock, surface, raised, sunken, hair, border, grid, axis;
    QColor t1, t2, t3, disabled;
    QColor accent, accentHover, onAccent, accentText, accentSoft;
    QColor mark;
    QColor ok, okSoft, warn, warnSoft, err, errSoft, worse, better, masked;
    std::array<QColor, 4> parts;
    std::array<RunStyle, 8> runs;
    ClassStyle kept, window, marginal, merged, evicted, fresh;

    static const Theme &light();
    static const Theme &dark();
    static const Theme &of(ThemeKind kind) { return kind == ThemeKind::Light ? light() : dark(); }

    /// Style of the n-th pinned run (0 = A).
    RunStyle run(int index) const;
    QPalette palette() const;
    QString styleSheet() const;
    /// cividis, v in 0..1.
    static QRgb cividis(double v);
    /// Blue-neutral-orange with zero fixed, v in -1..1.
    QRgb diverging(double v) const;
};

/// "A", "B", ... "Z", "A2".
QString runLetter(int index);

} // namespace winnow
