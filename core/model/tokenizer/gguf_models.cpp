#include "core/model/tokenizer/bpe_model.h"
#include "core/model/tokenizer/gguf_reader.h"
#include "core/model/tokenizer/pre_tokenizer_names.h"
#include "core/model/tokenizer/text_steps.h"
#include "core/model/tokenizer/word_models.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace winnow {
namespace {

    constexpr const char *kDamaged = "the file's tokenizer is damaged: convert the model again";
    constexpr const char *kSpaceMark = "\xE2\x96\x81"; // U+2581

} // namespace

Result<void> GgufTokenizerReader::readByteLevelBpe()
{
    if (!m_file.has("tokenizer.ggml.merges"))
        return fail(m_file.strings("tokenizer.ggml.merges").error());
    // Files from before the key existed were read with the rules that now have the name "default".
    const auto pre = m_file.has("tokenizer.ggml.pre") ? m_file.string("tokenizer.ggml.pre") : Result<std::string_view>("default");
    if (!pre)
        return fail(pre.error());
    m_parts.detail = "pre " + printable(*pre);
    PreTokenizerRules rules = preTokenizerRules(*pre);
    if (rules.expressions.empty()) {
        rules = preTokenizerRules("gpt-2");
        m_parts.detail += " (not known: cut by GPT-2's rules)";
        m_parts.warnings.push_back("pre-tokeniser \"" + printable(*pre) + "\" is not known, text is cut by GPT-2's rules: ids may differ from the model's own. Known are "
            + preTokenizerNames());
    }
    if (rules.nfc)
        m_parts.normalize.push_back(normalForm(NormalForm::Nfc));
    for (const std::string_view expression : rules.expressions) {
        auto step = splitByExpression(expression);
        if (!step)
            return fail(step.error());
        m_parts.cut.push_back(std::move(*step));
    }
    m_defaults.addBos = rules.addsBos;
    if (const auto done = addVocabulary({}); !done)
        return done;
    auto merges = storedMerges();
    if (!merges)
        return fail(merges.error());
    BpeModel::Options options;
    options.byteLevel = true;
    options.wholePiecesFirst = rules.wholePiecesFirst;
    m_parts.model = std::make_unique<BpeModel>(m_vocabulary, std::move(*merges), std::move(options));
    m_parts.decode.push_back(decodeBytes());
    m_parts.piece.push_back(decodeBytes());
    return {};
}

Result<MergeTable> GgufTokenizerReader::storedMerges() const
{
    MergeTable table(m_mergeTexts.size());
    std::string joined;
    for (size_t rank = 0; rank < m_mergeTexts.size(); ++rank) {
        const std::string_view text = m_mergeTexts[rank];
        const size_t space = text.find(' ', 1);
        const std::string_view left = text.substr(0, space);
        const std::string_view right = space == std::string_view::npos ? std::string_view() : text.substr(space + 1);
        joined.assign(left).append(right);
        const int32_t leftId = m_vocabulary->find(left), rightId = m_vocabulary->find(right), result = m_vocabulary->find(joined);
        if (right.empty() || leftId < 0 || rightId < 0 || result < 0) {
            return m_file.bad("tokenizer.ggml.merges, entry " + std::to_string(rank) + " \"" + printable(text)
                    + "\": expected two tokens of the vocabulary whose union is a token",
                kDamaged);
        }
        table.add(leftId, rightId, {static_cast<int32_t>(rank), result});
    }
    return table;
}

Result<std::vector<double>> GgufTokenizerReader::readScores() const
{
    auto scores = m_file.numbers("tokenizer.ggml.scores");
    if (!scores)
        return scores;
    if (scores->size() != m_tokens.size()) {
        return m_file.bad("tokenizer.ggml.scores: expected " + std::to_string(m_tokens.size())
                + " entries, one for each of tokenizer.ggml.tokens, found " + std::to_string(scores->size()),
            kDamaged);
    }
    for (double &score : *scores) {
        if (!std::isfinite(score))
            score = -1e9; // never preferred
    }
    return scores;
}

/// The merges a SentencePiece model means: every way to make a token of two tokens, in the order of the token's score.
/// @source SentencePieceBPE in google/sentencepiece (bpe_model.cc); the order of equal scores is that of
///         transformers' GGUF converter.
MergeTable GgufTokenizerReader::scoredMerges(const std::vector<double> &scores) const
{
    struct Parts {
        int32_t left = 0, right = 0, result = 0;
    };
    const auto score = [&](int32_t id) { return scores[static_cast<size_t>(id)]; };
    std::vector<int32_t> order(m_tokens.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) { return score(a) > score(b); });
    std::vector<Parts> merges;
    for (const int32_t id : order) {
        const std::string_view text = m_vocabulary->text(id);
        if (m_vocabulary->find(text) != id || text.size() > kLongestAddedToken)
            continue;
        const auto first = static_cast<std::ptrdiff_t>(merges.size());
        for (size_t cut = 1; cut < text.size(); ++cut) {
            if ((static_cast<uint8_t>(text[cut]) & 0xC0u) == 0x80u)
                continue; // inside a character
            const int32_t left = m_vocabulary->find(text.substr(0, cut));
            const int32_t right = left < 0 ? -1 : m_vocabulary->find(text.substr(cut));
            if (right >= 0)
                merges.push_back({left, right, id});
        }
        std::stable_sort(merges.begin() + first, merges.end(), [&](const Parts &a, const Parts &b) {
            return std::pair(score(a.left), score(a.right)) > std::pair(score(b.left), score(b.right));
        });
    }
    MergeTable table(merges.size());
    for (size_t rank = 0; rank < merges.size(); ++rank)
        table.add(merges[rank].left, merges[rank].right, {static_cast<int32_t>(rank), merges[rank].result});
    return table;
}

