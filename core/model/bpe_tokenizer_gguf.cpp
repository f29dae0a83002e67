#include "core/base/utf8.h"
#include "core/model/bpe_tokenizer.h"
#include "core/model/gguf_file.h"
#include "core/model/sha256.h"

#include <algorithm>
#include <cstring>

namespace winnow {
namespace {

    /// tokenizer.ggml.token_type
    enum class TokenType : int64_t { Normal = 1, Unknown = 2, Control = 3, UserDefined = 4, Unused = 5, Byte = 6 };

    constexpr size_t kLongestSpecial = 512; // bytes; bounds the search in a text
    constexpr const char *kDamaged = "the file's tokenizer is damaged: convert the model again";

    bool foundInText(TokenType type)
    {
        return type == TokenType::Control || type == TokenType::UserDefined || type == TokenType::Unknown;
    }

    /// Lists are hashed with their lengths, so that no two lists give the same bytes.
    void addLength(Sha256 &hash, uint64_t length)
    {
        std::array<std::byte, sizeof length> bytes{};
        std::memcpy(bytes.data(), &length, sizeof length);
        hash.add(bytes);
    }

    void addText(Sha256 &hash, std::string_view text)
    {
        addLength(hash, text.size());
        hash.add(text);
    }

} // namespace

/// Builds a tokenizer from one file's metadata; every list is checked against the others.
class BpeTokenizerBuilder {
public:
    explicit BpeTokenizerBuilder(const GgufFile &file)
        : m_file(file)
    {
    }

    Result<std::shared_ptr<const Tokenizer>> build()
    {
        if (const auto read = readLists(); !read)
            return fail(read.error());
        m_out.reset(new BpeTokenizer(m_mergeTexts.size()));
        for (const auto step : {&BpeTokenizerBuilder::setPre, &BpeTokenizerBuilder::setTokens,
                 &BpeTokenizerBuilder::setMerges, &BpeTokenizerBuilder::setAdded}) {
            if (const auto done = (this->*step)(); !done)
                return fail(done.error());
        }
        setPieces();
        setHash();
        return m_out;
    }

private:
    Result<void> readLists()
    {
        auto tokens = m_file.strings("tokenizer.ggml.tokens");
        auto merges = m_file.strings("tokenizer.ggml.merges");
        if (!tokens || !merges)
            return fail(tokens ? merges.error() : tokens.error());
        m_tokens = std::move(*tokens);
        m_mergeTexts = std::move(*merges);
        if (m_tokens.empty() || m_tokens.size() > static_cast<size_t>(INT32_MAX))
            return m_file.bad("tokenizer.ggml.tokens has " + std::to_string(m_tokens.size()) + " entries", kDamaged);
        m_types.assign(m_tokens.size(), static_cast<int64_t>(TokenType::Normal));
        if (!m_file.has("tokenizer.ggml.token_type"))
            return {};
        auto types = m_file.integers("tokenizer.ggml.token_type");
        if (!types)
            return fail(types.error());
        if (types->size() != m_tokens.size()) {
            return m_file.bad("tokenizer.ggml.token_type: expected " + std::to_string(m_tokens.size())
                    + " entries, one for each of tokenizer.ggml.tokens, found " + std::to_string(types->size()),
                kDamaged);
        }
        m_types = std::move(*types);
        return {};
    }

    Result<void> setPre()
    {
        // Files from before the key existed were read with the rules that now have the name "default".
        const auto pre = m_file.has("tokenizer.ggml.pre") ? m_file.string("tokenizer.ggml.pre")
                                                          : Result<std::string_view>("default");
        if (!pre)
            return fail(pre.error());
        m_out->m_stages = preTokenizerStages(*pre);
        if (m_out->m_stages.empty()) {
            return fail(ErrorCode::Unsupported,
                m_file.path().string() + ": pre-tokeniser \"" + printable(*pre) + "\" cannot be used: expected one of "
                    + preTokenizerNames(),
                "open a model with one of these tokenizers");
        }
        m_out->m_pre = *pre;
        m_isLlama3 = m_out->m_stages.data() == preTokenizerStages("llama-bpe").data();
        return {};
    }

    Result<void> setTokens()
    {
        m_out->m_bytes.reserve(m_tokens.size());
        m_out->m_special.reserve(m_tokens.size());
        m_ids.reserve(m_tokens.size());
        for (size_t id = 0; id < m_tokens.size(); ++id) {
            const auto type = static_cast<TokenType>(m_types[id]);
            const bool literal = foundInText(type);
            auto bytes = literal ? std::nullopt : byteLevelBytes(m_tokens[id]);
            m_out->m_bytes.push_back(bytes ? std::move(*bytes) : std::string(m_tokens[id]));
            m_out->m_special.push_back(type == TokenType::Control || type == TokenType::Unknown);
            m_ids.emplace(m_tokens[id], static_cast<int32_t>(id));
            if (!literal || firstInvalidUtf8(m_tokens[id]) < m_tokens[id].size())
                continue;
            if (m_tokens[id].size() > kLongestSpecial) {
                return m_file.bad("special token " + std::to_string(id) + " has " + std::to_string(m_tokens[id].size())
                        + " bytes: expected at most " + std::to_string(kLongestSpecial),
                    kDamaged);
            }
            m_out->m_matcher.add(m_tokens[id], static_cast<int32_t>(id));
        }
        for (size_t byte = 0; byte < 256; ++byte) {
            const auto found = m_ids.find(byteLevelText(static_cast<uint8_t>(byte)));
            m_out->m_byteIds[byte] = found == m_ids.end() ? -1 : found->second;
        }
        return {};
    }

