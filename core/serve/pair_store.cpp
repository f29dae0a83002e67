#include "core/serve/pair_store.h"

#include "core/model/sha256.h"

#include <algorithm>

namespace winnow {
namespace {

    constexpr int64_t kKeptRowBytes = int64_t(64) << 20; // of one model: all rows of two or three hundred tokens
    constexpr size_t kMaxPairs = 8;

    std::string valuesKey(SimilarityMetric metric, const SimilarityRequest &request)
    {
        std::string key = std::string(metricInfo(metric).name) + '|' + std::to_string(skippedColumns(metric, request.skipSinks)) + '|'
            + std::to_string(request.averageHeads);
        if (metric == SimilarityMetric::Jaccard)
            key += '|' + std::to_string(request.matchFraction);
        return key;
    }

    std::string controlKey(SimilarityMetric metric, const SimilarityRequest &request)
    {
        return valuesKey(metric, request) + '|' + std::to_string(request.seed);
    }

} // namespace

/// Computes what one pass gives and puts it where later requests find it.
Result<void> StoredPair::compute(SimilarityRequest missing, const RunContext &context)
{
    if (missing.metrics.empty())
        return {};
    auto computed = compareHeads(*largeRows, *smallRows, missing, context);
    if (!computed)
        return fail(computed.error());
    for (SimilarityTable &table : computed->tables) {
        if (missing.scores)
            values[valuesKey(table.metric, missing)] = std::move(table.values);
        if (missing.control)
            controls[controlKey(table.metric, missing)] = std::move(table.control);
    }
    return {};
}

Result<SimilarityTables> StoredPair::compare(const SimilarityRequest &request, const RunContext &context)
{
    SimilarityRequest whole = request, onlyControl = request;
    onlyControl.scores = false;
    std::erase_if(whole.metrics, [&](SimilarityMetric metric) { return values.contains(valuesKey(metric, request)); });
    std::erase_if(onlyControl.metrics, [&](SimilarityMetric metric) {
        return !request.control || !values.contains(valuesKey(metric, request)) || controls.contains(controlKey(metric, request));
    });
    for (const SimilarityRequest &missing : {whole, onlyControl}) {
        if (auto computed = compute(missing, context); !computed)
            return fail(computed.error());
    }
    const HeadShape a = large->shape, b = small->shape;
    SimilarityTables result;
    result.large = {a.layers, request.averageHeads ? 1 : a.heads};
    result.small = {b.layers, request.averageHeads ? 1 : b.heads};
    result.columns = largeRows->range().columns();
    for (const SimilarityMetric metric : request.metrics) {
        SimilarityTable table{metric, skippedColumns(metric, request.skipSinks), values.at(valuesKey(metric, request)), {}};
        if (request.control)
            table.control = controls.at(controlKey(metric, request));
        result.tables.push_back(std::move(table));
    }
    return result;
}

int64_t StoredPair::bytes() const
{
    int64_t sum = largeRows->bytes() + smallRows->bytes();
    for (const auto *kept : {&values, &controls})
        for (const auto &[key, numbers] : *kept)
            sum += int64_t(4 * numbers.size());
    return sum;
}

Result<AttentionSourcePtr> PairStore::source(const Model &model, const std::string &modelHash, std::span<const int32_t> ids,
    int64_t layers, const char *stage, const RunContext &context)
{
    Sha256 hash;
    hash.add(modelHash + '|' + model.deviceName() + '|' + model.dtypeName() + '|' + model.weightsName() + '|' + std::to_string(layers) + '|');
    hash.add(std::as_bytes(ids));
    const std::string key = hash.finish();
    const auto found = std::find_if(m_sources.begin(), m_sources.end(), [&](const Source &source) { return source.key == key; });
    if (found != m_sources.end()) {
        m_sources.splice(m_sources.begin(), m_sources, found);
        return m_sources.front().source;
    }
    auto made = attentionSource(model, ids, layers, stage, context);
    if (!made)
        return made;
    m_sources.push_front({key, *made});
    return *made;
}

std::string PairStore::keyOf(const AttentionSourcePtr &source) const
{
    const auto found = std::find_if(m_sources.begin(), m_sources.end(), [&](const Source &own) { return own.source == source; });
    return found == m_sources.end() ? std::string() : found->key;
}

StoredPair &PairStore::obtain(const AttentionSourcePtr &large, const AttentionSourcePtr &small, int64_t span)
{
    Sha256 hash;
    hash.add(keyOf(large) + keyOf(small) + std::to_string(span));
    const std::string id = hash.finish();
    const auto found = std::find_if(m_pairs.begin(), m_pairs.end(), [&](const StoredPair &pair) { return pair.id == id; });
    if (found != m_pairs.end()) {
        m_pairs.splice(m_pairs.begin(), m_pairs, found);
        return m_pairs.front();
    }
    const MapRange range{0, span, 0};
    m_pairs.push_front({id, large, small, std::make_unique<AttentionRows>(large, range, kKeptRowBytes),
        std::make_unique<AttentionRows>(small, range, kKeptRowBytes), {}, {}});
    makeRoom();
    return m_pairs.front();
}

Result<StoredPair *> PairStore::find(const std::string &id)
{
    const auto found = std::find_if(m_pairs.begin(), m_pairs.end(), [&](const StoredPair &pair) { return pair.id == id; });
    if (found == m_pairs.end())
        return fail(ErrorCode::NotFound, "the engine no longer holds this comparison", "compare again");
    m_pairs.splice(m_pairs.begin(), m_pairs, found);
    return &m_pairs.front();
}

int64_t PairStore::bytes() const
{
    int64_t sum = 0;
    for (const StoredPair &pair : m_pairs)
        sum += pair.bytes();
    for (const Source &source : m_sources)
        sum += source.source->bytes();
    return sum;
}

/// The newest comparison stays, with what it is made from.
void PairStore::makeRoom()
{
    while (m_pairs.size() > 1 && (bytes() > m_budgetBytes || m_pairs.size() > kMaxPairs)) {
        m_pairs.pop_back();
        m_sources.remove_if([](const Source &source) { return source.source.use_count() == 1; });
    }
    // A comparison that failed between its models leaves one source that nobody uses.
    if (bytes() > m_budgetBytes)
        m_sources.remove_if([](const Source &source) { return source.source.use_count() == 1; });
}

} // namespace winnow
