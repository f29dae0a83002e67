#pragma once

#include <cstddef>
#include <cstdint>
#include <immintrin.h>

// The block formats of ggml (quant_blocks.h) for AVX2, F16C and a sink: quant_kernels_avx2.cpp includes this and says why
// nothing of the standard library may be used here.

#define WINNOW_INLINE inline __attribute__((always_inline))

namespace winnow::quant {
namespace {

    using Floats = float __attribute__((vector_size(32)));
    using Ints = int __attribute__((vector_size(32)));
    constexpr int kLanes = 8;

    WINNOW_INLINE Floats floats(const Ints &v) { return __builtin_convertvector(v, Floats); }
    WINNOW_INLINE Floats splat(float v) { return _mm256_set1_ps(v); }
    WINNOW_INLINE Floats loadFloats(const float *p) { return _mm256_loadu_ps(p); }
    WINNOW_INLINE Floats fma(const Floats &a, const Floats &b, const Floats &c) { return _mm256_fmadd_ps(a, b, c); }

    template <typename T>
    WINNOW_INLINE T read(const std::byte *from)
    {
        T value;
        __builtin_memcpy(&value, from, sizeof value);
        return value;
    }

    using Four = float __attribute__((vector_size(16)));
    WINNOW_INLINE float half(const std::byte *from)
    {
        return ((Four)_mm_cvtph_ps(_mm_cvtsi32_si128(static_cast<int>(read<uint16_t>(from)))))[0];
    }
    /// Scale and minimum that stand side by side.
    WINNOW_INLINE Four halves(const std::byte *from) { return _mm_cvtph_ps(_mm_cvtsi32_si128(read<int>(from))); }

    WINNOW_INLINE __m128i eightBytes(const std::byte *from) { return _mm_loadl_epi64(reinterpret_cast<const __m128i *>(from)); }
    WINNOW_INLINE Ints unsignedBytes(const std::byte *from) { return (Ints)_mm256_cvtepu8_epi32(eightBytes(from)); }
    WINNOW_INLINE Ints signedBytes(const std::byte *from) { return (Ints)_mm256_cvtepi8_epi32(eightBytes(from)); }

    // Each format shows its blocks to a sink in groups of values with one scale: value i * 8 + lane of the group at `position`
    // is scale * quant(i)[lane] (+ offset). `Slot` alternates so that sums do not wait for each other.

    /// Low nibbles of 16 bytes for i = 0 and 1, high nibbles for 2 and 3.
    WINNOW_INLINE Ints nibbles(const std::byte *from, int i)
    {
        const Ints bytes = unsignedBytes(from + i % 2 * kLanes);
        return i < 2 ? bytes & 15 : bytes >> 4;
    }

    // 32 bytes at once, for formats that put a value together from several bit fields.
    WINNOW_INLINE __m256i bytes(const std::byte *from) { return _mm256_loadu_si256(reinterpret_cast<const __m256i *>(from)); }
    WINNOW_INLINE __m256i fill(int value) { return _mm256_set1_epi8(static_cast<char>(value)); }
    /// Bits [shift, shift + ..) of each byte that `mask` lets through.
    WINNOW_INLINE __m256i right(const __m256i &v, int shift, int mask)
    {
        return _mm256_and_si256(_mm256_srli_epi16(v, shift), fill(mask));
    }
    WINNOW_INLINE __m256i left(const __m256i &v, int shift, int mask)
    {
        return _mm256_and_si256(_mm256_slli_epi16(v, shift), fill(mask));
    }
    WINNOW_INLINE __m256i either(const __m256i &a, const __m256i &b) { return _mm256_or_si256(a, b); }

    /// Quants of a block as signed bytes in the order of the values.
    template <int Elements>
    struct Quants {
        alignas(32) std::byte values[Elements];
        WINNOW_INLINE void set(int position, const __m256i &v)
        {
            _mm256_store_si256(reinterpret_cast<__m256i *>(values + position), v);
        }
        WINNOW_INLINE Floats eight(int position) const { return floats(signedBytes(values + position)); }
    };

