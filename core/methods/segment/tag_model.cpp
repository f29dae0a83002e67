#include "core/words/tag_model.h"

#include "core/base/json_fields.h"
#include "core/methods/segment/common.h"

namespace winnow {
namespace {

    using namespace segment;

    /// Words by their tags alone (segmentation-baselines.md 3.7).
    class TaggedModel : public SegmentModel {
    public:
        TaggedModel(TagModel tags, PreChunking chunking)
            : m_tags(std::move(tags))
            , m_chunking(chunking)
        {
        }

        std::unique_ptr<LineCutter> cutter() const override
        {
            return std::make_unique<ChunkCutter>(m_chunking,
                [this](std::u32string_view text, int32_t base, std::vector<int32_t> &ends) { return m_tags.cut(text, base, ends); });
        }
        std::string saved() const override { return jsonText(m_tags.toJson()); }
        size_t bytes() const override { return m_tags.bytes(); }
        void describe(ReportBuilder &report) const override
        {
            report.setMetric("alphabet", static_cast<double>(m_tags.alphabet()));
            report.addNotice("trained on segmented lines: supervised");
        }
        Json explain(const CutText &line, int32_t first, int32_t end) const override
        {
            constexpr std::string_view kNames = "BEMS";
            std::string path;
            double emission = 0;
            for (int32_t at = first; at < end; ++at) {
                const WordTag tag = end - first == 1 ? kTagS : at == first ? kTagB : at + 1 == end ? kTagE : kTagM;
                path += kNames[tag];
                emission += m_tags.emission(tag, line.characters[static_cast<size_t>(at)]);
            }
            return {{"tags", path}, {"emission", emission}};
        }

    private:
        TagModel m_tags;
        PreChunking m_chunking;
    };

    class TagSegmenter : public Segmenter {
    public:
        Result<SegmentModelPtr> learn(const SegmentSource &source, const Parameters &parameters, const RunContext &) const override
        {
            auto tags = usedTags(source, parameters);
            if (!tags)
                return fail(tags.error());
            return std::make_shared<TaggedModel>(std::move(*tags), preChunking(parameters));
        }
    };

    constexpr std::array kParameters{kSmoothing, kChunksOn, kWhiteSpace};

} // namespace

namespace methodspecs {
    extern const MethodSpec tag_model;
}

constinit const MethodSpec methodspecs::tag_model{.id = "tag_model",
    .title = "BMES tag model",
    .family = "segment",
    .summary = "Each character is first, within, last or alone: a hidden Markov model counted on segmented lines.",
    .source = "fxsjy/jieba",
    .budget = {.unit = ""},
    .parameters = kParameters,
    .artifacts = "Segmentation",
    .badge = "supervised",
    .createSegmenter = []() -> std::unique_ptr<const Segmenter> { return std::make_unique<TagSegmenter>(); }};

} // namespace winnow
