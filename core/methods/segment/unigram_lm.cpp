#include "core/base/json_fields.h"
#include "core/methods/segment/common.h"
#include "core/words/characters.h"
#include "core/words/unigram_pieces.h"

namespace winnow {
namespace {

    using namespace segment;

    constexpr int64_t kLargeText = 1000000; // bytes from which on the vocabulary is the large one

    /// The best path over the pieces of a unigram language model.
    class PieceModel : public SegmentModel {
    public:
        PieceModel(TrainedPieces trained, PreChunking chunking)
            : m_trained(std::move(trained))
            , m_chunking(chunking)
        {
        }

        std::unique_ptr<LineCutter> cutter() const override
        {
            return std::make_unique<ChunkCutter>(m_chunking, [this](std::u32string_view text, int32_t base, std::vector<int32_t> &ends) {
                return m_trained.model.cut(text, base, ends);
            });
        }
        std::string saved() const override { return jsonText(m_trained.model.toJson()); }
        size_t bytes() const override { return m_trained.model.bytes(); }
        void describe(ReportBuilder &report) const override;
        Json explain(const CutText &line, int32_t first, int32_t end) const override
        {
            const UnigramPiece *piece = m_trained.model.find(line.word(first, end));
            return piece ? Json{{"logp", piece->logp}, {"expected", piece->expected}} : Json{{"logp", m_trained.model.unknown()}};
        }

    private:
        TrainedPieces m_trained;
        PreChunking m_chunking;
    };

    void PieceModel::describe(ReportBuilder &report) const
    {
        report.setMetric("pieces", static_cast<double>(m_trained.model.pieces().size()));
        report.setMetric("seedPieces", static_cast<double>(m_trained.seeds));
        report.setMetric("substringTableBytes", static_cast<double>(m_trained.tableBytes));
        if (m_trained.rounds.empty())
            return; // a saved model
        Curve pieces{"pieces", "unigram_lm", "Pieces", "round", "pieces", "", {}, {}, {}, {}, {}, {}, Json::array()};
        Curve likelihood{"logLikelihood", "unigram_lm", "Log-likelihood", "round", "log-likelihood", "nats", {}, {}, {}, {}, {}, {},
            Json::array()};
        TableArtifact table{"rounds", "EM rounds", {"round", "pieces", "logLikelihood", "dropped", "pruned"}, {"", "", "nats", "", ""},
            Json::array()};
        for (size_t i = 0; i < m_trained.rounds.size(); ++i) {
            const PieceRound &round = m_trained.rounds[i];
            pieces.x.push_back(static_cast<double>(i + 1));
            pieces.y.push_back(static_cast<double>(round.pieces));
            likelihood.x.push_back(static_cast<double>(i + 1));
            likelihood.y.push_back(round.logLikelihood);
            table.rows.push_back({i + 1, round.pieces, round.logLikelihood, round.dropped, round.pruned});
        }
        report.add(pieces);
        report.add(likelihood);
        report.add(table);
    }

    class UnigramLm : public Segmenter {
    public:
        Result<SegmentModelPtr> learn(
            const SegmentSource &source, const Parameters &parameters, const RunContext &context) const override
        {
            const PreChunking chunking = preChunking(parameters);
            if (stringField(source.model, "kind") == "pieces") {
                auto saved = UnigramPieces::fromJson(source.model);
                if (!saved)
                    return fail(saved.error());
                return std::make_shared<PieceModel>(TrainedPieces{std::move(*saved), {}, 0, 0}, chunking);
            }
            PieceTraining training{parameters.integer("size"), static_cast<int>(parameters.integer("maxPiece")),
                parameters.number("shrink"), static_cast<int>(parameters.integer("emRounds")), parameters.integer("seedSize")};
            if (training.size == 0) {
                size_t bytes = 0;
                for (const std::string &line : source.taughtLines())
                    bytes += line.size() + 1;
                training.size = bytes < kLargeText ? 3000 : 8000;
            } else if (training.size < 100) {
                return fail(ErrorCode::BadInput, "size is " + std::to_string(training.size), "0 for the default, or 100 to 64000 pieces");
            }
            auto trained = trainPieces(chunksOfSource(source, chunking), training, context);
            if (!trained)
                return fail(trained.error());
            return std::make_shared<PieceModel>(std::move(*trained), chunking);
        }
    };

    constexpr ParameterSpec kSize{.name = "size",
        .title = "Pieces",
        .tooltip = "Size of the vocabulary; 0 takes 8000, and 3000 for texts under 1 MB.",
        .type = ParameterType::Int,
        .defaultValue = 0,
        .maximum = 64000,
        .leastMeans = "automatic"};
    constexpr ParameterSpec kMaxPiece{.name = "maxPiece",
        .title = "Longest piece",
        .unit = "characters",
        .tooltip = "Longer substrings are no candidates.",
        .type = ParameterType::Int,
        .defaultValue = 16,
        .minimum = 2,
        .maximum = 64};
    constexpr ParameterSpec kShrink{.name = "shrink",
        .title = "Shrink",
        .tooltip = "Share of the pieces that a pruning step leaves.",
        .type = ParameterType::Float,
        .defaultValue = 0.75,
        .minimum = 0.5,
        .maximum = 0.95};
    constexpr ParameterSpec kRounds{.name = "emRounds",
        .title = "EM rounds",
        .tooltip = "Expectation and maximisation between two pruning steps.",
        .type = ParameterType::Int,
        .defaultValue = 2,
        .minimum = 1,
        .maximum = 10};
    constexpr ParameterSpec kSeeds{.name = "seedSize",
        .title = "Seed pieces",
        .tooltip = "Candidates that training begins with.",
        .type = ParameterType::Int,
        .defaultValue = 1000000,
        .minimum = 1000,
        .maximum = 10000000};
    constexpr std::array kParameters{kSize, kMaxPiece, kShrink, kRounds, kSeeds, kChunksOn, kWhiteSpace};

} // namespace

namespace methodspecs {
    extern const MethodSpec unigram_lm;
}

constinit const MethodSpec methodspecs::unigram_lm{.id = "unigram_lm",
    .title = "Unigram language model",
    .family = "segment",
    .summary = "The best path over pieces learned from raw text by expectation maximisation and pruning.",
    .source = "arXiv:1808.06226",
    .sourceUrl = "https://arxiv.org/abs/1808.06226",
    .budget = {.unit = ""},
    .parameters = kParameters,
    .artifacts = "Segmentation,Curve,Table",
    .createSegmenter = []() -> std::unique_ptr<const Segmenter> { return std::make_unique<UnigramLm>(); }};

} // namespace winnow
