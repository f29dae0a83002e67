#pragma once

#include "core/eval/prompt_scorer.h"
#include "core/serve/capture_store.h"

#include <list>
#include <map>
#include <memory>
#include <string>

namespace winnow {

/// What a scorer is for: the scores of prompt methods, or a reader of the full or of shortened prompts. Each keeps its own caches.
enum class ScorerRole { Compress, ReadFull, ReadShort };

/// Models as scorers with what they know of earlier requests; the least recently used one goes first.
class ScorerStore {
public:
    /// The scorer of a model with all it knows, or a new one.
    std::shared_ptr<ModelScorer> obtain(const HashedModel &model, ScorerRole role);
    /// A scorer that knows nothing, so that its costs are those of the request; it takes the place of the old one.
    std::shared_ptr<ModelScorer> fresh(const HashedModel &model, ScorerRole role);
    /// Lets go of a model.
    void forget(const Model &model);

private:
    struct Entry {
        std::string key;
        std::shared_ptr<ModelScorer> scorer;
    };
    std::list<Entry> m_entries; // most recently used first
};

} // namespace winnow
