#include "core/model/quant_kernels.h"

// Compiled for AVX2, FMA and F16C (core/CMakeLists.txt) and entered only where the processor has them. Therefore nothing of
// the standard library is used here: an inline function compiled in this file could be the one that the whole program links.
// Products and sums of weights are rounded one by one as in ggml's reference (no contraction); fused multiply-add is written
// out where inputs are multiplied.
#if defined(__AVX2__) && defined(__FMA__) && defined(__F16C__)

#include "core/model/quant_formats_avx2.h"

namespace winnow::quant {
namespace {

    WINNOW_INLINE float sumLanes(const Floats &v)
    {
        return ((v[0] + v[4]) + (v[1] + v[5])) + ((v[2] + v[6]) + (v[3] + v[7]));
    }

    /// Writes the weights.
    struct Unpack {
        float *out;

        template <int Count, int Slot, typename Quant>
        WINNOW_INLINE void group(int position, float scale, Quant quant)
        {
#pragma GCC unroll 8
            for (int i = 0; i < Count; ++i)
                _mm256_storeu_ps(out + position + i * kLanes, quant(i) * scale);
        }
        template <int Count, int Slot, typename Quant>
        WINNOW_INLINE void group(int position, float scale, float offset, Quant quant)
        {
#pragma GCC unroll 8
            for (int i = 0; i < Count; ++i)
                _mm256_storeu_ps(out + position + i * kLanes, quant(i) * scale + offset);
        }
        WINNOW_INLINE void next(int elements) { out += elements; }
    };

    /// Multiplies with one input row.
    struct Dot {
        const float *x;
        const float *sums;
        Floats first{}, second{};
        float offsets = 0;

        template <int Count, int Slot, typename Quant>
        WINNOW_INLINE void group(int position, float scale, Quant quant)
        {
            Floats sum = quant(0) * loadFloats(x + position);
#pragma GCC unroll 8
            for (int i = 1; i < Count; ++i)
                sum = fma(quant(i), loadFloats(x + position + i * kLanes), sum);
            Floats &total = Slot == 0 ? first : second;
            total = fma(sum, splat(scale), total);
        }
        template <int Count, int Slot, typename Quant>
        WINNOW_INLINE void group(int position, float scale, float offset, Quant quant)
        {
            group<Count, Slot>(position, scale, quant);
            offsets += offset * sums[position / (Count * kLanes)];
        }
        template <int Width>
        WINNOW_INLINE void nextSums(int elements)
        {
            sums += elements / Width;
        }
        WINNOW_INLINE void next(int elements) { x += elements; }
        WINNOW_INLINE float total() const { return sumLanes(first + second) + offsets; }
    };

    template <typename Block>
    void dotBlocks(const std::byte *rows, int64_t count, int64_t columns, const float *x, const float *sums, float *y)
    {
        const int64_t blocks = columns / Block::kElements;
        for (int64_t r = 0; r < count; ++r) {
            Dot dot{x, sums};
            for (int64_t b = 0; b < blocks; ++b, rows += Block::kBytes) {
                Block::visit(rows, dot);
                dot.next(Block::kElements);
                if constexpr (Block::kSums > 0)
                    dot.template nextSums<Block::kSums>(Block::kElements);
            }
            y[r] = dot.total();
        }
    }

    template <typename Block>
    void unpackBlocks(const std::byte *rows, int64_t count, int64_t columns, float *__restrict out)
    {
        Unpack unpack{out};
        for (int64_t b = 0; b < count * (columns / Block::kElements); ++b, rows += Block::kBytes) {
            Block::visit(rows, unpack);
            unpack.next(Block::kElements);
        }
    }

