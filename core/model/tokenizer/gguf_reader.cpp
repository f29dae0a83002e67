#include "core/model/tokenizer/gguf_reader.h"

#include "core/model/sha256.h"
#include "core/model/tokenizer/end_tokens.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace winnow {
namespace {

    constexpr const char *kDamaged = "the file's tokenizer is damaged: convert the model again";

    bool foundInText(GgufTokenType type)
    {
        return type == GgufTokenType::Control || type == GgufTokenType::UserDefined || type == GgufTokenType::Unknown;
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

Result<std::shared_ptr<const Tokenizer>> GgufTokenizerReader::read()
{
    const auto model = m_file.string("tokenizer.ggml.model");
    if (!model)
        return fail(model.error());
    struct Kind {
        std::string_view model;
        Result<void> (GgufTokenizerReader::*read)();
    };
    static constexpr Kind kKinds[] = {{"gpt2", &GgufTokenizerReader::readByteLevelBpe}, {"llama", &GgufTokenizerReader::readSentencePieceBpe},
        {"gemma4", &GgufTokenizerReader::readSentencePieceBpe}, {"t5", &GgufTokenizerReader::readUnigram}, {"bert", &GgufTokenizerReader::readWordPiece}};
    const auto kind = std::find_if(std::begin(kKinds), std::end(kKinds), [&](const Kind &known) { return known.model == *model; });
    if (kind == std::end(kKinds)) {
        return fail(ErrorCode::Unsupported,
            m_file.path().string() + ": tokenizer model \"" + printable(*model)
                + "\" cannot be used: expected gpt2 (byte-level BPE), llama or gemma4 (SentencePiece BPE), t5 (Unigram) or bert (WordPiece)",
            "open a model with one of these tokenizers");
    }
    for (const auto step : {&GgufTokenizerReader::readLists, kind->read, &GgufTokenizerReader::addTokens, &GgufTokenizerReader::readAround}) {
        if (const auto done = (this->*step)(); !done)
            return fail(done.error());
    }
    setHash();
    auto made = PipelineTokenizer::make(std::move(m_parts));
    return made ? made : m_file.bad(made.error().message, kDamaged);
}

Result<void> GgufTokenizerReader::readLists()
{
    auto tokens = m_file.strings("tokenizer.ggml.tokens");
    if (!tokens)
        return fail(tokens.error());
    m_tokens = std::move(*tokens);
    if (m_tokens.empty() || m_tokens.size() > static_cast<size_t>(Vocabulary::kLargestId))
        return m_file.bad("tokenizer.ggml.tokens has " + std::to_string(m_tokens.size()) + " entries", kDamaged);
    if (m_file.has("tokenizer.ggml.merges")) {
        auto merges = m_file.strings("tokenizer.ggml.merges");
        if (!merges)
            return fail(merges.error());
        m_mergeTexts = std::move(*merges);
    }
    m_types.assign(m_tokens.size(), static_cast<int64_t>(GgufTokenType::Normal));
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

/// The vocabulary of the model, in the texts that `text` makes of the file's. Of equal texts the first is found.
Result<void> GgufTokenizerReader::addVocabulary(const std::function<std::string(std::string_view)> &text)
{
    size_t bytes = 0;
    for (const std::string_view token : m_tokens)
        bytes += token.size();
    m_vocabulary = std::make_shared<Vocabulary>();
    m_vocabulary->reserve(m_tokens.size(), bytes);
    for (size_t id = m_tokens.size(); id-- > 0;) {
        if (text)
            m_vocabulary->add(static_cast<int32_t>(id), text(m_tokens[id]));
        else
            m_vocabulary->add(static_cast<int32_t>(id), m_tokens[id]);
    }
    m_parts.vocabulary = m_vocabulary->end();
    const auto padding = std::find_if(m_types.rbegin(), m_types.rend(),
        [](int64_t type) { return static_cast<GgufTokenType>(type) != GgufTokenType::Unused; });
    m_parts.padding = padding - m_types.rbegin();
    return {};
}

Result<void> GgufTokenizerReader::addTokens()
{
    for (size_t id = 0; id < m_tokens.size(); ++id) {
        const auto type = static_cast<GgufTokenType>(m_types[id]);
        if (!foundInText(type))
            continue;
        AddedToken token;
        token.id = static_cast<int32_t>(id);
        token.text = m_tokens[id];
        token.special = type != GgufTokenType::UserDefined;
        token.normalized = !token.special && m_marksSpaces;
        m_parts.added.push_back(std::move(token));
    }
    return {};
}

/// An id stored under `key`; nullopt when there is none or the file says "none" (-1 as u32).
Result<std::optional<int32_t>> GgufTokenizerReader::storedId(const char *key) const
{
    if (!m_file.has(key))
        return std::nullopt;
    const auto id = m_file.integer(key);
    if (!id)
        return fail(id.error());
    if (*id == UINT32_MAX || *id == -1)
        return std::nullopt;
    if (*id < 0 || *id >= static_cast<int64_t>(m_tokens.size())) {
        return m_file.bad(std::string(key) + ": expected an id below " + std::to_string(m_tokens.size()) + ", found " + std::to_string(*id), kDamaged);
    }
    return static_cast<int32_t>(*id);
}

/// Of the first key that has one.
Result<std::optional<int32_t>> GgufTokenizerReader::firstId(std::initializer_list<const char *> keys) const
{
    for (const char *key : keys) {
        auto id = storedId(key);
        if (!id || *id)
            return id;
    }
    return std::nullopt;
}

Result<void> GgufTokenizerReader::readAround()
{
    const bool words = *m_file.string("tokenizer.ggml.model") == "bert";
    const auto bos = words ? firstId({"tokenizer.ggml.cls_token_id", "tokenizer.ggml.bos_token_id"}) : storedId("tokenizer.ggml.bos_token_id");
    const auto behind = words ? firstId({"tokenizer.ggml.seperator_token_id", "tokenizer.ggml.separator_token_id", "tokenizer.ggml.eos_token_id"})
                              : storedId("tokenizer.ggml.eos_token_id"); // the first spelling is the format's
    const auto eos = storedId("tokenizer.ggml.eos_token_id"), eot = storedId("tokenizer.ggml.eot_token_id");
    const auto addBos = m_file.boolean("tokenizer.ggml.add_bos_token", m_defaults.addBos);
    const auto addEos = m_file.boolean("tokenizer.ggml.add_eos_token", m_defaults.addEos);
    const auto addSep = m_file.boolean("tokenizer.ggml.add_sep_token", false);
    for (const auto *id : {&bos, &behind, &eos, &eot}) {
        if (!*id)
            return fail(id->error());
    }
    for (const auto *flag : {&addBos, &addEos, &addSep}) {
        if (!*flag)
            return fail(flag->error());
    }
    if (*addBos && *bos)
        m_parts.before.push_back(**bos);
    if ((*addEos || (words && *addSep)) && *behind)
        m_parts.behind.push_back(**behind);
    for (const auto *id : {&eos, &eot}) {
        if (**id)
            addEndId(m_parts, ***id);
    }
    addConventionalEndIds(m_parts);
    if (m_file.has("tokenizer.chat_template")) {
        const auto text = m_file.string("tokenizer.chat_template");
        if (!text)
            return fail(text.error());
        m_parts.chatTemplate = *text;
    }
    return {};
}

void GgufTokenizerReader::setHash()
{
    Sha256 hash;
    addText(hash, m_parts.model->name() + (m_parts.detail.empty() ? "" : ", " + m_parts.detail));
    addLength(hash, m_tokens.size());
    for (size_t id = 0; id < m_tokens.size(); ++id) {
        addText(hash, m_tokens[id]);
        addLength(hash, static_cast<uint64_t>(m_types[id]));
    }
    addLength(hash, m_mergeTexts.size());
    for (const std::string_view merge : m_mergeTexts)
        addText(hash, merge);
    if (const auto scores = m_file.has("tokenizer.ggml.scores") ? m_file.find("tokenizer.ggml.scores") : nullptr)
        hash.add(scores->raw);
    m_parts.hash = hash.finish();
}

Result<std::shared_ptr<const Tokenizer>> Tokenizer::fromGguf(const GgufFile &file) { return GgufTokenizerReader(file).read(); }

} // namespace winnow
