#include "core/methods/segment/common.h"

namespace winnow {
namespace {

    using namespace segment;

    class ChunksModel : public SegmentModel {
    public:
        std::unique_ptr<LineCutter> cutter() const override
        {
            return std::make_unique<ChunkCutter>(PreChunking::On, [](std::u32string_view text, int32_t base, std::vector<int32_t> &ends) {
                ends.push_back(base + static_cast<int32_t>(text.size()));
                return 0.0;
            });
        }
        size_t bytes() const override { return 0; }
    };

    class Chunks : public Segmenter {
    public:
        Result<SegmentModelPtr> learn(const SegmentSource &, const Parameters &, const RunContext &) const override
        {
            return std::make_shared<ChunksModel>();
        }
    };

    constexpr std::array kParameters{kWhiteSpace};

} // namespace

namespace methodspecs {
    extern const MethodSpec chunks;
}

constinit const MethodSpec methodspecs::chunks{.id = "chunks",
    .title = "Chunks only",
    .family = "segment",
    .summary = "Only numbers, Latin words and symbols are cut out: a floor.",
    .source = "control",
    .budget = {.unit = ""},
    .parameters = kParameters,
    .artifacts = "Segmentation",
    .createSegmenter = []() -> std::unique_ptr<const Segmenter> { return std::make_unique<Chunks>(); }};

} // namespace winnow
