#include "core/model/load_plan.h"

#include <algorithm>
#include <unordered_map>

namespace winnow {
namespace {

    /// Collects the pieces of matrices and vectors.
    class PlanBuilder {
    public:
        PlanBuilder(const ModelConfig &config, Weights &weights)
            : m_config(config)
            , m_weights(weights)
        {
        }

        void add(const PlannedTensor &planned)
        {
            if (planned.layer < 0)
                return addGlobal(planned);
            LayerWeights &layer = m_weights.layers[static_cast<size_t>(planned.layer)];
            if (slotPlace(planned.rule->slot) == SlotPlace::ExpertLayer)
                addExperts(planned, *layer.moe);
            else if (!addVectors(planned, layer))
                addMatrices(planned, layer);
        }

        LoadPlan take() { return std::move(m_plan); }

    private:
        MatrixJob &matrix(WeightMatrix &target, int64_t rows, int64_t columns)
        {
            const auto [entry, added] = m_matrices.emplace(&target, m_plan.matrices.size());
            if (added)
                m_plan.matrices.push_back(MatrixJob{&target, rows, columns, {}});
            return m_plan.matrices[entry->second];
        }

        VectorJob &vector(at::Tensor &target, std::vector<int64_t> shape)
        {
            const auto [entry, added] = m_vectors.emplace(&target, m_plan.vectors.size());
            if (added)
                m_plan.vectors.push_back(VectorJob{&target, std::move(shape), {}});
            return m_plan.vectors[entry->second];
        }

        /// A whole tensor as rows of a matrix.
        void rows(WeightMatrix &target, int64_t matrixRows, const PlannedTensor &planned, int64_t targetRow = 0)
        {
            const StoredTensor &tensor = *planned.tensor;
            const Transform transform = planned.rule->transform;
            const bool turned = transform == Transform::Transposed;
            MatrixPiece piece{&tensor, 0, turned ? tensor.cols() : tensor.rows(), targetRow, PieceLayout::Rows};
            if (turned)
                piece.layout = PieceLayout::Transposed;
            else if (transform == Transform::PermutedHeads)
                piece.layout = PieceLayout::PermutedRows;
            matrix(target, matrixRows, turned ? tensor.rows() : tensor.cols()).pieces.push_back(piece);
        }

        void numbers(at::Tensor &target, std::vector<int64_t> shape, const PlannedTensor &planned, int64_t offset = 0)
        {
            vector(target, std::move(shape)).pieces.push_back(VectorPiece{planned.tensor, offset, planned.rule->transform});
        }

        void addGlobal(const PlannedTensor &planned)
        {
            switch (planned.rule->slot) {
            case Slot::Embedding:
                return rows(m_weights.embedding, m_config.vocab, planned);
            case Slot::Head:
                return rows(m_weights.head, m_config.vocab, planned);
            case Slot::Positions:
                return numbers(m_weights.positions, planned.tensor->shape, planned);
            case Slot::FinalNorm:
                return numbers(m_weights.finalNorm.weight, {m_config.hidden}, planned);
            case Slot::FinalNormBias:
                return numbers(m_weights.finalNorm.bias, {m_config.hidden}, planned);
            default: // rope factors are part of the configuration
                return;
            }
        }