/// A marked space is a space; "<0xNN>" is a byte.
void GgufTokenizerReader::addSpaceDecoders(bool leadingSpace)
{
    for (auto *steps : {&m_parts.decode, &m_parts.piece}) {
        steps->push_back(replaceInTexts(kSpaceMark, " "));
        steps->push_back(decodeByteFallback());
        steps->push_back(fuseTexts());
    }
    if (leadingSpace)
        m_parts.decode.push_back(stripTexts(" ", 1, 0));
}

Result<void> GgufTokenizerReader::readSentencePieceBpe()
{
    const auto prefix = m_file.boolean("tokenizer.ggml.add_space_prefix", m_mergeTexts.empty());
    if (!prefix)
        return fail(prefix.error());
    if (const auto done = addVocabulary({}); !done)
        return done;
    auto scores = m_mergeTexts.empty() ? readScores() : Result<std::vector<double>>(std::vector<double>());
    if (!scores)
        return fail(scores.error());
    auto merges = m_mergeTexts.empty() ? Result<MergeTable>(scoredMerges(*scores)) : storedMerges();
    if (!merges)
        return fail(merges.error());
    if (*prefix)
        m_parts.normalize.push_back(prependText(kSpaceMark));
    m_parts.normalize.push_back(replaceText(" ", kSpaceMark));
    m_marksSpaces = !*prefix;
    const auto unknown = storedId("tokenizer.ggml.unknown_token_id");
    if (!unknown)
        return fail(unknown.error());
    m_defaults.addBos = true;
    m_parts.detail = *prefix ? "SentencePiece, space in front" : "SentencePiece";
    BpeModel::Options options;
    options.byteFallback = true;
    options.fuseUnknown = true;
    options.unknown = *unknown;
    m_parts.model = std::make_unique<BpeModel>(m_vocabulary, std::move(*merges), std::move(options));
    addSpaceDecoders(*prefix);
    return {};
}

Result<void> GgufTokenizerReader::readUnigram()
{
    const auto prefix = m_file.boolean("tokenizer.ggml.add_space_prefix", true);
    const auto collapse = m_file.boolean("tokenizer.ggml.remove_extra_whitespaces", false);
    if (!prefix || !collapse)
        return fail(prefix ? collapse.error() : prefix.error());
    if (const auto done = addVocabulary({}); !done)
        return done;
    auto scores = readScores();
    const auto unknown = firstId({"tokenizer.ggml.unknown_token_id"});
    if (!scores || !unknown)
        return fail(scores ? unknown.error() : scores.error());
    if (const GgufValue *map = m_file.find("tokenizer.ggml.precompiled_charsmap"); map && !map->raw.empty()) {
        auto step = precompiledCharsmap(std::string(reinterpret_cast<const char *>(map->raw.data()), map->raw.size()), CharsmapRule::Longest);
        if (!step)
            return m_file.bad("tokenizer.ggml." + step.error().message, kDamaged);
        m_parts.normalize.push_back(std::move(*step));
    }
    if (*collapse) {
        for (const auto &[pattern, by] : {std::pair("\\A +| +\\z", ""), std::pair(" {2,}", " ")}) {
            auto spaces = Regex::compile(pattern);
            if (!spaces)
                return fail(spaces.error());
            m_parts.normalize.push_back(replaceMatches(std::move(*spaces), by));
        }
    }
    if (*prefix)
        m_parts.normalize.push_back(prependText(kSpaceMark));
    m_parts.normalize.push_back(replaceText(" ", kSpaceMark));
    m_defaults.addEos = true;
    m_parts.detail = "SentencePiece";
    const bool fallback = std::count(m_types.begin(), m_types.end(), static_cast<int64_t>(GgufTokenType::Byte)) >= 256;
    m_parts.model = std::make_unique<UnigramModel>(m_vocabulary, std::move(*scores), UnigramModel::Options{*unknown, fallback});
    addSpaceDecoders(*prefix);
    return {};
}

Result<void> GgufTokenizerReader::readWordPiece()
{
    // The converter took "##" away from what goes on a word and marked what begins one.
    std::vector<std::string> texts;
    const auto restored = [](std::string_view text) {
        if (text.starts_with(kSpaceMark))
            return std::string(text.substr(3));
        const bool special = text.size() > 2 && text.front() == '[' && text.back() == ']';
        return special ? std::string(text) : "##" + std::string(text);
    };
    if (const auto done = addVocabulary(restored); !done)
        return done;
    auto unknown = storedId("tokenizer.ggml.unknown_token_id");
    if (!unknown)
        return fail(unknown.error());
    if (const int32_t named = m_vocabulary->find("[UNK]"); !*unknown && named >= 0)
        *unknown = named;
    appendBertRules({}, m_parts.normalize);
    m_parts.cut.push_back(splitAtWhiteSpace());
    m_parts.cut.push_back(splitPunctuation(MatchedText::Isolated));
    m_defaults = {true, true};
    m_parts.detail = "BERT, lower case";
    WordPieceModel::Options options;
    options.unknown = *unknown;
    m_parts.model = std::make_unique<WordPieceModel>(m_vocabulary, options);
    m_parts.decode.push_back(decodeWordPiece("##", true));
    return {};
}

} // namespace winnow