    /// Low nibbles of 16 bytes, then their high nibbles.
    WINNOW_INLINE __m256i nibbleBytes(const std::byte *from)
    {
        const __m128i packed = _mm_loadu_si128(reinterpret_cast<const __m128i *>(from));
        return _mm256_and_si256(_mm256_set_m128i(_mm_srli_epi16(packed, 4), packed), fill(15));
    }

    /// 0xff in byte i where bit i is set.
    WINNOW_INLINE __m256i spreadBits(int bits)
    {
        const __m256i source = _mm256_setr_epi64x(0, 0x0101010101010101, 0x0202020202020202, 0x0303030303030303);
        const __m256i spread = _mm256_shuffle_epi8(_mm256_set1_epi32(bits), source);
        const __m256i bit = _mm256_set1_epi64x(static_cast<int64_t>(0x8040201008040201));
        return _mm256_cmpeq_epi8(_mm256_and_si256(spread, bit), bit);
    }

    struct Q4_0 {
        static constexpr int kElements = 32, kBytes = 18, kSums = 0;
        template <typename Sink>
        static WINNOW_INLINE void visit(const std::byte *in, Sink &sink)
        {
            sink.template group<4, 0>(0, half(in), [&](int i) { return floats(nibbles(in + 2, i) - 8); });
        }
    };

    struct Q4_1 {
        static constexpr int kElements = 32, kBytes = 20, kSums = 32;
        template <typename Sink>
        static WINNOW_INLINE void visit(const std::byte *in, Sink &sink)
        {
            const Four scale = halves(in);
            sink.template group<4, 0>(0, scale[0], scale[1], [&](int i) { return floats(nibbles(in + 4, i)); });
        }
    };

    struct Q5_0 {
        static constexpr int kElements = 32, kBytes = 22, kSums = 0;
        template <typename Sink>
        static WINNOW_INLINE void visit(const std::byte *in, Sink &sink)
        {
            // q - 16 has the upper four bits set where the fifth bit of q is not.
            Quants<32> quants;
            quants.set(0, either(nibbleBytes(in + 6), _mm256_andnot_si256(spreadBits(read<int>(in + 2)), fill(0xf0))));
            sink.template group<4, 0>(0, half(in), [&](int i) { return quants.eight(i * kLanes); });
        }
    };

    struct Q5_1 {
        static constexpr int kElements = 32, kBytes = 24, kSums = 32;
        template <typename Sink>
        static WINNOW_INLINE void visit(const std::byte *in, Sink &sink)
        {
            const Four scale = halves(in);
            Quants<32> quants;
            quants.set(0, either(nibbleBytes(in + 8), _mm256_and_si256(spreadBits(read<int>(in + 4)), fill(16))));
            sink.template group<4, 0>(0, scale[0], scale[1], [&](int i) { return quants.eight(i * kLanes); });
        }
    };

    struct Q8_0 {
        static constexpr int kElements = 32, kBytes = 34, kSums = 0;
        template <typename Sink>
        static WINNOW_INLINE void visit(const std::byte *in, Sink &sink)
        {
            sink.template group<4, 0>(0, half(in), [&](int i) { return floats(signedBytes(in + 2 + i * kLanes)); });
        }
    };

    /// f32 products of 16 small integers and a block scale, for the groups of a block.
    struct Scales {
        alignas(32) float values[16];
        WINNOW_INLINE void set(const Ints &low, const Ints &high, float scale)
        {
            _mm256_store_ps(values, floats(low) * scale);
            _mm256_store_ps(values + kLanes, floats(high) * scale);
        }
    };

