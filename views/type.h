#pragma once

#include <QFont>
#include <QRectF>
#include <QString>

class QPainter;

namespace winnow {

/// Roles of text; every size is relative to the application font (13 px in the drawings of the look).
enum class TypeRole {
    PageTitle, // 25/600, reports and the welcome page
    DialogTitle, // 15/600
    Value, // 15/600, the budget
    ViewTitle, // 13/600
    Body, // 13/400
    Label, // 12.5, labels and tables
    Hint, // 12, hints and legends
    Axis, // 11
    DockHead, // 11/600, capitals, letter spacing 0.04 em
    Token, // 13
    WideToken, // 14.5, Chinese, Japanese, Thai
    Fixed, // commands and ids
};

/// The font the application should start with: the system's, or Inter at 13 px where no desktop configured one.
QFont baseFont();

QFont typeFont(TypeRole role);

/// Pixels of a length drawn as `px` at a 13 px body font.
double scaled(double px);

/// Width of `text` when every digit takes the width of the widest one.
double tabularWidth(const QFont &font, const QString &text);

/// Draws one line with equally wide digits, so that numbers below each other align.
/// @param alignment  Qt::AlignLeft, AlignHCenter or AlignRight; vertically centred.
void drawTabular(QPainter &painter, const QRectF &rect, Qt::Alignment alignment, const QString &text);

} // namespace winnow
