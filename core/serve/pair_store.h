#pragma once

#include "core/eval/similarity.h"
#include "core/model/model.h"

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <span>
#include <string>

namespace winnow {

/// Two models over one text: what a switch of metric or skipped columns is answered from without running a model.
struct StoredPair {
    std::string id; // content: models, ids, span
    AttentionSourcePtr large, small; // over the span and the rows behind it
    std::unique_ptr<AttentionRows> largeRows, smallRows; // of the span
    std::map<std::string, std::vector<float>> values, controls; // of tables, by metric and settings

    /// Tables of the request in its order; those that were asked for before are not computed again, of a table without its
    /// control only the control.
    /// @error as compareHeads.
    Result<SimilarityTables> compare(const SimilarityRequest &request, const RunContext &context);
    int64_t bytes() const;

private:
    Result<void> compute(SimilarityRequest missing, const RunContext &context);
};

/// Comparisons and the queries and keys they are made from, under a byte budget; the least recently used ones go first. Holds no
/// model.
class PairStore {
public:
    explicit PairStore(int64_t budgetBytes)
        : m_budgetBytes(budgetBytes)
    {
    }

    /// Queries and keys of a model over `ids`, made now when they are not there. `layers` first layers, 0 = all.
    /// @error as attentionSource.
    Result<AttentionSourcePtr> source(const Model &model, const std::string &modelHash, std::span<const int32_t> ids, int64_t layers,
        const char *stage, const RunContext &context);

    /// The comparison over the first `span` tokens of two sources from here. Valid until the next call.
    StoredPair &obtain(const AttentionSourcePtr &large, const AttentionSourcePtr &small, int64_t span);

    /// @error NotFound when the engine no longer holds it.
    Result<StoredPair *> find(const std::string &id);

    int64_t bytes() const;

private:
    struct Source {
        std::string key;
        AttentionSourcePtr source;
    };
    std::string keyOf(const AttentionSourcePtr &source) const;
    void makeRoom();

    int64_t m_budgetBytes;
    std::list<Source> m_sources; // most recently used first
    std::list<StoredPair> m_pairs; // likewise
};

} // namespace winnow
