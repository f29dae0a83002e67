#pragma once

#include "core/methods/segment/common.h"

namespace winnow::segment {

/// LLACA: a taught (or given) dictionary in an automaton, the best path through its lattice.
/// @source arXiv:2505.19631, llaca.md 3.
class LatticeSegmenter : public Segmenter {
public:
    /// @param fixed  unigram weights whatever the parameters say, or as `conditional` says.
    enum class Weights { AsAsked, Unigram };
    explicit LatticeSegmenter(Weights weights)
        : m_weights(weights)
    {
    }

    Result<SegmentModelPtr> learn(
        const SegmentSource &source, const Parameters &parameters, const RunContext &context) const override;

private:
    Weights m_weights;
};

inline constexpr std::array<std::string_view, 2> kAlphabetChoices{"codePoint", "halfByte"};
inline constexpr std::array<std::string_view, 2> kAlphabetTitles{"code points", "half bytes"};
inline constexpr ParameterSpec kConditional{.name = "conditional",
    .title = "Prefix conditional",
    .tooltip = "A word is weighed given its longest known prefix; off weighs it by its count alone.",
    .type = ParameterType::Bool,
    .defaultValue = 1};
inline constexpr ParameterSpec kRootDoubling{.name = "rootDoubling",
    .title = "Root doubling",
    .tooltip = "The sum at the root is twice the count of all words, as in the official program.",
    .type = ParameterType::Bool,
    .defaultValue = 1};
inline constexpr ParameterSpec kPatterns{.name = "patterns",
    .title = "Patterns",
    .tooltip = "Numbers and Latin words are candidates whether a dictionary has them or not.",
    .type = ParameterType::Bool,
    .defaultValue = 1};
inline constexpr ParameterSpec kBest{.name = "kBest",
    .title = "Alternatives",
    .tooltip = "How many of the best paths the lattice lists.",
    .type = ParameterType::Int,
    .defaultValue = 5,
    .minimum = 1,
    .maximum = 50};
inline constexpr ParameterSpec kAlphabet{.name = "alphabet",
    .title = "Trie alphabet",
    .tooltip = "What an edge of the trie is: a character, or half a byte of its UTF-8 form. Same results, other memory.",
    .type = ParameterType::Choice,
    .choices = kAlphabetChoices,
    .choiceTitles = kAlphabetTitles};
inline constexpr ParameterSpec kOovModel{.name = "oovModel",
    .title = "OOV model",
    .tooltip = "Runs of single characters are cut again by a tag model counted on segmented lines.",
    .type = ParameterType::Bool,
    .defaultValue = 0};
inline constexpr ParameterSpec kOovSmoothing{.name = "smoothing",
    .title = "Tag smoothing",
    .tooltip = "Lambda of the tag model: added to every count.",
    .type = ParameterType::Float,
    .defaultValue = 0.1,
    .minimum = 1e-6,
    .maximum = 1,
    .visibleWhen = "oovModel=true"};

} // namespace winnow::segment
