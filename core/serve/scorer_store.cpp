#include "core/serve/scorer_store.h"

#include <algorithm>

namespace winnow {
namespace {

    constexpr size_t kMaxScorers = 6; // a scoring model and a reader with two places each, and a little to come back to

    // Of one reader: the compressed prompts of a page of methods and sizes, and a full prompt or two.
    int64_t cacheBytes(ScorerRole role)
    {
        return role == ScorerRole::Compress ? 0 : int64_t(role == ScorerRole::ReadShort ? 1536 : 512) << 20;
    }

    std::string keyOf(const HashedModel &model, ScorerRole role) { return model.key() + '|' + std::to_string(static_cast<int>(role)); }

} // namespace

std::shared_ptr<ModelScorer> ScorerStore::obtain(const HashedModel &model, ScorerRole role)
{
    const std::string key = keyOf(model, role);
    const auto found = std::find_if(m_entries.begin(), m_entries.end(),
        [&](const Entry &entry) { return entry.key == key && entry.scorer->modelPointer() == model.model; });
    if (found == m_entries.end())
        return fresh(model, role);
    m_entries.splice(m_entries.begin(), m_entries, found);
    return m_entries.front().scorer;
}

std::shared_ptr<ModelScorer> ScorerStore::fresh(const HashedModel &model, ScorerRole role)
{
    const std::string key = keyOf(model, role);
    m_entries.remove_if([&](const Entry &entry) { return entry.key == key; });
    if (m_entries.size() >= kMaxScorers)
        m_entries.pop_back();
    m_entries.push_front({key, std::make_shared<ModelScorer>(model.model, ReusePrefix::Yes, cacheBytes(role))});
    return m_entries.front().scorer;
}

void ScorerStore::forget(const Model &model)
{
    m_entries.remove_if([&](const Entry &entry) { return &entry.scorer->model() == &model; });
}

} // namespace winnow