        bool addVectors(const PlannedTensor &planned, LayerWeights &layer)
        {
            const int64_t hidden = m_config.hidden, q = m_config.heads * m_config.headDim, kv = m_config.kvHeads * m_config.headDim;
            const int64_t inner = (m_config.gatedFfn ? 2 : 1) * m_config.layer(planned.layer).ffn;
            const auto put = [&](at::Tensor &target, int64_t length, int64_t offset = 0) {
                numbers(target, {length}, planned, offset);
                return true;
            };
            switch (planned.rule->slot) {
            case Slot::AttnNorm:
                return put(layer.attnNorm.weight, hidden);
            case Slot::AttnNormBias:
                return put(layer.attnNorm.bias, hidden);
            case Slot::QueryBias:
            case Slot::QkvBias:
                return put(layer.qkvBias, q + 2 * kv);
            case Slot::KeyBias:
                return put(layer.qkvBias, q + 2 * kv, q);
            case Slot::ValueBias:
                return put(layer.qkvBias, q + 2 * kv, q + kv);
            case Slot::QueryNorm:
                return put(layer.queryNorm, planned.tensor->elements());
            case Slot::KeyNorm:
                return put(layer.keyNorm, planned.tensor->elements());
            case Slot::QueryDownNorm:
                return put(layer.mla->queryNorm, m_config.mla.queryRank);
            case Slot::LatentNorm:
                return put(layer.mla->latentNorm, m_config.mla.latent);
            case Slot::OutputBias:
                return put(layer.outputBias, hidden);
            case Slot::PostAttnNorm:
                return put(layer.postAttnNorm.weight, hidden);
            case Slot::FfnNorm:
                return put(layer.ffnNorm.weight, hidden);
            case Slot::FfnNormBias:
                return put(layer.ffnNorm.bias, hidden);
            case Slot::PostFfnNorm:
                return put(layer.postFfnNorm.weight, hidden);
            case Slot::GateBias:
                return put(layer.ffn.gateUpBias, inner);
            case Slot::UpBias:
                return put(layer.ffn.gateUpBias, inner, m_config.gatedFfn ? inner / 2 : 0);
            case Slot::DownBias:
                return put(layer.ffn.downBias, hidden);
            default:
                return false;
            }
        }

        void addMatrices(const PlannedTensor &planned, LayerWeights &layer)
        {
            const int64_t q = m_config.heads * m_config.headDim, kv = m_config.kvHeads * m_config.headDim;
            const int64_t inner = (m_config.gatedFfn ? 2 : 1) * m_config.layer(planned.layer).ffn;
            const MlaConfig &mla = m_config.mla;
            const int64_t latentRows = m_config.heads * (mla.nope + mla.value);
            switch (planned.rule->slot) {
            case Slot::Query:
                return layer.mla ? rows(layer.mla->query, q, planned) : rows(layer.qkv, q + 2 * kv, planned);
            case Slot::Key:
                return rows(layer.qkv, q + 2 * kv, planned, q);
            case Slot::Value:
                return rows(layer.qkv, q + 2 * kv, planned, q + kv);
            case Slot::Qkv:
                return planned.rule->transform == Transform::HeadMajor ? headMajor(layer.qkv, planned) : rows(layer.qkv, q + 2 * kv, planned);
            case Slot::QueryDown:
                return rows(layer.mla->queryDown, mla.queryRank, planned);
            case Slot::LatentDown:
                return rows(layer.mla->latentDown, mla.latent + mla.rope, planned);
            case Slot::LatentUp:
                return rows(layer.mla->latentUp, latentRows, planned);
            case Slot::LatentUpKeys:
            case Slot::LatentUpValues:
                matrix(layer.mla->latentUp, latentRows, mla.latent)
                    .pieces.push_back(MatrixPiece{planned.tensor, 0, planned.tensor->rows(), 0,
                        planned.rule->slot == Slot::LatentUpKeys ? PieceLayout::LatentKeys : PieceLayout::LatentValues});
                return;
            case Slot::Output:
                return rows(layer.output, m_config.hidden, planned);
            case Slot::Gate:
            case Slot::GateUp:
                return rows(layer.ffn.gateUp, inner, planned);
            case Slot::Up:
                return rows(layer.ffn.gateUp, inner, planned, m_config.gatedFfn ? inner / 2 : 0);
            case Slot::Down:
                return rows(layer.ffn.down, m_config.hidden, planned);
            default:
                return;
            }
        }

