#include "core/base/json_fields.h"
#include "core/methods/segment/common.h"
#include "core/words/byte_pairs.h"
#include "core/words/characters.h"

namespace winnow {
namespace {

    using namespace segment;

    class MergeModel : public SegmentModel {
    public:
        MergeModel(SymbolMerges merges, PreChunking chunking)
            : m_merges(std::move(merges))
            , m_chunking(chunking)
        {
        }

        std::unique_ptr<LineCutter> cutter() const override
        {
            return std::make_unique<ChunkCutter>(m_chunking, [this](std::u32string_view text, int32_t base, std::vector<int32_t> &ends) {
                m_merges.cut(text, base, ends);
                return 0.0;
            });
        }
        std::string saved() const override { return jsonText(m_merges.toJson()); }
        size_t bytes() const override { return m_merges.bytes(); }
        void describe(ReportBuilder &report) const override
        {
            report.setMetric("merges", static_cast<double>(m_merges.merges().size()));
            TableArtifact table{"merges", "Merges", {"rank", "left", "right", "count"}, {"", "", "", ""}, Json::array()};
            for (size_t i = 0; i < m_merges.merges().size(); ++i) {
                const SymbolMerge &merge = m_merges.merges()[i];
                table.rows.push_back({i + 1, toUtf8(merge.left), toUtf8(merge.right), merge.count});
            }
            report.add(table);
        }
        Json explain(const CutText &line, int32_t first, int32_t end) const override
        {
            const std::u32string_view word = line.word(first, end);
            const int64_t rank = m_merges.rankOf(word);
            if (rank < 0)
                return {{"rank", Json()}};
            const SymbolMerge &merge = m_merges.merges()[static_cast<size_t>(rank)];
            return {{"rank", rank + 1}, {"left", toUtf8(merge.left)}, {"right", toUtf8(merge.right)}, {"count", merge.count}};
        }

    private:
        SymbolMerges m_merges;
        PreChunking m_chunking;
    };

    /// Symbols merged by frequency (segmentation-baselines.md 3.5).
    class BytePairs : public Segmenter {
    public:
        Result<SegmentModelPtr> learn(
            const SegmentSource &source, const Parameters &parameters, const RunContext &context) const override
        {
            const PreChunking chunking = preChunking(parameters);
            const bool saved = stringField(source.model, "kind") == "merges";
            auto merges = saved ? SymbolMerges::fromJson(source.model)
                                : SymbolMerges::learn(chunksOfSource(source, chunking), parameters.integer("merges"), context);
            if (!merges)
                return fail(merges.error());
            return std::make_shared<MergeModel>(std::move(*merges), chunking);
        }
    };

    constexpr ParameterSpec kMerges{.name = "merges",
        .title = "Merges",
        .tooltip = "Pairs that are merged; fewer when no pair repeats any more.",
        .type = ParameterType::Int,
        .defaultValue = 2000,
        .maximum = 64000};
    constexpr std::array kParameters{kMerges, kChunksOn, kWhiteSpace};

} // namespace

namespace methodspecs {
    extern const MethodSpec bpe;
}

constinit const MethodSpec methodspecs::bpe{.id = "bpe",
    .title = "Byte pair encoding",
    .family = "segment",
    .summary = "Characters whose pairs are merged by frequency, learned from raw text.",
    .source = "arXiv:1508.07909",
    .sourceUrl = "https://arxiv.org/abs/1508.07909",
    .budget = {.unit = ""},
    .parameters = kParameters,
    .artifacts = "Segmentation,Table",
    .createSegmenter = []() -> std::unique_ptr<const Segmenter> { return std::make_unique<BytePairs>(); }};

} // namespace winnow