    /// 16 groups of 16 values with a scale each.
    template <typename Sink>
    WINNOW_INLINE void showGroups(const Quants<256> &quants, const Scales &scales, Sink &sink)
    {
#pragma GCC unroll 8
        for (int group = 0; group < 16; group += 2) {
            const int next = group + 1;
            sink.template group<2, 0>(
                group * 16, scales.values[group], [&](int i) { return quants.eight(group * 16 + i * kLanes); });
            sink.template group<2, 1>(
                next * 16, scales.values[next], [&](int i) { return quants.eight(next * 16 + i * kLanes); });
        }
    }

    struct Q2_K {
        static constexpr int kElements = 256, kBytes = 84, kSums = 16;
        template <typename Sink>
        static WINNOW_INLINE void visit(const std::byte *in, Sink &sink)
        {
            const Ints low = unsignedBytes(in), high = unsignedBytes(in + kLanes);
            Scales scales, offsets;
            scales.set(low & 15, high & 15, half(in + 80));
            offsets.set(low >> 4, high >> 4, -half(in + 82));
            Quants<256> quants;
#pragma GCC unroll 8
            for (int i = 0; i < 8; ++i)
                quants.set(32 * i, right(bytes(in + 16 + i / 4 * 32), i % 4 * 2, 3));
#pragma GCC unroll 8
            for (int group = 0; group < 16; group += 2) {
                const int next = group + 1;
                sink.template group<2, 0>(group * 16, scales.values[group], offsets.values[group],
                    [&](int i) { return quants.eight(group * 16 + i * kLanes); });
                sink.template group<2, 1>(next * 16, scales.values[next], offsets.values[next],
                    [&](int i) { return quants.eight(next * 16 + i * kLanes); });
            }
        }
    };

    struct Q3_K {
        static constexpr int kElements = 256, kBytes = 110, kSums = 0;
        template <typename Sink>
        static WINNOW_INLINE void visit(const std::byte *in, Sink &sink)
        {
            // 6-bit scales: low nibbles in bytes 0..7, the two high bits of scales g, g + 4, g + 8, g + 12 in byte 8 + g.
            const auto nibble = read<uint64_t>(in + 96);
            const uint64_t top = read<uint32_t>(in + 104);
            const uint64_t pairs = top | top >> 2 << 32; // scales 0..7 in bits 0..1 of each byte, 8..15 in bits 4..5
            const uint64_t low = (nibble & 0x0f0f0f0f0f0f0f0f) | (pairs & 0x0303030303030303) << 4;
            const uint64_t high = (nibble >> 4 & 0x0f0f0f0f0f0f0f0f) | (pairs >> 4 & 0x0303030303030303) << 4;
            Scales scales;
            scales.set(unsignedBytes(reinterpret_cast<const std::byte *>(&low)) - 32,
                unsignedBytes(reinterpret_cast<const std::byte *>(&high)) - 32, half(in + 108));
            // q - 4 has the upper six bits set where the third bit of q is not.
            const __m256i mask = bytes(in);
            Quants<256> quants;
#pragma GCC unroll 8
            for (int i = 0; i < 8; ++i) {
                const __m256i unset = _mm256_cmpeq_epi8(_mm256_and_si256(mask, fill(1 << i)), _mm256_setzero_si256());
                quants.set(32 * i, either(right(bytes(in + 32 + i / 4 * 32), i % 4 * 2, 3), _mm256_and_si256(unset, fill(0xfc))));
            }
            showGroups(quants, scales, sink);
        }
    };

    /// 6-bit scales and minima of the 8 groups of Q4_K and Q5_K, packed in 12 bytes: groups 0..3 in the low six bits of bytes
    /// 0..3 and 4..7, groups 4..7 in the nibbles of bytes 8..11 and the upper two bits of the first eight.
    struct GroupScales {
        alignas(32) float scale[8], offset[8];
        WINNOW_INLINE GroupScales(const std::byte *packed, float d, float dMin)
        {
            const auto a = read<uint32_t>(packed), b = read<uint32_t>(packed + 4), c = read<uint32_t>(packed + 8);
            const uint64_t scales = (a & 0x3f3f3f3f) | static_cast<uint64_t>((c & 0x0f0f0f0f) | (a >> 6 & 0x03030303) << 4) << 32;
            const uint64_t minima
                = (b & 0x3f3f3f3f) | static_cast<uint64_t>((c >> 4 & 0x0f0f0f0f) | (b >> 6 & 0x03030303) << 4) << 32;
            _mm256_store_ps(scale, floats(unsignedBytes(reinterpret_cast<const std::byte *>(&scales))) * d);
            _mm256_store_ps(offset, floats(unsignedBytes(reinterpret_cast<const std::byte *>(&minima))) * -dMin);
        }
    };

