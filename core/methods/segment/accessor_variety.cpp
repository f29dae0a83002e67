#include "core/methods/segment/branching_model.h"

namespace winnow {
namespace {

    using namespace segment;

    class VarietyModel : public BranchingModel {
    public:
        VarietyModel(Branching branching, PreChunking chunking, VarietyValue value)
            : BranchingModel(std::move(branching), chunking)
            , m_value(value)
        {
        }

        std::unique_ptr<LineCutter> cutter() const override
        {
            return std::make_unique<ChunkCutter>(m_chunking, [this](std::u32string_view text, int32_t base, std::vector<int32_t> &ends) {
                return m_branching.cutByVariety(text, m_value, base, ends);
            });
        }

    private:
        VarietyValue m_value;
    };

    /// Words with many different neighbours on both sides (segmentation-baselines.md 3.6).
    class AccessorVariety : public Segmenter {
    public:
        Result<SegmentModelPtr> learn(
            const SegmentSource &source, const Parameters &parameters, const RunContext &context) const override
        {
            auto branching = branchingOfSource(source, parameters, context);
            if (!branching)
                return fail(branching.error());
            const std::string word = parameters.word("value");
            const VarietyValue value = word == "square" ? VarietyValue::Square
                : word == "square1"                     ? VarietyValue::SquareSingles
                                                        : VarietyValue::Linear;
            return std::make_shared<VarietyModel>(std::move(*branching), preChunking(parameters), value);
        }
    };

    constexpr std::array<std::string_view, 3> kValues{"square", "square1", "linear"};
    constexpr std::array<std::string_view, 3> kValueTitles{"|w|² ln AV, singles 0", "|w|² ln AV", "|w| ln AV"};
    constexpr ParameterSpec kValue{.name = "value",
        .title = "Value",
        .tooltip = "What a word of length |w| with AV neighbours is worth.",
        .type = ParameterType::Choice,
        .choices = kValues,
        .choiceTitles = kValueTitles};
    constexpr std::array kParameters{kLongest, kValue, kChunksOn, kWhiteSpace};

} // namespace

namespace methodspecs {
    extern const MethodSpec accessor_variety;
}

constinit const MethodSpec methodspecs::accessor_variety{.id = "accessor_variety",
    .title = "Accessor variety",
    .family = "segment",
    .summary = "Words that many different characters stand beside, learned from raw text.",
    .source = "CL 2004, J04-1004",
    .sourceUrl = "https://aclanthology.org/J04-1004",
    .budget = {.unit = ""},
    .parameters = kParameters,
    .artifacts = "Segmentation,Table",
    .createSegmenter = []() -> std::unique_ptr<const Segmenter> { return std::make_unique<AccessorVariety>(); }};

} // namespace winnow
