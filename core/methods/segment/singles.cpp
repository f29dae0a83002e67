#include "core/methods/segment/common.h"

namespace winnow {
namespace {

    using namespace segment;

    class SinglesModel : public SegmentModel {
    public:
        explicit SinglesModel(PreChunking chunking)
            : m_chunking(chunking)
        {
        }

        std::unique_ptr<LineCutter> cutter() const override
        {
            return std::make_unique<ChunkCutter>(m_chunking, [](std::u32string_view text, int32_t base, std::vector<int32_t> &ends) {
                for (int32_t end = 1; end <= static_cast<int32_t>(text.size()); ++end)
                    ends.push_back(base + end);
                return 0.0;
            });
        }
        size_t bytes() const override { return 0; }

    private:
        PreChunking m_chunking;
    };

    class Singles : public Segmenter {
    public:
        Result<SegmentModelPtr> learn(const SegmentSource &, const Parameters &parameters, const RunContext &) const override
        {
            return std::make_shared<SinglesModel>(preChunking(parameters));
        }
    };

    constexpr std::array kParameters{kChunksOn, kWhiteSpace};

} // namespace

namespace methodspecs {
    extern const MethodSpec singles;
}

constinit const MethodSpec methodspecs::singles{.id = "singles",
    .title = "Single characters",
    .family = "segment",
    .summary = "Every character is a word: a floor.",
    .source = "control",
    .budget = {.unit = ""},
    .parameters = kParameters,
    .artifacts = "Segmentation",
    .createSegmenter = []() -> std::unique_ptr<const Segmenter> { return std::make_unique<Singles>(); }};

} // namespace winnow
