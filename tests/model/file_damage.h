#pragma once

#include "gguf_writer.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <random>
#include <string>

namespace winnow::test {

struct DamageResult {
    std::string problem; // "" when every file ended well
    int refused = 0, readable = 0;
    double slowestSeconds = 0;
};

/// What becomes of a damaged file: `exercise` touches everything it offers and returns what is wrong, "" when it ends in an
/// error that says something or in a whole result; `opens` says whether it could be opened.
struct Exercise {
    std::function<std::string(const std::filesystem::path &)> exercise;
    std::function<bool(const std::filesystem::path &)> opens;
};

/// Reproducible damage of one file: `count` truncations and `count` files with 1 to 8 flipped bits. Half of the places
/// lie in the first `headerBytes`, where the structure is. Each damaged file is written to `scratch`.
inline DamageResult damageFile(
    const std::filesystem::path &source, const std::filesystem::path &scratch, int count, size_t headerBytes, const Exercise &exercise)
{
    const std::string whole = readFile(source);
    std::mt19937_64 random(whole.size());
    const auto place = [&](size_t size) { return static_cast<size_t>(random() % (random() % 2 ? size : std::min(size, headerBytes))); };
    DamageResult result;
    for (int i = 0; i < 2 * count && result.problem.empty(); ++i) {
        std::string bytes = whole;
        std::string what;
        if (i < count) {
            bytes.resize(place(whole.size()));
            what = "cut to " + std::to_string(bytes.size()) + " bytes";
        } else {
            const auto flips = 1 + random() % 8;
            for (uint64_t flip = 0; flip < flips; ++flip) {
                const size_t at = place(whole.size());
                const auto bit = static_cast<unsigned>(random() % 8);
                bytes[at] = static_cast<char>(static_cast<unsigned char>(bytes[at]) ^ (1u << bit));
                what += "bit " + std::to_string(bit) + " of byte " + std::to_string(at) + "; ";
            }
        }
        writeFile(scratch, bytes);
        const auto begin = std::chrono::steady_clock::now();
        const std::string problem = exercise.exercise(scratch);
        const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        result.slowestSeconds = std::max(result.slowestSeconds, seconds);
        if (!problem.empty())
            result.problem = what + ": " + problem;
        ++(exercise.opens(scratch) ? result.readable : result.refused);
    }
    return result;
}

} // namespace winnow::test
