#pragma once

#include "core/base/error.h"
#include "core/base/json.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace winnow {

/// What a tokenizer.json says. Its two long lists are kept in a compact form, everything else as a document.
class ScannedTokenizer {
public:
    struct Entry {
        size_t offset = 0, length = 0; // of the text in m_bytes
        int64_t id = 0;
        double score = 0;
    };

    /// @error BadModelFile naming line, place, expected and found.
    /// @cost  One pass; memory about the size of the text.
    static Result<ScannedTokenizer> scan(std::string_view json);

    const Json &document() const { return m_document; } // without model.vocab and model.merges
    bool hasVocabulary() const { return m_hasVocabulary; }
    /// Whether model.vocab is a list of texts with scores (Unigram) and not an object of ids.
    bool hasScores() const { return m_hasScores; }
    const std::vector<Entry> &vocabulary() const { return m_vocabulary; }
    size_t vocabularyBytes() const { return m_bytes.size(); }
    std::string_view text(const Entry &entry) const { return std::string_view(m_bytes).substr(entry.offset, entry.length); }
    size_t merges() const { return m_merges.size(); }
    /// The two parts of a merge.
    std::pair<std::string_view, std::string_view> merge(size_t index) const;

private:
    friend class TokenizerScanner;
    struct Merge {
        size_t offset = 0, left = 0, right = 0;
    };

    Json m_document;
    std::string m_bytes, m_mergeBytes;
    std::vector<Entry> m_vocabulary;
    std::vector<Merge> m_merges;
    bool m_hasVocabulary = false, m_hasScores = false;
};

} // namespace winnow
