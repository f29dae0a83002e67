#pragma once

#include "core/base/method_spec.h"
#include "core/methods/segmenter.h"
#include "core/words/chunk_counts.h"
#include "core/words/tag_model.h"
#include "core/words/taught_dictionary.h"

#include <array>
#include <functional>

namespace winnow::segment {

// Parameters that several segmenters share (llaca.md 4, segmentation-baselines.md 4).

inline constexpr std::array<std::string_view, 4> kWhiteSpaceChoices{"auto", "strip", "separator", "literal"};
inline constexpr std::array<std::string_view, 4> kWhiteSpaceTitles{"by language", "strip", "separator", "literal"};
inline constexpr ParameterSpec kWhiteSpace{.name = "whiteSpace",
    .title = "White space",
    .tooltip = "Removed before cutting, a cut that no word crosses, or a character like any other.",
    .type = ParameterType::Choice,
    .choices = kWhiteSpaceChoices,
    .choiceTitles = kWhiteSpaceTitles};
inline constexpr ParameterSpec kSeed{.name = "seed",
    .title = "Seed",
    .tooltip = "Of the shuffles of batches and of the simulated teacher.",
    .type = ParameterType::Int,
    .defaultValue = 1,
    .maximum = 9007199254740992.0};
inline constexpr ParameterSpec kMaxWord{.name = "maxWord",
    .title = "Longest word",
    .unit = "characters",
    .tooltip = "Longer words of a dictionary file are rejected and counted.",
    .type = ParameterType::Int,
    .defaultValue = 256,
    .minimum = 1,
    .maximum = 256};
inline constexpr ParameterSpec kChunksOn{.name = "chunks",
    .title = "Pre-chunking",
    .tooltip = "Numbers, Latin words and symbols are words before the method looks at the rest.",
    .type = ParameterType::Bool,
    .defaultValue = 1};
inline constexpr ParameterSpec kChunksOff{.name = "chunks",
    .title = "Pre-chunking",
    .tooltip = "Numbers, Latin words and symbols are words before the method looks at the rest.",
    .type = ParameterType::Bool,
    .defaultValue = 0};
inline constexpr ParameterSpec kSmoothing{.name = "smoothing",
    .title = "Tag smoothing",
    .tooltip = "Lambda of the tag model: added to every count.",
    .type = ParameterType::Float,
    .defaultValue = 0.1,
    .minimum = 1e-6,
    .maximum = 1};
inline constexpr ParameterSpec kTopRatio{.name = "topRatio",
    .title = "Top ratio",
    .tooltip = "Share of the words of a batch that stay, by mutual information; 1 keeps all.",
    .type = ParameterType::Float,
    .defaultValue = 0.99,
    .minimum = 0.5,
    .maximum = 1};
inline constexpr ParameterSpec kBatch{.name = "batch",
    .title = "Batch",
    .unit = "lines",
    .tooltip = "Lines filtered together, smaller is harsher; 0 takes the root of the number of lines.",
    .type = ParameterType::Int,
    .defaultValue = 0,
    .maximum = 1e9,
    .leastMeans = "automatic"};
inline constexpr ParameterSpec kPasses{.name = "passes",
    .title = "Passes",
    .tooltip = "Repeats over new shuffles of the lines; counts add up.",
    .type = ParameterType::Int,
    .defaultValue = 1,
    .minimum = 1,
    .maximum = 10};
inline constexpr ParameterSpec kShare{.name = "share",
    .title = "Share of replies",
    .tooltip = "Only the first share of the lines has replies: the learning curve.",
    .type = ParameterType::Float,
    .defaultValue = 1,
    .minimum = 0,
    .maximum = 1};
inline constexpr ParameterSpec kMerge{.name = "pMerge",
    .title = "Merge errors",
    .tooltip = "How often the simulated teacher glues a word to the one before.",
    .type = ParameterType::Float,
    .defaultValue = 0.05};
inline constexpr ParameterSpec kSplit{.name = "pSplit",
    .title = "Split errors",
    .tooltip = "How often the simulated teacher cuts a word in two.",
    .type = ParameterType::Float,
    .defaultValue = 0.05};
inline constexpr ParameterSpec kAlign{.name = "align",
    .title = "Align replies",
    .tooltip = "Off takes the words of a reply unchecked, as the official program does.",
    .type = ParameterType::Bool,
    .defaultValue = 1};

/// The words of replies of one line, as the counts take them.
struct TaughtLines {
    std::vector<std::vector<std::u32string>> words; // one a line with a usable reply
    std::vector<std::vector<int32_t>> ends; // how the reply cuts its line; parallel
    std::vector<int64_t> line; // index into the taught lines; parallel
    double hallucination = 0; // mean over those lines
    int64_t altered = 0; // lines whose reply has other characters
    int64_t missing = 0; // taught lines without a usable reply
};

/// Aligned replies of the source, or those of a simulated teacher. Nothing when the source has neither.
/// Reads the parameters share, align, seed, pMerge and pSplit where the method has them.
/// @error BadInput for a reply to a line that is not there.
Result<TaughtLines> taughtLines(const SegmentSource &source, const Parameters &parameters);

/// What a dictionary method works with, and where it is from.
struct UsedDictionary {
    WordDictionary dictionary;
    std::string origin; // "given", "segmented lines", "replies"
    std::optional<TaughtDictionary> taught;
    TaughtLines lines; // of the replies
    double seconds = 0; // CPU seconds of counting or teaching
};

/// The given dictionary; else the words of segmented training lines; else taught by replies.
/// @error BadInput when the source has none of them.
Result<UsedDictionary> usedDictionary(const SegmentSource &source, const Parameters &parameters, const RunContext &context);

/// Words with counts and, where they were taught, mutual information and kept counts; the most frequent ones when there are many.
TableArtifact dictionaryTable(const UsedDictionary &used);
/// Metrics, table and notices of a dictionary.
void describeDictionary(const UsedDictionary &used, ReportBuilder &report);

/// The tag model of the source: saved, or counted on its segmented lines.
/// @error BadInput when the source has neither.
Result<TagModel> usedTags(const SegmentSource &source, const Parameters &parameters);

PreChunking preChunking(const Parameters &parameters);
/// The raw text of the source cut into chunks.
ChunkCounts chunksOfSource(const SegmentSource &source, PreChunking chunking);

/// Cuts the chunks of a line by one function; numbers, Latin words and symbols are words by themselves.
class ChunkCutter : public LineCutter {
public:
    /// (chunk, its first character, ends to append to) -> what was maximised.
    using CutChunk = std::function<double(std::u32string_view, int32_t, std::vector<int32_t> &)>;

    ChunkCutter(PreChunking chunking, CutChunk cut)
        : m_chunking(chunking)
        , m_cut(std::move(cut))
    {
    }

    double cut(const CutText &line, std::vector<int32_t> &ends) override;

private:
    PreChunking m_chunking;
    CutChunk m_cut;
    std::vector<WordChunk> m_chunks;
};

} // namespace winnow::segment
