#include "core/methods/pooling.h"

#include <algorithm>
#include <limits>
#include <vector>

namespace winnow {
namespace {

    /// Running maxima of doubling width, then two overlapping ones make the kernel.
    void poolMax(int64_t kernel, float *row, int64_t n)
    {
        const int64_t half = kernel / 2;
        const int64_t padded = n + 2 * half;
        std::vector<float> run(static_cast<size_t>(padded), -std::numeric_limits<float>::infinity());
        std::copy_n(row, n, run.begin() + half);
        int64_t width = 1; // run[i] = maximum of padded[i .. i + width)
        for (; 2 * width <= kernel; width *= 2) {
            for (int64_t i = 0; i + width < padded; ++i)
                run[size_t(i)] = std::max(run[size_t(i)], run[size_t(i + width)]);
        }
        for (int64_t v = 0; v < n; ++v)
            row[v] = std::max(run[size_t(v)], run[size_t(v + kernel - width)]);
    }

    /// Each window is summed anew: a running sum would carry rounding errors along and break exact ties.
    void poolAverage(int64_t kernel, float *row, int64_t n)
    {
        const int64_t half = kernel / 2;
        std::vector<float> padded(static_cast<size_t>(n + 2 * half), 0.0F);
        std::copy_n(row, n, padded.begin() + half);
        std::fill_n(row, n, 0.0F);
        for (int64_t j = 0; j < kernel; ++j) {
            for (int64_t v = 0; v < n; ++v)
                row[v] += padded[size_t(v + j)];
        }
        for (int64_t v = 0; v < n; ++v)
            row[v] /= static_cast<float>(kernel);
    }

} // namespace

void poolRow(Pooling pooling, int64_t kernel, float *row, int64_t n)
{
    if (kernel <= 1 || n == 0)
        return;
    if (pooling == Pooling::Max)
        poolMax(kernel, row, n);
    else if (pooling == Pooling::Average)
        poolAverage(kernel, row, n);
}

} // namespace winnow
