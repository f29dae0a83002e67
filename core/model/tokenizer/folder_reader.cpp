#include "core/model/tokenizer/end_tokens.h"
#include "core/model/tokenizer/json_reader.h"

#include "core/model/gguf_file.h" // printable
#include "core/model/json_file.h"
#include "core/model/mapped_file.h"
#include "core/model/sha256.h"

#include <algorithm>
#include <charconv>
#include <unordered_map>

namespace winnow {
namespace {

    namespace fs = std::filesystem;

    constexpr int64_t kLongestTemplate = 1 << 20; // bytes

    std::string_view textOf(const MappedFile &file)
    {
        return {reinterpret_cast<const char *>(file.bytes().data()), file.bytes().size()};
    }

    /// Reads a folder's files into the parts of a tokenizer.
    class FolderReader {
    public:
        explicit FolderReader(fs::path folder)
            : m_folder(std::move(folder))
        {
        }

        Result<std::shared_ptr<const Tokenizer>> read()
        {
            for (const auto step : {&FolderReader::readTokenizer, &FolderReader::readTokenizerConfig, &FolderReader::readEndIds,
                     &FolderReader::readTemplate, &FolderReader::checkIds}) {
                if (const auto done = (this->*step)(); !done)
                    return fail(done.error());
            }
            m_parts.hash = m_hash.finish();
            return PipelineTokenizer::make(std::move(m_parts));
        }

    private:
        std::string pathOf(const char *name) const { return (m_folder / name).string(); }
        bool has(const char *name) const
        {
            std::error_code ignored;
            return fs::exists(m_folder / name, ignored);
        }

        /// A JSON file of the folder; null when it is not there.
        Result<Json> document(const char *name) const
        {
            if (!has(name))
                return Json();
            return readJsonFile(m_folder / name);
        }

        Result<void> readTokenizer()
        {
            const std::string path = pathOf("tokenizer.json");
            if (!has("tokenizer.json")) {
                return fail(ErrorCode::NotFound, path + ": there is no such file",
                    has("tokenizer.model") ? "the folder has only tokenizer.model: save the tokenizer again with transformers, that writes tokenizer.json"
                                           : "fetch the complete folder");
            }
            const auto file = MappedFile::open(path);
            if (!file)
                return fail(file.error());
            const auto scanned = ScannedTokenizer::scan(textOf(*file));
            if (!scanned)
                return fail(scanned.error().code, path + ": " + scanned.error().message, "the tokenizer is damaged: fetch the folder again");
            m_hash.add(textOf(*file));
            return readNodes(*scanned, JsonNode(scanned->document(), path));
        }

        Result<void> readNodes(const ScannedTokenizer &scanned, const JsonNode &root)
        {
            if (const auto object = root.object(); !object)
                return object;
            auto cut = readPreTokenizer(root.at("pre_tokenizer"), pieceForm(root.at("model")));
            if (!cut)
                return fail(cut.error());
            auto model = readModel(root.at("model"), scanned, cut->byteLevel, m_parts.warnings);
            if (!model)
                return fail(model.error());
            m_parts.cut = std::move(cut->steps);
            m_parts.detail = std::move(cut->detail);
            m_parts.model = std::move(*model);
            m_parts.vocabulary = m_parts.model->vocabulary().end();
            for (const auto &done : {readNormalizer(root.at("normalizer"), m_parts.normalize), readDecoder(root.at("decoder"), m_parts.decode),
                     readPieceDecoder(root.at("decoder"), m_parts.piece), readPostProcessor(root.at("post_processor"), m_parts)}) {
                if (!done)
                    return done;
            }
            return readAddedTokens(root.at("added_tokens"));
        }

        Result<void> readAddedTokens(const JsonNode &node)
        {
            if (node.isNull())
                return {};
            const auto list = node.list();
            if (!list)
                return fail(list.error());
            for (const JsonNode &item : *list) {
                const auto id = item.at("id").integer(0, Vocabulary::kLargestId);
                auto token = readAddedToken(item);
                if (!id || !token)
                    return fail(id ? token.error() : id.error());
                addToken(std::move(*token), static_cast<int32_t>(*id));
            }
            return {};
        }

