#include "core/model/tokenizer/bpe_model.h"
#include "core/model/tokenizer/json_reader.h"
#include "core/model/tokenizer/word_models.h"

#include "core/model/gguf_file.h" // printable

#include <limits>

namespace winnow {
namespace {

    using VocabularyPtr = std::shared_ptr<const Vocabulary>;

    Result<VocabularyPtr> readVocabulary(const JsonNode &node, const ScannedTokenizer &scanned)
    {
        const JsonNode list = node.at("vocab");
        auto vocabulary = std::make_shared<Vocabulary>();
        vocabulary->reserve(scanned.vocabulary().size(), scanned.vocabularyBytes());
        for (const ScannedTokenizer::Entry &entry : scanned.vocabulary()) {
            const std::string_view text = scanned.text(entry);
            const std::string shown = "token \"" + printable(text) + "\"";
            if (entry.id < 0 || entry.id > Vocabulary::kLargestId) {
                return list.bad(shown + ": expected an id from 0 to " + std::to_string(Vocabulary::kLargestId) + ", found "
                    + std::to_string(entry.id));
            }
            const auto added = vocabulary->add(static_cast<int32_t>(entry.id), text);
            if (added == Vocabulary::Added::SameId)
                return list.bad(shown + ": id " + std::to_string(entry.id) + " is that of another token");
            if (added == Vocabulary::Added::SameText && !scanned.hasScores())
                return list.bad(shown + " stands twice");
        }
        return vocabulary;
    }

    /// `unk_token` as an id; nullopt when there is none.
    Result<std::optional<int32_t>> readUnknown(const JsonNode &node, const Vocabulary &vocabulary, std::vector<std::string> &warnings)
    {
        const JsonNode name = node.at("unk_token");
        if (name.isNull())
            return std::nullopt;
        const auto text = name.string();
        if (!text)
            return fail(text.error());
        const int32_t id = vocabulary.find(*text);
        if (id >= 0)
            return id;
        if (!text->empty())
            warnings.push_back("the token for what is unknown, \"" + printable(*text) + "\", is not in the vocabulary");
        return std::nullopt;
    }

    Result<MergeTable> readMerges(const JsonNode &node, const ScannedTokenizer &scanned, const Vocabulary &vocabulary, size_t prefix)
    {
        MergeTable table(scanned.merges());
        std::string joined;
        for (size_t rank = 0; rank < scanned.merges(); ++rank) {
            const auto [left, right] = scanned.merge(rank);
            const int32_t leftId = vocabulary.find(left), rightId = vocabulary.find(right);
            joined.assign(left).append(right.substr(std::min(prefix, right.size())));
            const int32_t result = vocabulary.find(joined);
            if (leftId < 0 || rightId < 0 || result < 0) {
                return node.at("merges").bad("entry " + std::to_string(rank) + " (\"" + printable(left) + "\", \"" + printable(right)
                    + "\"): expected two tokens of the vocabulary whose union is a token");
            }
            table.add(leftId, rightId, {static_cast<int32_t>(rank), result});
        }
        return table;
    }

    Result<void> refuseDropout(const JsonNode &dropout)
    {
        if (dropout.isNull() || (dropout.value().is_number() && dropout.value().get<double>() == 0))
            return {};
        return dropout.unsupported("dropout makes ids a matter of chance: expected none");
    }

    Result<std::unique_ptr<TokenModel>> readBpe(
        const JsonNode &node, const ScannedTokenizer &scanned, bool byteLevel, std::vector<std::string> &warnings)
    {
        auto vocabulary = readVocabulary(node, scanned);
        if (!vocabulary)
            return fail(vocabulary.error());
        const auto unknown = readUnknown(node, **vocabulary, warnings);
        const auto prefix = node.at("continuing_subword_prefix").stringOr(""), suffix = node.at("end_of_word_suffix").stringOr("");
        const auto fallback = node.at("byte_fallback").booleanOr(false), fuse = node.at("fuse_unk").booleanOr(false);
        const auto whole = node.at("ignore_merges").booleanOr(false);
        if (const auto refused = refuseDropout(node.at("dropout")); !refused)
            return fail(refused.error());
        if (!unknown)
            return fail(unknown.error());
        if (!prefix || !suffix)
            return fail(prefix ? suffix.error() : prefix.error());
        for (const auto *read : {&fallback, &fuse, &whole}) {
            if (!*read)
                return fail(read->error());
        }
        auto merges = readMerges(node, scanned, **vocabulary, prefix->size());
        if (!merges)
            return fail(merges.error());
        return std::make_unique<BpeModel>(std::move(*vocabulary), std::move(*merges),
            BpeModel::Options{.byteLevel = byteLevel,
                .byteFallback = *fallback,
                .fuseUnknown = *fuse,
                .wholePiecesFirst = *whole,
                .unknown = *unknown,
                .continuingPrefix = *prefix,
                .endOfWordSuffix = *suffix});
    }

