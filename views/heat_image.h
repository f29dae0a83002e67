#pragma once

#include "views/theme.h"

#include <QImage>

#include <span>

namespace winnow {

/// How several cells under one pixel become one colour.
enum class Pooling { Max, Mean };
enum class HeatColors { Cividis, Diverging };

/// Cells [row0, row1) x [column0, column1) of a matrix.
struct HeatWindow {
    int row0 = 0, row1 = 0, column0 = 0, column1 = 0;
    int rows() const { return row1 - row0; }
    int columns() const { return column1 - column0; }
    bool operator==(const HeatWindow &) const = default;
};

struct HeatData {
    std::span<const float> values; // [rows, columns]; NaN = masked
    int rows = 0, columns = 0;
    float low = 0, high = 1; // range of the colours; Diverging: -high..high
};

/// An indexed image of a part of a matrix: 255 colours and one for masked cells.
///
/// A pixel shows the cells it covers: their maximum (isolated values never vanish) or the mean of those with a value.
/// @cost  O(cells + pixels).
QImage heatImage(const HeatData &data, const HeatWindow &window, const QSize &pixels, Pooling pooling, HeatColors colors,
    const Theme &theme);

/// Cells under pixel i of n when `count` cells are drawn: [first, last), at least one.
std::pair<int, int> cellsUnderPixel(int i, int n, int count);

} // namespace winnow