        static Result<AddedToken> readAddedToken(const JsonNode &node)
        {
            AddedToken token;
            auto text = node.at("content").string();
            const auto special = node.at("special").booleanOr(false);
            const auto normalized = node.at("normalized").booleanOr(!special.value_or(false));
            const auto word = node.at("single_word").booleanOr(false);
            const auto left = node.at("lstrip").booleanOr(false), right = node.at("rstrip").booleanOr(false);
            if (!text)
                return fail(text.error());
            for (const auto *read : {&special, &normalized, &word, &left, &right}) {
                if (!*read)
                    return fail(read->error());
            }
            token.text = std::move(*text);
            token.special = *special;
            token.normalized = *normalized;
            token.singleWord = *word;
            token.stripLeft = *left;
            token.stripRight = *right;
            return token;
        }

        /// The id the reference gives: that of the model's vocabulary, else the next free one, whatever the file says.
        void addToken(AddedToken token, int32_t stated)
        {
            if (token.text.empty())
                return;
            const int32_t inModel = m_parts.model->vocabulary().find(token.text);
            const auto old = m_addedByText.find(token.text);
            token.id = old != m_addedByText.end() ? m_parts.added[old->second].id : inModel >= 0 ? inModel : nextId();
            if (token.id != stated) {
                m_parts.warnings.push_back("added token \"" + printable(token.text) + "\" has id " + std::to_string(token.id)
                    + ", tokenizer.json says " + std::to_string(stated));
            }
            m_largestAdded = std::max(m_largestAdded, token.id);
            if (old != m_addedByText.end()) {
                m_parts.added[old->second] = std::move(token);
                return;
            }
            m_addedByText.emplace(token.text, m_parts.added.size());
            m_parts.added.push_back(std::move(token));
        }

        int32_t nextId() const
        {
            const auto texts = static_cast<int32_t>(m_parts.model->vocabulary().texts());
            return m_largestAdded >= texts ? m_largestAdded + 1 : texts;
        }

        Result<void> readTokenizerConfig()
        {
            auto config = document("tokenizer_config.json");
            if (!config)
                return fail(config.error());
            m_config = std::move(*config);
            const JsonNode root(m_config, pathOf("tokenizer_config.json"));
            for (const auto &[key, value] : root.at("added_tokens_decoder").value().items()) {
                int32_t id = -1;
                const auto read = std::from_chars(key.data(), key.data() + key.size(), id);
                const JsonNode item = root.at("added_tokens_decoder").at(key);
                auto token = readAddedToken(item);
                if (!token)
                    return fail(token.error());
                if (read.ec != std::errc() || id < 0 || id > Vocabulary::kLargestId)
                    return item.bad("expected an id as key");
                if (!m_addedByText.contains(token->text))
                    addConfigured(std::move(*token), id);
            }
            if (!m_config.is_object())
                return {};
            for (const auto &[key, value] : m_config.items()) {
                if (key.ends_with("_token"))
                    addSpecial(value);
                else if (key == "additional_special_tokens" || key == "extra_special_tokens")
                    for (const Json &entry : value.is_structured() ? value : Json::array())
                        addSpecial(entry);
            }
            return {};
        }

        void addConfigured(AddedToken token, int32_t id)
        {
            m_hash.add(token.text + " " + std::to_string(id));
            addToken(std::move(token), id);
        }

        /// A special token that tokenizer_config.json names: its text, or an object with it. One the model's vocabulary
        /// has is found in texts and left out when special tokens are skipped.
        void addSpecial(const Json &value)
        {
            const Json content = value.is_object() ? value.value("content", Json()) : value;
            if (!content.is_string())
                return;
            AddedToken token;
            token.text = content.get<std::string>();
            token.special = true;
            const int32_t id = m_parts.model->vocabulary().find(token.text);
            if (id >= 0 && !m_addedByText.contains(token.text))
                addConfigured(std::move(token), id);
        }