    Result<std::unique_ptr<TokenModel>> readWordPiece(const JsonNode &node, const ScannedTokenizer &scanned, std::vector<std::string> &warnings)
    {
        auto vocabulary = readVocabulary(node, scanned);
        if (!vocabulary)
            return fail(vocabulary.error());
        const auto unknown = readUnknown(node, **vocabulary, warnings);
        const auto prefix = node.at("continuing_subword_prefix").stringOr("##");
        const JsonNode limit = node.at("max_input_chars_per_word");
        const auto longest = limit.isNull() ? Result<int64_t>(100) : limit.integer(0, std::numeric_limits<int64_t>::max());
        if (!unknown || !prefix)
            return fail(unknown ? prefix.error() : unknown.error());
        if (!longest)
            return fail(longest.error());
        return std::make_unique<WordPieceModel>(
            std::move(*vocabulary), WordPieceModel::Options{*unknown, *prefix, static_cast<size_t>(*longest)});
    }

    Result<std::unique_ptr<TokenModel>> readUnigram(const JsonNode &node, const ScannedTokenizer &scanned)
    {
        auto vocabulary = readVocabulary(node, scanned);
        if (!vocabulary)
            return fail(vocabulary.error());
        const JsonNode unknown = node.at("unk_id");
        const auto id = unknown.isNull() ? Result<int64_t>(-1) : unknown.integer(0, static_cast<int64_t>((*vocabulary)->end()) - 1);
        const auto fallback = node.at("byte_fallback").booleanOr(false);
        if (!id || !fallback)
            return fail(id ? fallback.error() : id.error());
        std::vector<double> scores;
        for (const ScannedTokenizer::Entry &entry : scanned.vocabulary())
            scores.push_back(entry.score);
        UnigramModel::Options options{std::nullopt, *fallback};
        if (*id >= 0)
            options.unknown = static_cast<int32_t>(*id);
        return std::make_unique<UnigramModel>(std::move(*vocabulary), std::move(scores), options);
    }

} // namespace

Result<std::string> modelType(const JsonNode &node)
{
    if (const auto object = node.object(); !object)
        return fail(object.error());
    if (!node.at("type").isNull())
        return node.at("type").string();
    const Json &keys = node.value();
    if (keys.contains("max_input_chars_per_word"))
        return std::string("WordPiece");
    if (keys.contains("unk_id"))
        return std::string("Unigram");
    return std::string(keys.contains("dropout") || keys.contains("end_of_word_suffix") ? "BPE" : "WordLevel");
}

PieceForm pieceForm(const JsonNode &node)
{
    const auto empty = [&](const char *key) { return node.at(key).stringOr("").value_or("").empty(); };
    const bool plain = empty("continuing_subword_prefix") && empty("end_of_word_suffix") && !node.at("byte_fallback").booleanOr(false).value_or(false);
    return plain && modelType(node).value_or("") == "BPE" ? PieceForm::BytesWherePossible : PieceForm::Mapped;
}

Result<std::unique_ptr<TokenModel>> readModel(
    const JsonNode &node, const ScannedTokenizer &scanned, bool byteLevel, std::vector<std::string> &warnings)
{
    const auto type = modelType(node);
    if (!type)
        return fail(type.error());
    if (*type != "BPE" && *type != "WordPiece" && *type != "Unigram" && *type != "WordLevel")
        return node.unsupported("model \"" + *type + "\" is not known");
    if (!scanned.hasVocabulary())
        return node.at("vocab").wrong("a vocabulary");
    if (scanned.hasScores() != (*type == "Unigram"))
        return node.at("vocab").bad(scanned.hasScores() ? "expected an object of ids, found a list" : "expected a list of texts with scores, found an object");
    if (*type == "BPE")
        return readBpe(node, scanned, byteLevel, warnings);
    if (*type == "WordPiece")
        return readWordPiece(node, scanned, warnings);
    if (*type == "Unigram")
        return readUnigram(node, scanned);
    auto vocabulary = readVocabulary(node, scanned);
    if (!vocabulary)
        return fail(vocabulary.error());
    const auto unknown = readUnknown(node, **vocabulary, warnings);
    if (!unknown)
        return fail(unknown.error());
    return std::make_unique<WordLevelModel>(std::move(*vocabulary), *unknown);
}

} // namespace winnow
