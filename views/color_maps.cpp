#include "views/theme.h"

#include <algorithm>
#include <cmath>

namespace winnow {

namespace {

// Ten equidistant anchors of cividis (Nunez, Anderton, Renslow, PLoS ONE 13(7), 2018): lightness rises evenly for
// normal and for red-green deficient sight. Between anchors the channels follow a monotone cubic.
constexpr std::array<QRgb, 10> kCividis{0xff00224e, 0xff123570, 0xff3b496c, 0xff575d6d, 0xff707173, 0xff8a8678,
    0xffa59c74, 0xffc3b369, 0xffe1cc55, 0xfffee838};
constexpr int kEntries = 256;

double channelOf(QRgb color, int shift) { return static_cast<double>((color >> shift) & 0xff); }

// Tangent at anchor i, limited so that no channel leaves the range of its neighbours.
// Source: Fritsch and Carlson, SIAM J. Numer. Anal. 17(2), 1980 (harmonic mean form).
double tangent(int i, int shift)
{
    const int last = static_cast<int>(kCividis.size()) - 1;
    const auto at = [&](int k) { return channelOf(kCividis[static_cast<size_t>(k)], shift); };
    if (i == 0)
        return at(1) - at(0);
    if (i == last)
        return at(last) - at(last - 1);
    const double before = at(i) - at(i - 1);
    const double after = at(i + 1) - at(i);
    return before * after <= 0 ? 0 : 2 * before * after / (before + after);
}

int interpolated(double v, int shift)
{
    const double scaled = v * static_cast<double>(kCividis.size() - 1);
    const int i = std::min(static_cast<int>(scaled), static_cast<int>(kCividis.size()) - 2);
    const double t = scaled - i;
    const double p0 = channelOf(kCividis[static_cast<size_t>(i)], shift);
    const double p1 = channelOf(kCividis[static_cast<size_t>(i) + 1], shift);
    const double h = (2 * t * t * t - 3 * t * t + 1) * p0 + (t * t * t - 2 * t * t + t) * tangent(i, shift)
        + (-2 * t * t * t + 3 * t * t) * p1 + (t * t * t - t * t) * tangent(i + 1, shift);
    return std::clamp(static_cast<int>(std::lround(h)), 0, 255);
}

std::array<QRgb, kEntries> cividisTable()
{
    std::array<QRgb, kEntries> table;
    for (int i = 0; i < kEntries; ++i) {
        const double v = i / double(kEntries - 1);
        table[static_cast<size_t>(i)] = qRgb(interpolated(v, 16), interpolated(v, 8), interpolated(v, 0));
    }
    return table;
}

QRgb blend(QRgb a, QRgb b, double t)
{
    const auto mix = [&](int x, int y) { return static_cast<int>(std::lround(x + (y - x) * t)); };
    return qRgb(mix(qRed(a), qRed(b)), mix(qGreen(a), qGreen(b)), mix(qBlue(a), qBlue(b)));
}

} // namespace

QRgb Theme::cividis(double v)
{
    static const std::array<QRgb, kEntries> table = cividisTable();
    if (std::isnan(v))
        v = 0;
    return table[static_cast<size_t>(std::lround(std::clamp(v, 0.0, 1.0) * (kEntries - 1)))];
}

QRgb Theme::diverging(double v) const
{
    const bool isLight = kind == ThemeKind::Light;
    const QRgb low = isLight ? 0xff1e5696 : 0xff6eb2fa;
    const QRgb zero = isLight ? 0xfff6f6f6 : 0xff30343a;
    const QRgb high = isLight ? 0xffb25414 : 0xffffa05f;
    if (std::isnan(v))
        v = 0;
    v = std::clamp(v, -1.0, 1.0);
    return v < 0 ? blend(zero, low, -v) : blend(zero, high, v);
}

} // namespace winnow