    Result<void> setMerges()
    {
        std::string joined;
        for (size_t rank = 0; rank < m_mergeTexts.size(); ++rank) {
            const std::string_view text = m_mergeTexts[rank];
            const size_t space = text.find(' ', 1);
            const std::string_view left = text.substr(0, space);
            const std::string_view right = space == std::string_view::npos ? std::string_view() : text.substr(space + 1);
            joined.assign(left).append(right);
            const auto leftId = m_ids.find(left), rightId = m_ids.find(right), result = m_ids.find(joined);
            if (right.empty() || leftId == m_ids.end() || rightId == m_ids.end() || result == m_ids.end()) {
                return m_file.bad("tokenizer.ggml.merges, entry " + std::to_string(rank) + " \"" + printable(text)
                        + "\": expected two tokens of the vocabulary whose union is a token",
                    kDamaged);
            }
            m_out->m_merges.add(leftId->second, rightId->second, {static_cast<int32_t>(rank), result->second});
        }
        return {};
    }

    /// An id stored under `key`; nullopt when there is none or the file says "none" (-1 as u32).
    Result<std::optional<int32_t>> storedId(const char *key) const
    {
        if (!m_file.has(key))
            return std::nullopt;
        const auto id = m_file.integer(key);
        if (!id)
            return fail(id.error());
        if (*id == UINT32_MAX || *id == -1)
            return std::nullopt;
        if (*id < 0 || *id >= static_cast<int64_t>(m_tokens.size())) {
            return m_file.bad(std::string(key) + ": expected an id below " + std::to_string(m_tokens.size()) + ", found "
                    + std::to_string(*id),
                kDamaged);
        }
        return static_cast<int32_t>(*id);
    }

    Result<void> setAdded()
    {
        const auto bos = storedId("tokenizer.ggml.bos_token_id");
        const auto eos = storedId("tokenizer.ggml.eos_token_id");
        const auto eot = storedId("tokenizer.ggml.eot_token_id");
        // Llama 3 adds BOS where the file does not say.
        const auto addBos = m_file.boolean("tokenizer.ggml.add_bos_token", m_isLlama3);
        const auto addEos = m_file.boolean("tokenizer.ggml.add_eos_token", false);
        for (const auto *id : {&bos, &eos, &eot}) {
            if (!*id)
                return fail(id->error());
        }
        if (!addBos || !addEos)
            return fail(addBos ? addEos.error() : addBos.error());
        m_out->m_bos = *addBos ? *bos : std::nullopt;
        m_out->m_eos = *addEos ? *eos : std::nullopt;
        setEndIds({*eos, *eot});
        if (m_file.has("tokenizer.chat_template")) {
            const auto text = m_file.string("tokenizer.chat_template");
            if (!text)
                return fail(text.error());
            m_out->m_chatTemplate = *text;
        }
        return {};
    }

    /// The stored end tokens and those that end a turn or a document by convention.
    void setEndIds(std::initializer_list<std::optional<int32_t>> stored)
    {
        std::vector<int32_t> &ids = m_out->m_endIds;
        const auto add = [&](int32_t id) {
            if (std::find(ids.begin(), ids.end(), id) == ids.end())
                ids.push_back(id);
        };
        for (const auto &id : stored) {
            if (id)
                add(*id);
        }
        for (const char *text : {"<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<|eom_id|>", "<|end_of_text|>", "<|end|>"}) {
            const auto found = m_ids.find(text);
            if (found != m_ids.end() && m_out->isSpecial(found->second))
                add(found->second);
        }
    }

    void setPieces()
    {
        m_out->m_wholePiecesFirst = m_isLlama3; // ignore_merges of Llama 3's tokenizer.json
        if (!m_isLlama3)
            return;
        for (size_t id = 0; id < m_tokens.size(); ++id) {
            if (!foundInText(static_cast<TokenType>(m_types[id])))
                m_out->m_pieces.emplace(m_out->m_bytes[id], static_cast<int32_t>(id));
        }
    }

    void setHash()
    {
        Sha256 hash;
        addText(hash, m_out->kind());
        addLength(hash, m_tokens.size());
        for (size_t id = 0; id < m_tokens.size(); ++id) {
            addText(hash, m_tokens[id]);
            addLength(hash, static_cast<uint64_t>(m_types[id]));
        }
        addLength(hash, m_mergeTexts.size());
        for (const std::string_view merge : m_mergeTexts)
            addText(hash, merge);
        m_out->m_hash = hash.finish();
    }

    const GgufFile &m_file;
    std::vector<std::string_view> m_tokens, m_mergeTexts;
    std::vector<int64_t> m_types;
    std::unordered_map<std::string_view, int32_t> m_ids; // by the text in the file
    bool m_isLlama3 = false;
    std::shared_ptr<BpeTokenizer> m_out;
};

Result<std::shared_ptr<const Tokenizer>> BpeTokenizer::fromGguf(const GgufFile &file)
{
    return BpeTokenizerBuilder(file).build();
}

} // namespace winnow
