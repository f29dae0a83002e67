#pragma once

#include "core/base/error.h"
#include "core/base/json.h"

#include <array>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace winnow {

/// Place of a character in its word: first, within, last, alone.
enum WordTag : uint8_t { kTagB, kTagE, kTagM, kTagS };

/// A hidden Markov model of BMES tags, counted on segmented text with add-lambda smoothing.
/// @source segmentation-baselines.md 3.7.
class TagModel {
public:
    using PerTag = std::array<double, 4>;

    TagModel() = default;
    /// @param lines  words of segmented lines. @param lambda  above 0.
    TagModel(const std::vector<std::vector<std::u32string>> &lines, double lambda);

    /// Ends of the words of `text`, appended with `base` added. @return ln of the best path, 0 for an empty text.
    /// @cost O(n), 4 tags.
    double cut(std::u32string_view text, int32_t base, std::vector<int32_t> &ends) const;
    /// The tags of the best path. @return its ln.
    double tag(std::u32string_view text, std::vector<WordTag> &tags) const;

    double start(WordTag tag) const { return m_start[tag]; } // ln, -infinity where not allowed
    double transition(WordTag from, WordTag to) const { return m_transition[from][to]; }
    double emission(WordTag tag, char32_t character) const { return emissions(character)[tag]; }
    size_t alphabet() const { return m_emission.size(); }
    size_t bytes() const;

    Json toJson() const;
    /// @error BadInput naming the field that is missing or mistyped.
    static Result<TagModel> fromJson(const Json &json);

private:
    const PerTag &emissions(char32_t character) const;
    void finish();

    struct Counts {
        PerTag start{}, total{};
        std::array<PerTag, 4> transition{};
        std::unordered_map<char32_t, PerTag> emission;
    };

    Counts m_counts;
    double m_lambda = 0.1;
    PerTag m_start{};
    std::array<PerTag, 4> m_transition{};
    std::unordered_map<char32_t, PerTag> m_emission;
    PerTag m_unseen{};
};

} // namespace winnow