        /// Rows of each head q, k, v: as many pieces as there are heads, of q first.
        void headMajor(WeightMatrix &target, const PlannedTensor &planned)
        {
            const int64_t width = m_config.headDim, heads = m_config.heads;
            MatrixJob &job = matrix(target, 3 * heads * width, planned.tensor->cols());
            for (int64_t part = 0; part < 3; ++part) {
                for (int64_t head = 0; head < heads; ++head)
                    job.pieces.push_back(MatrixPiece{planned.tensor, (3 * head + part) * width, width, (part * heads + head) * width, PieceLayout::Rows});
            }
        }

        /// Experts that come one by one, or all of a layer in one tensor.
        void expertRows(MoeWeights &moe, const PlannedTensor &planned, bool down, int64_t matrixRows, int64_t targetRow)
        {
            const StoredTensor &tensor = *planned.tensor;
            const auto count = static_cast<int64_t>(moe.experts.size());
            const int64_t each = planned.expert >= 0 ? tensor.rows() : tensor.rows() / count;
            for (int64_t e = 0; e < count; ++e) {
                if (planned.expert >= 0 && planned.expert != e)
                    continue;
                FfnWeights &expert = moe.experts[static_cast<size_t>(e)];
                matrix(down ? expert.down : expert.gateUp, matrixRows, tensor.cols())
                    .pieces.push_back(MatrixPiece{&tensor, planned.expert >= 0 ? 0 : e * each, each, targetRow, PieceLayout::Rows});
            }
        }

        void addExperts(const PlannedTensor &planned, MoeWeights &moe)
        {
            const int64_t width = m_config.moe.expertFfn, shared = m_config.moe.sharedFfn;
            switch (planned.rule->slot) {
            case Slot::Router:
                return numbers(moe.router, {m_config.moe.experts, m_config.hidden}, planned);
            case Slot::SelectionBias:
                return numbers(moe.selectionBias, {m_config.moe.experts}, planned);
            case Slot::ExpertGate:
            case Slot::ExpertGateUp:
                return expertRows(moe, planned, false, 2 * width, 0);
            case Slot::ExpertUp:
                return expertRows(moe, planned, false, 2 * width, width);
            case Slot::ExpertDown:
                return expertRows(moe, planned, true, m_config.hidden, 0);
            case Slot::SharedGate:
                return rows(moe.shared.gateUp, 2 * shared, planned);
            case Slot::SharedUp:
                return rows(moe.shared.gateUp, 2 * shared, planned, shared);
            case Slot::SharedDown:
                return rows(moe.shared.down, m_config.hidden, planned);
            case Slot::SharedSwitch:
                return numbers(moe.sharedGate, {m_config.hidden}, planned);
            default:
                return;
            }
        }

        const ModelConfig &m_config;
        Weights &m_weights;
        LoadPlan m_plan;
        std::unordered_map<const void *, size_t> m_matrices, m_vectors;
    };

} // namespace

bool MatrixJob::storable() const
{
    return std::all_of(pieces.begin(), pieces.end(), [](const MatrixPiece &piece) {
        return piece.layout == PieceLayout::Rows || piece.layout == PieceLayout::PermutedRows;
    });
}

LoadPlan makeLoadPlan(const TensorPlan &plan, const ModelConfig &config, Weights &weights)
{
    weights.layers.resize(static_cast<size_t>(config.layers));
    for (size_t i = 0; i < weights.layers.size(); ++i) {
        if (config.mla.latent > 0)
            weights.layers[i].mla.emplace();
        if (config.layerConfigs[i].experts) {
            weights.layers[i].moe.emplace();
            weights.layers[i].moe->experts.resize(static_cast<size_t>(config.moe.experts));
        }
    }
    PlanBuilder builder(config, weights);
    for (const PlannedTensor &planned : plan.tensors)
        builder.add(planned);
    LoadPlan load = builder.take();
    for (MatrixJob &job : load.matrices)
        std::sort(job.pieces.begin(), job.pieces.end(), [](const MatrixPiece &a, const MatrixPiece &b) { return a.targetRow < b.targetRow; });
    return load;
}

} // namespace winnow