        Result<void> readEndIds()
        {
            for (const char *name : {"generation_config.json", "config.json"}) {
                const auto config = document(name);
                if (!config)
                    return fail(config.error());
                const JsonNode root(*config, pathOf(name));
                for (const JsonNode &node : {root, root.at("text_config")}) {
                    if (const auto done = readIds(node.at("eos_token_id")); !done)
                        return done;
                    // Rows of the model above the tokenizer's ids are known, they stand for nothing.
                    const JsonNode rows = node.at("vocab_size");
                    if (const auto count = rows.integer(0, Vocabulary::kLargestId); count)
                        m_parts.vocabulary = std::max(m_parts.vocabulary, *count);
                }
            }
            const Json eos = m_config.is_object() ? m_config.value("eos_token", Json()) : Json();
            const Json text = eos.is_object() ? eos.value("content", Json()) : eos;
            if (text.is_string()) {
                if (const auto found = m_addedByText.find(text.get<std::string>()); found != m_addedByText.end())
                    addEndId(m_parts, m_parts.added[found->second].id);
            }
            addConventionalEndIds(m_parts);
            return {};
        }

        Result<void> readIds(const JsonNode &node)
        {
            if (node.isNull())
                return {};
            const auto nodes = node.value().is_array() ? node.list() : Result<std::vector<JsonNode>>(std::vector<JsonNode>{node});
            for (const JsonNode &item : *nodes) {
                const auto id = item.integer(-1, Vocabulary::kLargestId);
                if (!id)
                    return fail(id.error());
                if (*id >= 0) // -1: none
                    addEndId(m_parts, static_cast<int32_t>(*id));
            }
            return {};
        }

        Result<void> readTemplate()
        {
            if (has("chat_template.jinja")) {
                auto text = readSmallFile(m_folder / "chat_template.jinja", kLongestTemplate);
                if (!text)
                    return fail(text.error());
                m_parts.chatTemplate = std::move(*text);
                return {};
            }
            auto processor = document("chat_template.json");
            if (!processor)
                return fail(processor.error());
            for (const Json *source : {&m_config, &*processor}) {
                const Json given = source->is_object() ? source->value("chat_template", Json()) : Json();
                if (given.is_string() && m_parts.chatTemplate.empty())
                    m_parts.chatTemplate = given.get<std::string>();
                for (const Json &entry : given.is_array() ? given : Json::array()) { // several with names
                    if (entry.is_object() && entry.value("name", Json()) == "default" && entry.value("template", Json()).is_string())
                        m_parts.chatTemplate = entry["template"].get<std::string>();
                }
            }
            return {};
        }

        /// Ids that encode adds must be known, or its result could not be read back.
        Result<void> checkIds()
        {
            int64_t end = m_parts.vocabulary;
            for (const AddedToken &token : m_parts.added)
                end = std::max<int64_t>(end, token.id + 1);
            for (const auto *ids : {&m_parts.before, &m_parts.behind}) {
                for (const int32_t id : *ids) {
                    if (id >= end) {
                        return fail(ErrorCode::BadModelFile,
                            pathOf("tokenizer.json") + ": post_processor: expected ids below " + std::to_string(end) + ", found "
                                + std::to_string(id),
                            "the tokenizer is damaged: fetch the folder again");
                    }
                }
            }
            return {};
        }

        fs::path m_folder;
        TokenizerParts m_parts;
        Json m_config;
        Sha256 m_hash;
        std::unordered_map<std::string, size_t> m_addedByText; // -> index of m_parts.added
        int32_t m_largestAdded = -1;
    };

} // namespace

Result<std::shared_ptr<const Tokenizer>> Tokenizer::fromFolder(const std::filesystem::path &folder)
{
    return FolderReader(folder).read();
}

} // namespace winnow
