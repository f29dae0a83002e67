#include "views/heat_image.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace winnow {

namespace {

constexpr int kColors = 255;
constexpr uchar kMasked = 255;

QVector<QRgb> colorTable(HeatColors colors, const Theme &theme)
{
    QVector<QRgb> table(kColors + 1);
    for (int i = 0; i < kColors; ++i) {
        const double v = i / double(kColors - 1);
        table[i] = colors == HeatColors::Cividis ? Theme::cividis(v) : theme.diverging(2 * v - 1);
    }
    table[kMasked] = theme.masked.rgb();
    return table;
}

struct Pool {
    Pooling pooling;
    float best = -std::numeric_limits<float>::infinity();
    double sum = 0;
    int count = 0;

    void add(float value)
    {
        if (std::isnan(value))
            return;
        best = std::max(best, value);
        sum += static_cast<double>(value);
        ++count;
    }
    float value() const
    {
        if (count == 0)
            return std::numeric_limits<float>::quiet_NaN();
        return pooling == Pooling::Max ? best : static_cast<float>(sum / count);
    }
};

uchar colorIndex(float value, const HeatData &data, HeatColors colors)
{
    if (std::isnan(value))
        return kMasked;
    const float low = colors == HeatColors::Diverging ? -data.high : data.low;
    const float span = data.high - low;
    const float v = span > 0 ? std::clamp((value - low) / span, 0.0f, 1.0f) : 0.0f;
    return static_cast<uchar>(std::lround(v * float(kColors - 1)));
}

} // namespace

std::pair<int, int> cellsUnderPixel(int i, int n, int count)
{
    const auto first = static_cast<int>(static_cast<int64_t>(i) * count / n);
    const auto last = static_cast<int>((static_cast<int64_t>(i) + 1) * count / n);
    return {first, std::max(last, first + 1)};
}

QImage heatImage(const HeatData &data, const HeatWindow &window, const QSize &pixels, Pooling pooling, HeatColors colors,
    const Theme &theme)
{
    const int width = pixels.width();
    const int height = pixels.height();
    if (width <= 0 || height <= 0 || window.rows() <= 0 || window.columns() <= 0)
        return {};
    QImage image(width, height, QImage::Format_Indexed8);
    image.setColorTable(colorTable(colors, theme));
    int drawnFirst = -1, drawnLast = -1;
    for (int y = 0; y < height; ++y) {
        const auto [r0, r1] = cellsUnderPixel(y, height, window.rows());
        uchar *line = image.scanLine(y);
        if (y > 0 && r0 == drawnFirst && r1 == drawnLast) { // the same cells as the line above
            std::copy_n(image.constScanLine(y - 1), width, line);
            continue;
        }
        drawnFirst = r0;
        drawnLast = r1;
        for (int x = 0; x < width; ++x) {
            const auto [c0, c1] = cellsUnderPixel(x, width, window.columns());
            Pool pool{pooling};
            for (int r = r0; r < r1; ++r) {
                const size_t row = static_cast<size_t>(window.row0 + r) * static_cast<size_t>(data.columns);
                for (int c = c0; c < c1; ++c)
                    pool.add(data.values[row + static_cast<size_t>(window.column0 + c)]);
            }
            line[x] = colorIndex(pool.value(), data, colors);
        }
    }
    return image;
}

} // namespace winnow
