#pragma once

#include <cstdint>
#include <cstring>

#ifdef __CUDACC__
#define WINNOW_BOTH __host__ __device__ inline
#else
#define WINNOW_BOTH inline
#endif

/// The block formats of ggml, number by number, for the kernel and for its reference on the CPU: kElements, kBytes and
/// value(block, j). Blocks may stand at any even address: nothing is read wider than a byte.
namespace winnow::gpu {

WINNOW_BOTH float bitsToFloat(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

WINNOW_BOTH uint32_t floatToBits(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

// A compiler may fuse a product and a sum on the GPU; the reference rounds both.
WINNOW_BOTH float times(float a, float b)
{
#ifdef __CUDA_ARCH__
    return __fmul_rn(a, b);
#else
    return a * b;
#endif
}
WINNOW_BOTH float plus(float a, float b)
{
#ifdef __CUDA_ARCH__
    return __fadd_rn(a, b);
#else
    return a + b;
#endif
}

using Bytes = const uint8_t *;

WINNOW_BOTH uint16_t word(Bytes at) { return static_cast<uint16_t>(at[0] | at[1] << 8); }

/// IEEE half, every pattern exactly.
WINNOW_BOTH float half(Bytes at)
{
    const uint32_t bits = word(at), magnitude = bits & 0x7fffu, sign = (bits & 0x8000u) << 16;
    if (magnitude < 0x0400u) // units of 2^-24
        return bitsToFloat(sign | floatToBits(static_cast<float>(magnitude) * 5.9604644775390625e-8F));
    return bitsToFloat(sign | ((magnitude << 13) + (magnitude >= 0x7c00u ? (255u - 31u) << 23 : (127u - 15u) << 23)));
}

struct F32Block {
    static constexpr int kElements = 1, kBytes = 4;
    WINNOW_BOTH static float value(Bytes in, int) { return bitsToFloat(uint32_t(word(in)) | uint32_t(word(in + 2)) << 16); }
};

struct F16Block {
    static constexpr int kElements = 1, kBytes = 2;
    WINNOW_BOTH static float value(Bytes in, int) { return half(in); }
};

struct Bf16Block {
    static constexpr int kElements = 1, kBytes = 2;
    WINNOW_BOTH static float value(Bytes in, int) { return bitsToFloat(uint32_t(word(in)) << 16); }
};

/// Of 16 bytes: low nibbles are values 0..15, high ones 16..31.
WINNOW_BOTH int nibble(Bytes q, int j) { return j < 16 ? q[j] & 15 : q[j - 16] >> 4; }
/// Fifth bit of value j: bit j of a u32.
WINNOW_BOTH int fifth(Bytes high, int j) { return (high[j / 8] >> (j % 8) & 1) << 4; }

struct Q40Block {
    static constexpr int kElements = 32, kBytes = 18;
    WINNOW_BOTH static float value(Bytes in, int j) { return times(static_cast<float>(nibble(in + 2, j) - 8), half(in)); }
};

struct Q41Block {
    static constexpr int kElements = 32, kBytes = 20;
    WINNOW_BOTH static float value(Bytes in, int j)
    {
        return plus(times(static_cast<float>(nibble(in + 4, j)), half(in)), half(in + 2));
    }
};

struct Q50Block {
    static constexpr int kElements = 32, kBytes = 22;
    WINNOW_BOTH static float value(Bytes in, int j)
    {
        return times(static_cast<float>((nibble(in + 6, j) | fifth(in + 2, j)) - 16), half(in));
    }
};

struct Q51Block {
    static constexpr int kElements = 32, kBytes = 24;
    WINNOW_BOTH static float value(Bytes in, int j)
    {
        return plus(times(static_cast<float>(nibble(in + 8, j) | fifth(in + 4, j)), half(in)), half(in + 2));
    }
};

struct Q80Block {
    static constexpr int kElements = 32, kBytes = 34;
    WINNOW_BOTH static float value(Bytes in, int j) { return times(static_cast<float>(static_cast<int8_t>(in[2 + j])), half(in)); }
};

/// Two bits of value j of 256: 64 bytes, each with four values that are 32 apart in a half of 128.
WINNOW_BOTH int twoBits(Bytes q, int j) { return q[j / 128 * 32 + j % 32] >> (j % 128 / 32 * 2) & 3; }

struct Q2KBlock { // scale | minimum << 4 of 16 groups, u2[256], d, dMin
    static constexpr int kElements = 256, kBytes = 84;
    WINNOW_BOTH static float value(Bytes in, int j)
    {
        const int packed = in[j / 16];
        const float scale = times(half(in + 80), static_cast<float>(packed & 15));
        const float minimum = times(half(in + 82), static_cast<float>(packed >> 4));
        return plus(times(scale, static_cast<float>(twoBits(in + 16, j))), -minimum);
    }
};

struct Q3KBlock { // u1[256], u2[256], 6-bit scales of 16 groups, d
    static constexpr int kElements = 256, kBytes = 110;
    WINNOW_BOTH static float value(Bytes in, int j)
    {
        const int group = j / 16;
        const Bytes packed = in + 96; // low nibbles in bytes 0..7, the two high bits in bytes 8..11
        const int low = group < 8 ? packed[group] & 15 : packed[group - 8] >> 4;
        const int scale = (low | (packed[8 + group % 4] >> (group / 4 * 2) & 3) << 4) - 32;
        const int top = in[j % 32] >> (j / 32) & 1; // unset means minus 4
        return times(times(half(in + 108), static_cast<float>(scale)), static_cast<float>(twoBits(in + 32, j) - 4 + 4 * top));
    }
};

/// 6-bit scale and minimum of group g of Q4_K and Q5_K, packed in 12 bytes.
WINNOW_BOTH int scaleOf(Bytes packed, int g) { return g < 4 ? packed[g] & 63 : (packed[g + 4] & 15) | packed[g - 4] >> 6 << 4; }
WINNOW_BOTH int minimumOf(Bytes packed, int g) { return g < 4 ? packed[g + 4] & 63 : packed[g + 4] >> 4 | packed[g] >> 6 << 4; }

/// d * scale * q - dMin * minimum of a group; the block begins with d, dMin and the packed scales.
WINNOW_BOTH float scaled(Bytes in, int group, int q)
{
    const float scale = times(half(in), static_cast<float>(scaleOf(in + 4, group)));
    const float minimum = times(half(in + 2), static_cast<float>(minimumOf(in + 4, group)));
    return plus(times(scale, static_cast<float>(q)), -minimum);
}

/// Nibble of value j: 32 bytes hold two groups, low nibbles first.
WINNOW_BOTH int groupNibble(Bytes q, int j) { return q[j / 64 * 32 + j % 32] >> (j % 64 / 32 * 4) & 15; }

struct Q4KBlock {
    static constexpr int kElements = 256, kBytes = 144;
    WINNOW_BOTH static float value(Bytes in, int j) { return scaled(in, j / 32, groupNibble(in + 16, j)); }
};

struct Q5KBlock { // bit g of byte l behind the scales: fifth bit of value l of group g
    static constexpr int kElements = 256, kBytes = 176;
    WINNOW_BOTH static float value(Bytes in, int j)
    {
        return scaled(in, j / 32, groupNibble(in + 48, j) | (in[16 + j % 32] >> (j / 32) & 1) << 4);
    }
};

struct Q6KBlock { // low nibbles [128], high pairs of bits [64], i8 scales of 16 groups, d
    static constexpr int kElements = 256, kBytes = 210;
    WINNOW_BOTH static float value(Bytes in, int j)
    {
        const int part = j / 128, quarter = j % 128 / 32, lane = j % 32;
        const int low = in[64 * part + 32 * (quarter % 2) + lane] >> (quarter / 2 * 4) & 15;
        const int top = in[128 + 32 * part + lane] >> (2 * quarter) & 3;
        const float scale = times(half(in + 208), static_cast<float>(static_cast<int8_t>(in[192 + j / 16])));
        return times(scale, static_cast<float>((low | top << 4) - 32));
    }
};

/// Calls use(Block()) for the format of a type of ggml. @return whether there is one
template <typename Use>
bool withFormat(uint32_t type, const Use &use)
{
    switch (type) {
    case 0: return use(F32Block()), true;
    case 1: return use(F16Block()), true;
    case 2: return use(Q40Block()), true;
    case 3: return use(Q41Block()), true;
    case 6: return use(Q50Block()), true;
    case 7: return use(Q51Block()), true;
    case 8: return use(Q80Block()), true;
    case 10: return use(Q2KBlock()), true;
    case 11: return use(Q3KBlock()), true;
    case 12: return use(Q4KBlock()), true;
    case 13: return use(Q5KBlock()), true;
    case 14: return use(Q6KBlock()), true;
    case 30: return use(Bf16Block()), true;
    default: return false;
    }
}

// ---- Rounding to nearest even

WINNOW_BOTH uint16_t toBf16(float value)
{
    const uint32_t bits = floatToBits(value);
    if ((bits & 0x7fffffffu) > 0x7f800000u)
        return 0x7fc0u; // not a number
    return static_cast<uint16_t>((bits + 0x7fffu + (bits >> 16 & 1)) >> 16);
}

WINNOW_BOTH uint16_t toHalf(float value)
{
    const uint32_t bits = floatToBits(value), magnitude = bits & 0x7fffffffu, sign = bits >> 16 & 0x8000u;
    if (magnitude > 0x7f800000u)
        return static_cast<uint16_t>(sign | 0x7e00u); // not a number
    if (magnitude >= 0x477ff000u) // 65,520 and more: beyond the largest number
        return static_cast<uint16_t>(sign | 0x7c00u);
    if (magnitude < 0x38800000u) // subnormal: adding 0.5 leaves units of 2^-24 at the end of the mantissa
        return static_cast<uint16_t>(sign | (floatToBits(plus(bitsToFloat(magnitude), 0.5F)) - 0x3f000000u));
    const uint32_t even = magnitude >> 13 & 1;
    return static_cast<uint16_t>(sign | ((magnitude - 0x38000000u + 0xfffu + even) >> 13));
}

/// Row of the file that holds the matrix's row.
WINNOW_BOTH int64_t storedRow(int64_t row, int64_t headDim)
{
    if (headDim == 0)
        return row;
    const int64_t inside = row % headDim, middle = headDim / 2;
    return row - inside + (inside < middle ? 2 * inside : 2 * (inside - middle) + 1);
}

} // namespace winnow::gpu
