#include "core/model/weights.h"

#include <ATen/ATen.h>

#include <set>

namespace winnow {
namespace {

    /// Sums the bytes of tensors and matrices, each storage once.
    class ByteSum {
    public:
        void add(const at::Tensor &tensor)
        {
            if (tensor.defined() && m_seen.insert(tensor.storage().data()).second)
                m_total += static_cast<int64_t>(tensor.storage().nbytes());
        }
        void add(const WeightMatrix &matrix)
        {
            if (matrix.isDense())
                add(matrix.dense());
            else
                m_total += matrix.bytes();
        }
        void add(const NormWeights &norm)
        {
            add(norm.weight);
            add(norm.bias);
        }
        void add(const FfnWeights &ffn)
        {
            add(ffn.gateUp);
            add(ffn.gateUpBias);
            add(ffn.down);
            add(ffn.downBias);
        }
        void add(const MoeWeights &moe)
        {
            add(moe.router);
            add(moe.selectionBias);
            for (const FfnWeights &expert : moe.experts)
                add(expert);
            add(moe.shared);
            add(moe.sharedGate);
        }
        void add(const MlaWeights &mla)
        {
            for (const WeightMatrix *matrix : {&mla.query, &mla.queryDown, &mla.latentDown, &mla.latentUp})
                add(*matrix);
            add(mla.queryNorm);
            add(mla.latentNorm);
        }
        int64_t total() const { return m_total; }

    private:
        std::set<const void *> m_seen;
        int64_t m_total = 0;
    };

} // namespace

int64_t Weights::bytes() const
{
    ByteSum sum;
    sum.add(embedding);
    sum.add(positions);
    sum.add(finalNorm);
    // A tied head is the embedding: the same storage when dense, the same rows of the file otherwise.
    if (head.isDense() || !embedding.sameRows(head))
        sum.add(head);
    for (const LayerWeights &layer : layers) {
        sum.add(layer.attnNorm);
        sum.add(layer.qkv);
        for (const at::Tensor &tensor : {layer.qkvBias, layer.queryNorm, layer.keyNorm, layer.outputBias})
            sum.add(tensor);
        if (layer.mla)
            sum.add(*layer.mla);
        sum.add(layer.output);
        sum.add(layer.postAttnNorm);
        sum.add(layer.ffnNorm);
        sum.add(layer.ffn);
        if (layer.moe)
            sum.add(*layer.moe);
        sum.add(layer.postFfnNorm);
    }
    return sum.total();
}

} // namespace winnow
