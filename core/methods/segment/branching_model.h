#pragma once

#include "core/methods/segment/common.h"
#include "core/words/branching.h"

namespace winnow::segment {

/// What nVBE and accessor variety share: branching statistics of raw text, and the values of a word.
class BranchingModel : public SegmentModel {
public:
    BranchingModel(Branching branching, PreChunking chunking)
        : m_branching(std::move(branching))
        , m_chunking(chunking)
    {
    }

    size_t bytes() const override { return m_branching.bytes(); }
    void describe(ReportBuilder &report) const override;
    Json explain(const CutText &line, int32_t first, int32_t end) const override;

protected:
    Branching m_branching;
    PreChunking m_chunking;
};

/// Statistics of the source's raw text, words up to `longest` (0: 10 for Thai, 6 else). @error Cancelled.
Result<Branching> branchingOfSource(const SegmentSource &source, const Parameters &parameters, const RunContext &context);

inline constexpr ParameterSpec kLongest{.name = "longest",
    .title = "Longest word",
    .unit = "characters",
    .tooltip = "Longer substrings are no candidates; 0 takes 10 for Thai and 6 for other languages.",
    .type = ParameterType::Int,
    .defaultValue = 0,
    .maximum = 12,
    .leastMeans = "by language"};

} // namespace winnow::segment