    struct Q4_K {
        static constexpr int kElements = 256, kBytes = 144, kSums = 32;
        template <typename Sink>
        static WINNOW_INLINE void visit(const std::byte *in, Sink &sink)
        {
            const GroupScales groups(in + 4, half(in), half(in + 2));
#pragma GCC unroll 4
            for (int pair = 0; pair < 4; ++pair) { // 32 bytes hold two groups: low nibbles, high nibbles
                const std::byte *q = in + 16 + 32 * pair;
                const int a = 2 * pair, b = a + 1;
                sink.template group<4, 0>(32 * a, groups.scale[a], groups.offset[a],
                    [&](int i) { return floats(unsignedBytes(q + i * kLanes) & 15); });
                sink.template group<4, 1>(32 * b, groups.scale[b], groups.offset[b],
                    [&](int i) { return floats(unsignedBytes(q + i * kLanes) >> 4); });
            }
        }
    };

    struct Q5_K {
        static constexpr int kElements = 256, kBytes = 176, kSums = 32;
        template <typename Sink>
        static WINNOW_INLINE void visit(const std::byte *in, Sink &sink)
        {
            const GroupScales groups(in + 4, half(in), half(in + 2));
            const __m256i high = bytes(in + 16); // bit g of byte l: fifth bit of value l of group g
            Quants<256> quants;
#pragma GCC unroll 8
            for (int g = 0; g < 8; ++g) {
                const __m256i set = _mm256_cmpeq_epi8(_mm256_and_si256(high, fill(1 << g)), fill(1 << g));
                quants.set(32 * g, either(right(bytes(in + 48 + g / 2 * 32), g % 2 * 4, 15), _mm256_and_si256(set, fill(16))));
            }
#pragma GCC unroll 4
            for (int a = 0; a < 8; a += 2) {
                const int b = a + 1;
                sink.template group<4, 0>(
                    32 * a, groups.scale[a], groups.offset[a], [&](int i) { return quants.eight(32 * a + i * kLanes); });
                sink.template group<4, 1>(
                    32 * b, groups.scale[b], groups.offset[b], [&](int i) { return quants.eight(32 * b + i * kLanes); });
            }
        }
    };

    struct Q6_K {
        static constexpr int kElements = 256, kBytes = 210, kSums = 0;
        template <typename Sink>
        static WINNOW_INLINE void visit(const std::byte *in, Sink &sink)
        {
            Scales scales;
            scales.set(signedBytes(in + 192), signedBytes(in + 200), half(in + 208));
            Quants<256> quants;
#pragma GCC unroll 2
            for (int part = 0; part < 2; ++part) { // 128 values share 64 bytes of nibbles and 32 of upper bits
                const __m256i a = bytes(in + 64 * part), b = bytes(in + 64 * part + 32), top = bytes(in + 128 + 32 * part);
                const auto put = [&](int quarter, const __m256i &nibble, const __m256i &upper) {
                    quants.set(128 * part + 32 * quarter, _mm256_sub_epi8(either(nibble, upper), fill(32)));
                };
                put(0, right(a, 0, 15), left(top, 4, 48));
                put(1, right(b, 0, 15), left(top, 2, 48));
                put(2, right(a, 4, 15), left(top, 0, 48));
                put(3, right(b, 4, 15), right(top, 2, 48));
            }
            showGroups(quants, scales, sink);
        }
    };

} // namespace
} // namespace winnow::quant
