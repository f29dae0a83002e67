#include "core/methods/segment/common.h"
#include "core/words/dictionary_route.h"

#include <cmath>

namespace winnow {
namespace {

    using namespace segment;

    /// Most probable path of single counts; runs of single characters again by a tag model (segmentation-baselines.md 3.3, 3.7).
    class RouteModel : public SegmentModel {
    public:
        RouteModel(UsedDictionary used, PreChunking chunking, std::optional<TagModel> tags)
            : m_used(std::move(used))
            , m_route(m_used.dictionary)
            , m_chunking(chunking)
            , m_tags(std::move(tags))
        {
        }

        std::unique_ptr<LineCutter> cutter() const override
        {
            return std::make_unique<ChunkCutter>(m_chunking,
                [this, steps = std::vector<DictionaryRoute::Step>()](
                    std::u32string_view text, int32_t base, std::vector<int32_t> &ends) mutable {
                    m_route.route(text, steps);
                    append(text, steps, base, ends);
                    return steps.front().value;
                });
        }
        const WordDictionary *wordList() const override { return &m_used.dictionary; }
        std::string saved() const override { return m_used.dictionary.text(); }
        size_t bytes() const override { return m_route.bytes() + (m_tags ? m_tags->bytes() : 0); }
        void describe(ReportBuilder &report) const override { describeDictionary(m_used, report); }
        Json explain(const CutText &line, int32_t first, int32_t end) const override
        {
            const uint64_t count = m_used.dictionary.count(line.word(first, end));
            return {{"count", count}, {"ln", std::log(double(std::max<uint64_t>(1, count))) - std::log(double(m_used.dictionary.total()))}};
        }

    private:
        void append(
            std::u32string_view text, const std::vector<DictionaryRoute::Step> &steps, int32_t base, std::vector<int32_t> &ends) const
        {
            const auto n = static_cast<int32_t>(text.size());
            for (int32_t at = 0; at < n;) {
                int32_t run = at; // behind the one-character words that begin here
                while (m_tags && run < n && steps[static_cast<size_t>(run)].next == run + 1)
                    ++run;
                const std::u32string_view join = text.substr(static_cast<size_t>(at), static_cast<size_t>(run - at));
                if (join.size() >= 2 && !m_route.contains(join)) {
                    m_tags->cut(join, base + at, ends);
                    at = run;
                    continue;
                }
                // A run that is a word of the dictionary, or too short, stays as the route has it.
                const int32_t stop = std::max(run, at + 1);
                while (at < stop) {
                    at = steps[static_cast<size_t>(at)].next;
                    ends.push_back(base + at);
                }
            }
        }

        UsedDictionary m_used;
        DictionaryRoute m_route;
        PreChunking m_chunking;
        std::optional<TagModel> m_tags;
    };

    class JiebaLike : public Segmenter {
    public:
        Result<SegmentModelPtr> learn(
            const SegmentSource &source, const Parameters &parameters, const RunContext &context) const override
        {
            auto used = usedDictionary(source, parameters, context);
            if (!used)
                return fail(used.error());
            std::optional<TagModel> tags;
            if (parameters.flag("tagModel")) {
                auto counted = usedTags(source, parameters);
                if (!counted)
                    return fail(counted.error());
                tags = std::move(*counted);
            }
            return std::make_shared<RouteModel>(std::move(*used), preChunking(parameters), std::move(tags));
        }
    };

    constexpr ParameterSpec kTags{.name = "tagModel",
        .title = "Tag model",
        .tooltip = "Runs of single characters are cut again by a tag model counted on segmented lines.",
        .type = ParameterType::Bool,
        .defaultValue = 0};
    constexpr std::array kParameters{kChunksOn, kTags, kSmoothing, kWhiteSpace, kMaxWord};

} // namespace

namespace methodspecs {
    extern const MethodSpec jieba_like;
}

constinit const MethodSpec methodspecs::jieba_like{.id = "jieba_like",
    .title = "Dictionary unigram (jieba-like)",
    .family = "segment",
    .summary = "The most probable words by their counts in a dictionary; with a tag model for what it does not know.",
    .source = "fxsjy/jieba",
    .budget = {.unit = ""},
    .parameters = kParameters,
    .artifacts = "Segmentation,Table",
    .createSegmenter = []() -> std::unique_ptr<const Segmenter> { return std::make_unique<JiebaLike>(); }};

} // namespace winnow