    // Plain elements, eight at a time.
    struct F32 {
        static constexpr int kBytes = 4;
        static WINNOW_INLINE Floats eight(const std::byte *in) { return loadFloats(reinterpret_cast<const float *>(in)); }
        static WINNOW_INLINE float one(const std::byte *in) { return read<float>(in); }
    };
    struct F16 {
        static constexpr int kBytes = 2;
        static WINNOW_INLINE Floats eight(const std::byte *in)
        {
            return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i *>(in)));
        }
        static WINNOW_INLINE float one(const std::byte *in) { return half(in); }
    };
    struct Bf16 {
        static constexpr int kBytes = 2;
        static WINNOW_INLINE Floats eight(const std::byte *in)
        {
            return (Floats)((Ints)_mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i *>(in))) << 16);
        }
        static WINNOW_INLINE float one(const std::byte *in)
        {
            const uint32_t bits = static_cast<uint32_t>(read<uint16_t>(in)) << 16;
            return read<float>(reinterpret_cast<const std::byte *>(&bits));
        }
    };

    template <typename Element>
    void dotElements(const std::byte *rows, int64_t count, int64_t columns, const float *x, const float *, float *y)
    {
        for (int64_t r = 0; r < count; ++r, rows += columns * Element::kBytes) {
            Floats a{}, b{}, c{}, d{};
            int64_t i = 0;
            const auto at = [&](int64_t k) { return Element::eight(rows + (i + k * kLanes) * Element::kBytes); };
            for (; i + 4 * kLanes <= columns; i += 4 * kLanes) {
                a = fma(at(0), loadFloats(x + i), a);
                b = fma(at(1), loadFloats(x + i + kLanes), b);
                c = fma(at(2), loadFloats(x + i + 2 * kLanes), c);
                d = fma(at(3), loadFloats(x + i + 3 * kLanes), d);
            }
            for (; i + kLanes <= columns; i += kLanes)
                a = fma(at(0), loadFloats(x + i), a);
            float sum = sumLanes((a + b) + (c + d));
            for (; i < columns; ++i)
                sum += Element::one(rows + i * Element::kBytes) * x[i];
            y[r] = sum;
        }
    }

    template <typename Element>
    void unpackElements(const std::byte *rows, int64_t count, int64_t columns, float *__restrict out)
    {
        const int64_t n = count * columns;
        int64_t i = 0;
        for (; i + kLanes <= n; i += kLanes)
            _mm256_storeu_ps(out + i, Element::eight(rows + i * Element::kBytes));
        for (; i < n; ++i)
            out[i] = Element::one(rows + i * Element::kBytes);
    }

    template <typename Block>
    constexpr RowKernels kBlockKernels{dotBlocks<Block>, unpackBlocks<Block>};
    template <typename Element>
    constexpr RowKernels kElementKernels{dotElements<Element>, unpackElements<Element>};

} // namespace

RowKernels avx2Kernels(TensorType type)
{
    switch (type) {
    case TensorType::F32:
        return kElementKernels<F32>;
    case TensorType::F16:
        return kElementKernels<F16>;
    case TensorType::BF16:
        return kElementKernels<Bf16>;
    case TensorType::Q4_0:
        return kBlockKernels<Q4_0>;
    case TensorType::Q4_1:
        return kBlockKernels<Q4_1>;
    case TensorType::Q5_0:
        return kBlockKernels<Q5_0>;
    case TensorType::Q5_1:
        return kBlockKernels<Q5_1>;
    case TensorType::Q8_0:
        return kBlockKernels<Q8_0>;
    case TensorType::Q2_K:
        return kBlockKernels<Q2_K>;
    case TensorType::Q3_K:
        return kBlockKernels<Q3_K>;
    case TensorType::Q4_K:
        return kBlockKernels<Q4_K>;
    case TensorType::Q5_K:
        return kBlockKernels<Q5_K>;
    case TensorType::Q6_K:
        return kBlockKernels<Q6_K>;
    }
    return {};
}

} // namespace winnow::quant

#else

namespace winnow::quant {

RowKernels avx2Kernels(TensorType) { return {}; }

} // namespace winnow::quant

#endif
