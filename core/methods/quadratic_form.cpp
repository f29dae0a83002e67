#include "core/methods/quadratic_form.h"

#include <algorithm>
#include <cstring>
#include <vector>

// The sanitiser build takes the plain version: it cannot follow functions that are resolved at load time.
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__)
#define WINNOW_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define WINNOW_CLONES
#endif

namespace winnow {
namespace {

    // Vectors of eight; the compiler splits or joins them to what the chosen instruction set has.
    using Float8 = float __attribute__((vector_size(32), aligned(4), may_alias));

    constexpr int64_t kBlock = 16; // columns taken together: two vectors
    constexpr int64_t kRows = 4; // keys taken together

    /// k^T S k = sum over column blocks J of sum_{j in J} k_j sum_{i <= end of J} T_ij k_i, where T doubles the rows above
    /// the block and takes the square block as it is.
    ///
    /// @param width d rounded up to whole blocks; what lies beyond d is 0.
    std::vector<float> foldSymmetric(const float *matrix, int64_t d, int64_t width)
    {
        std::vector<float> folded;
        for (int64_t block = 0; block < width; block += kBlock) {
            for (int64_t i = 0; i < block + kBlock; ++i) {
                for (int64_t j = block; j < block + kBlock; ++j) {
                    const float value = i < d && j < d ? matrix[i * d + j] : 0.0F;
                    folded.push_back(i < block ? 2 * value : value);
                }
            }
        }
        return folded;
    }

    /// Forms of four keys, [4][width] each padded to whole blocks.
    WINNOW_CLONES void formsOfFour(const float *keys, int64_t width, const float *folded, float *result)
    {
        Float8 total[kRows]{};
        for (int64_t block = 0; block < width; block += kBlock) {
            Float8 low[kRows]{}, high[kRows]{};
            for (int64_t i = 0; i < block + kBlock; ++i, folded += kBlock) {
                const Float8 a = *reinterpret_cast<const Float8 *>(folded);
                const Float8 b = *reinterpret_cast<const Float8 *>(folded + 8);
                for (int64_t r = 0; r < kRows; ++r) {
                    low[r] += a * keys[r * width + i];
                    high[r] += b * keys[r * width + i];
                }
            }
            for (int64_t r = 0; r < kRows; ++r) {
                const float *key = keys + r * width + block;
                total[r] += low[r] * *reinterpret_cast<const Float8 *>(key);
                total[r] += high[r] * *reinterpret_cast<const Float8 *>(key + 8);
            }
        }
        for (int64_t r = 0; r < kRows; ++r) {
            float sum = 0;
            for (int lane = 0; lane < 8; ++lane)
                sum += total[r][lane];
            result[r] = sum;
        }
    }

} // namespace

void addQuadraticForms(const QuadraticForms &forms)
{
    const int64_t width = (forms.d + kBlock - 1) / kBlock * kBlock;
    std::vector<std::vector<float>> folded;
    for (int64_t h = 0; h < forms.heads; ++h)
        folded.push_back(foldSymmetric(forms.matrices + h * forms.d * forms.d, forms.d, width));
    std::vector<float> keys(static_cast<size_t>(kRows * width), 0.0F);
    for (int64_t v = 0; v < forms.n; v += kRows) {
        const int64_t rows = std::min(kRows, forms.n - v);
        for (int64_t r = 0; r < rows; ++r)
            std::copy_n(forms.keys + (v + r) * forms.d, forms.d, keys.begin() + r * width);
        for (int64_t h = 0; h < forms.heads; ++h) {
            float result[kRows];
            formsOfFour(keys.data(), width, folded[static_cast<size_t>(h)].data(), result);
            for (int64_t r = 0; r < rows; ++r)
                forms.out[h * forms.n + v + r] += forms.factor * result[r];
        }
    }
}

} // namespace winnow
