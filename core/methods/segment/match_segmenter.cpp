#include "core/methods/segment/match_segmenter.h"

#include "core/words/maximum_match.h"

namespace winnow::segment {
namespace {

    class MatchModel : public SegmentModel {
    public:
        MatchModel(UsedDictionary used, size_t longest, MatchDirection direction, PreChunking chunking)
            : m_used(std::move(used))
            , m_match(m_used.dictionary, longest)
            , m_direction(direction)
            , m_chunking(chunking)
        {
        }

        std::unique_ptr<LineCutter> cutter() const override
        {
            return std::make_unique<ChunkCutter>(
                m_chunking, [this](std::u32string_view text, int32_t base, std::vector<int32_t> &ends) {
                    if (m_direction == MatchDirection::Forward)
                        m_match.forward(text, base, ends);
                    else if (m_direction == MatchDirection::Backward)
                        m_match.backward(text, base, ends);
                    else
                        m_match.bidirectional(text, base, ends);
                    return 0.0;
                });
        }
        const WordDictionary *wordList() const override { return &m_used.dictionary; }
        std::string saved() const override { return m_used.dictionary.text(); }
        size_t bytes() const override { return m_match.bytes(); }
        void describe(ReportBuilder &report) const override { describeDictionary(m_used, report); }
        Json explain(const CutText &line, int32_t first, int32_t end) const override
        {
            return {{"count", m_used.dictionary.count(line.word(first, end))}};
        }

    private:
        UsedDictionary m_used;
        MaximumMatch m_match;
        MatchDirection m_direction;
        PreChunking m_chunking;
    };

} // namespace

Result<SegmentModelPtr> MatchSegmenter::learn(
    const SegmentSource &source, const Parameters &parameters, const RunContext &context) const
{
    auto used = usedDictionary(source, parameters, context);
    if (!used)
        return fail(used.error());
    return std::make_shared<MatchModel>(
        std::move(*used), static_cast<size_t>(parameters.integer("longest")), m_direction, preChunking(parameters));
}

} // namespace winnow::segment
