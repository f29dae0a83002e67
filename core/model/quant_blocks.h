#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

/// The block formats of ggml, one struct each: kElements, kBytes and read(block, out). Included by quant.cpp only, which
/// is compiled without fused multiply-add: every product and sum is rounded by itself, as in ggml's reference.
namespace winnow::quant {

#if defined(__GNUC__)
#define WINNOW_INLINE inline __attribute__((always_inline))
#else
#define WINNOW_INLINE inline
#endif

WINNOW_INLINE float bitsToFloat(uint32_t bits)
{
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

/// IEEE half to single, exact for every pattern; branch-free so that loops over it vectorise.
WINNOW_INLINE float halfToFloat(uint16_t half)
{
    const uint32_t magnitude = half & 0x7fffu;
    const uint32_t sign = static_cast<uint32_t>(half & 0x8000u) << 16;
    const uint32_t rebias = magnitude >= 0x7c00u ? (255u - 31u) << 23 : (127u - 15u) << 23;
    const uint32_t normal = (magnitude << 13) + rebias;
    // Subnormals count units of 2^-24.
    const float small = static_cast<float>(static_cast<int32_t>(magnitude)) * 0x1p-24f;
    uint32_t smallBits;
    std::memcpy(&smallBits, &small, sizeof smallBits);
    return bitsToFloat(sign | (magnitude < 0x0400u ? smallBits : normal));
}

template <typename T>
WINNOW_INLINE T load(const std::byte *from)
{
    T value;
    std::memcpy(&value, from, sizeof value);
    return value;
}

WINNOW_INLINE float loadHalf(const std::byte *from) { return halfToFloat(load<uint16_t>(from)); }
WINNOW_INLINE int byteAt(const std::byte *from, int index) { return std::to_integer<int>(from[index]); }
WINNOW_INLINE int signedAt(const std::byte *from, int index) { return static_cast<int8_t>(byteAt(from, index)); }

/// Reads `count` blocks of one format.
template <typename Block>
WINNOW_INLINE void blocks(const std::byte *in, int64_t count, float *__restrict out)
{
    for (int64_t i = 0; i < count; ++i)
        Block::read(in + i * Block::kBytes, out + i * Block::kElements);
}

struct F16 {
    static constexpr int64_t kElements = 1, kBytes = 2;
    static WINNOW_INLINE void read(const std::byte *in, float *out) { *out = loadHalf(in); }
};

struct Bf16 {
    static constexpr int64_t kElements = 1, kBytes = 2;
    static WINNOW_INLINE void read(const std::byte *in, float *out)
    {
        *out = bitsToFloat(static_cast<uint32_t>(load<uint16_t>(in)) << 16);
    }
};

// 32-value blocks: scale, then 16 bytes whose low nibbles are values 0..15 and high nibbles values 16..31.
struct Q4_0 {
    static constexpr int64_t kElements = 32, kBytes = 18;
    static WINNOW_INLINE void read(const std::byte *in, float *__restrict out)
    {
        const float d = loadHalf(in);
        for (int j = 0; j < 16; ++j)
            out[j] = static_cast<float>((byteAt(in + 2, j) & 15) - 8) * d;
        for (int j = 0; j < 16; ++j)
            out[j + 16] = static_cast<float>((byteAt(in + 2, j) >> 4) - 8) * d;
    }
};

struct Q4_1 {
    static constexpr int64_t kElements = 32, kBytes = 20;
    static WINNOW_INLINE void read(const std::byte *in, float *__restrict out)
    {
        const float d = loadHalf(in), m = loadHalf(in + 2);
        for (int j = 0; j < 16; ++j)
            out[j] = static_cast<float>(byteAt(in + 4, j) & 15) * d + m;
        for (int j = 0; j < 16; ++j)
            out[j + 16] = static_cast<float>(byteAt(in + 4, j) >> 4) * d + m;
    }
};

// The fifth bits of the 32 values are the bits of one u32.
struct Q5_0 {
    static constexpr int64_t kElements = 32, kBytes = 22;
    static WINNOW_INLINE void read(const std::byte *in, float *__restrict out)
    {
        const float d = loadHalf(in);
        const auto high = load<uint32_t>(in + 2);
        for (int j = 0; j < 16; ++j) {
            const int q = byteAt(in + 6, j);
            const auto low5 = static_cast<int>((high >> j) & 1u) << 4, high5 = static_cast<int>((high >> (j + 16)) & 1u) << 4;
            out[j] = static_cast<float>(((q & 15) | low5) - 16) * d;
            out[j + 16] = static_cast<float>(((q >> 4) | high5) - 16) * d;
        }
    }
};

struct Q5_1 {
    static constexpr int64_t kElements = 32, kBytes = 24;
    static WINNOW_INLINE void read(const std::byte *in, float *__restrict out)
    {
        const float d = loadHalf(in), m = loadHalf(in + 2);
        const auto high = load<uint32_t>(in + 4);
        for (int j = 0; j < 16; ++j) {
            const int q = byteAt(in + 8, j);
            const auto low5 = static_cast<int>((high >> j) & 1u) << 4, high5 = static_cast<int>((high >> (j + 16)) & 1u) << 4;
            out[j] = static_cast<float>((q & 15) | low5) * d + m;
            out[j + 16] = static_cast<float>((q >> 4) | high5) * d + m;
        }
    }
};

struct Q8_0 {
    static constexpr int64_t kElements = 32, kBytes = 34;
    static WINNOW_INLINE void read(const std::byte *in, float *__restrict out)
    {
        const float d = loadHalf(in);
        for (int j = 0; j < 32; ++j)
            out[j] = static_cast<float>(signedAt(in + 2, j)) * d;
    }
};

// 256-value blocks: 16 or 8 groups with their own quantised scale (and minimum) under one or two block scales.
struct Q2_K {
    static constexpr int64_t kElements = 256, kBytes = 84;
    static WINNOW_INLINE void read(const std::byte *in, float *__restrict out)
    {
        const std::byte *scales = in, *q = in + 16; // u8[16]: scale | minimum << 4; u2[256]
        const float d = loadHalf(in + 80), dMin = loadHalf(in + 82);
        for (int group = 0; group < 16; ++group) {
            const float scale = d * static_cast<float>(byteAt(scales, group) & 15);
            const float minimum = dMin * static_cast<float>(byteAt(scales, group) >> 4);
            const int shift = group % 8 / 2 * 2, base = group / 8 * 32 + group % 2 * 16;
            for (int l = 0; l < 16; ++l)
                out[group * 16 + l] = scale * static_cast<float>((byteAt(q, base + l) >> shift) & 3) - minimum;
        }
    }
};

struct Q3_K {
    static constexpr int64_t kElements = 256, kBytes = 110;
    /// 6-bit scale of a group: low nibbles in bytes 0..7, the two high bits in bytes 8..11.
    static WINNOW_INLINE int scale(const std::byte *packed, int group)
    {
        const int low = group < 8 ? byteAt(packed, group) & 15 : byteAt(packed, group - 8) >> 4;
        const int high = (byteAt(packed, 8 + group % 4) >> (group / 4 * 2)) & 3;
        return (low | high << 4) - 32;
    }
    static WINNOW_INLINE void read(const std::byte *in, float *__restrict out)
    {
        const std::byte *mask = in, *q = in + 32, *scales = in + 96; // u1[256], u2[256], 6-bit[16]
        const float d = loadHalf(in + 108);
        for (int group = 0; group < 16; ++group) {
            const float dl = d * static_cast<float>(scale(scales, group));
            const int shift = group % 8 / 2 * 2, base = group / 8 * 32 + group % 2 * 16, bit = group / 2;
            for (int l = 0; l < 16; ++l) {
                const int low = (byteAt(q, base + l) >> shift) & 3;
                const int high = (byteAt(mask, group % 2 * 16 + l) >> bit) & 1; // unset means minus 4
                out[group * 16 + l] = dl * static_cast<float>(low - 4 + 4 * high);
            }
        }
    }
};

/// 6-bit scale and minimum of group j of Q4_K and Q5_K, packed in 12 bytes.
struct ScaleMin {
    int scale, minimum;
};
WINNOW_INLINE ScaleMin scaleMin(const std::byte *packed, int j)
{
    if (j < 4)
        return {byteAt(packed, j) & 63, byteAt(packed, j + 4) & 63};
    return {(byteAt(packed, j + 4) & 15) | (byteAt(packed, j - 4) >> 6) << 4,
        (byteAt(packed, j + 4) >> 4) | (byteAt(packed, j) >> 6) << 4};
}

struct Q4_K {
    static constexpr int64_t kElements = 256, kBytes = 144;
    static WINNOW_INLINE void read(const std::byte *in, float *__restrict out)
    {
        const float d = loadHalf(in), dMin = loadHalf(in + 2);
        for (int pair = 0; pair < 4; ++pair) { // 32 bytes hold two groups: low nibbles, high nibbles
            const auto a = scaleMin(in + 4, 2 * pair), b = scaleMin(in + 4, 2 * pair + 1);
            const float scaleA = d * static_cast<float>(a.scale), minimumA = dMin * static_cast<float>(a.minimum);
            const float scaleB = d * static_cast<float>(b.scale), minimumB = dMin * static_cast<float>(b.minimum);
            const std::byte *q = in + 16 + 32 * pair;
            float *group = out + 64 * pair;
            for (int l = 0; l < 32; ++l) {
                group[l] = scaleA * static_cast<float>(byteAt(q, l) & 15) - minimumA;
                group[l + 32] = scaleB * static_cast<float>(byteAt(q, l) >> 4) - minimumB;
            }
        }
    }
};

struct Q5_K {
    static constexpr int64_t kElements = 256, kBytes = 176;
    static WINNOW_INLINE void read(const std::byte *in, float *__restrict out)
    {
        const float d = loadHalf(in), dMin = loadHalf(in + 2);
        const std::byte *high = in + 16; // bit g of byte l: fifth bit of value l of group g
        for (int pair = 0; pair < 4; ++pair) {
            const auto a = scaleMin(in + 4, 2 * pair), b = scaleMin(in + 4, 2 * pair + 1);
            const float scaleA = d * static_cast<float>(a.scale), minimumA = dMin * static_cast<float>(a.minimum);
            const float scaleB = d * static_cast<float>(b.scale), minimumB = dMin * static_cast<float>(b.minimum);
            const std::byte *q = in + 48 + 32 * pair;
            float *group = out + 64 * pair;
            for (int l = 0; l < 32; ++l) {
                const int bits = byteAt(high, l) >> (2 * pair);
                group[l] = scaleA * static_cast<float>((byteAt(q, l) & 15) + (bits & 1) * 16) - minimumA;
                group[l + 32] = scaleB * static_cast<float>((byteAt(q, l) >> 4) + (bits & 2) * 8) - minimumB;
            }
        }
    }
};

struct Q6_K {
    static constexpr int64_t kElements = 256, kBytes = 210;
    static WINNOW_INLINE void read(const std::byte *in, float *__restrict out)
    {
        const float d = loadHalf(in + 208);
        for (int group = 0; group < 16; ++group) { // 128 values share 64 low and 32 high bytes
            const int half = group / 8, quarter = group % 8 / 2, lane = group % 2 * 16;
            const std::byte *low = in + 64 * half + 32 * (quarter % 2) + lane, *high = in + 128 + 32 * half + lane;
            const float dl = d * static_cast<float>(signedAt(in + 192, group));
            for (int l = 0; l < 16; ++l) {
                const int nibble = (byteAt(low, l) >> (quarter / 2 * 4)) & 15;
                const int top = (byteAt(high, l) >> (2 * quarter)) & 3;
                out[group * 16 + l] = dl * static_cast<float>((nibble | top << 4) - 32);
            }
        }
    }
};

} // namespace winnow::quant
