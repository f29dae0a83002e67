#pragma once

#include "views/theme.h"
#include "views/type.h"

#include <QPointF>
#include <QString>

class QPagedPaintDevice;
class QPainter;

namespace winnow {

/// Puts blocks below each other on A4 pages and starts a page where one does not fit. In pixels of 1/96 inch: the painter is scaled
/// to them by the caller.
class PageFlow {
public:
    PageFlow(QPagedPaintDevice &device, QPainter &painter, const QString &foot);

    double width() const; // between the margins
    double height() const;
    int page() const { return m_page; } // from 1 on
    QPainter &painter() { return m_painter; }

    /// Top left of a block of this height; on a new page where it does not fit together with what must follow it.
    QPointF take(double height, double follows = 0);
    void gap(double height) { m_y += height; }
    double textHeight(const QString &words, TypeRole role) const;
    void text(const QString &words, TypeRole role, const QColor &color);
    /// Stands on the page of the first `lines` lines of what follows.
    void heading(const QString &words, int lines);

private:
    void write(const QString &words, TypeRole role, const QColor &color, double follows);
    void startPage();

    QPagedPaintDevice &m_device;
    QPainter &m_painter;
    QString m_foot;
    double m_y = 0;
    int m_page = 0;
};

} // namespace winnow
