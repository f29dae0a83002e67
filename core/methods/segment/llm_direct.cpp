#include "core/methods/segment/common.h"

#include <unordered_map>

namespace winnow {
namespace {

    using namespace segment;

    /// Word ends of every reply to a line, in the order of the lines: a line may occur twice.
    using RepliedLines = std::unordered_map<std::u32string, std::vector<std::vector<int32_t>>>;

    class RepliedCutter : public LineCutter {
    public:
        explicit RepliedCutter(const RepliedLines &lines)
            : m_lines(&lines)
        {
        }

        double cut(const CutText &line, std::vector<int32_t> &ends) override
        {
            ends.clear();
            const auto found = m_lines->find(line.characters);
            if (found != m_lines->end())
                ends = found->second[m_seen[line.characters]++ % found->second.size()];
            return 0;
        }

    private:
        const RepliedLines *m_lines;
        std::unordered_map<std::u32string, size_t> m_seen;
    };

    class RepliedModel : public SegmentModel {
    public:
        RepliedModel(TaughtLines lines, const SegmentSource &source)
            : m_taught(std::move(lines))
        {
            for (size_t i = 0; i < m_taught.line.size(); ++i) {
                CutText text = cutText(source.taughtLines()[static_cast<size_t>(m_taught.line[i])], source.whiteSpace);
                m_lines[std::move(text.characters)].push_back(m_taught.ends[i]);
            }
        }

        std::unique_ptr<LineCutter> cutter() const override { return std::make_unique<RepliedCutter>(m_lines); }
        bool covers(const CutText &line) const override { return line.size() == 0 || m_lines.contains(line.characters); }
        size_t bytes() const override { return 0; }
        void describe(ReportBuilder &report) const override
        {
            const auto taught = static_cast<double>(m_taught.line.size());
            report.setMetric("hallucination", m_taught.hallucination);
            report.setMetric("taughtLines", taught);
            report.setMetric("alteredRate", taught == 0 ? 0 : static_cast<double>(m_taught.altered) / taught);
        }

    private:
        TaughtLines m_taught;
        RepliedLines m_lines;
    };

    /// A chat model's own words, aligned with the line (segmentation-baselines.md 3.8).
    class LlmDirect : public Segmenter {
    public:
        Result<SegmentModelPtr> learn(const SegmentSource &source, const Parameters &parameters, const RunContext &) const override
        {
            if (source.replies.empty() && !source.simulatedGold)
                return fail(ErrorCode::BadInput, "the method shows what a chat model replied and the request has no replies",
                    "give replies, let a chat model teach the lines, or take the simulated teacher with gold words");
            auto lines = taughtLines(source, parameters);
            if (!lines)
                return fail(lines.error());
            return std::make_shared<RepliedModel>(std::move(*lines), source);
        }
    };

    constexpr std::array kParameters{kShare, kWhiteSpace, kMerge, kSplit, kSeed};

} // namespace

namespace methodspecs {
    extern const MethodSpec llm_direct;
}

constinit const MethodSpec methodspecs::llm_direct{.id = "llm_direct",
    .title = "Chat model, direct",
    .family = "segment",
    .summary = "The words of a chat model's replies, mended where it changed the text.",
    .source = "arXiv:2505.19631",
    .sourceUrl = "https://arxiv.org/abs/2505.19631",
    .budget = {.unit = ""},
    .parameters = kParameters,
    .artifacts = "Segmentation",
    .createSegmenter = []() -> std::unique_ptr<const Segmenter> { return std::make_unique<LlmDirect>(); }};

} // namespace winnow
