#include "core/serve/segment_request.h"

#include "core/base/json_fields.h"
#include "core/base/utf8.h"
#include "core/methods/registry.h"
#include "core/serve/dataset_request.h"
#include "core/serve/request_fields.h"
#include "core/words/characters.h"

#include <algorithm>

namespace winnow {
namespace {

    using WordLists = std::vector<std::vector<std::string>>;

    /// A list of texts, well-formed and without newlines.
    Result<std::vector<std::string>> textList(const Json &request, const char *name)
    {
        std::vector<std::string> texts;
        const Json &list = childField(request, name);
        if (list.is_null())
            return texts;
        if (!list.is_array())
            return fail(ErrorCode::BadInput, std::string(name) + ": expected a list of texts");
        for (const Json &entry : list) {
            if (!entry.is_string())
                return fail(ErrorCode::BadInput, std::string(name) + ": entry " + std::to_string(texts.size()) + " is no text");
            texts.push_back(entry.get<std::string>());
            if (firstInvalidUtf8(texts.back()) < texts.back().size())
                return fail(ErrorCode::BadInput, std::string(name) + ": entry " + std::to_string(texts.size() - 1) + " is not UTF-8");
        }
        return texts;
    }

    /// A list of lists of words.
    Result<WordLists> wordLists(const Json &request, const char *name)
    {
        WordLists lines;
        const Json &list = childField(request, name);
        if (list.is_null())
            return lines;
        if (!list.is_array())
            return fail(ErrorCode::BadInput, std::string(name) + ": expected a list of lists of words");
        for (const Json &entry : list) {
            auto words = textList({{name, entry}}, name);
            if (!words || !entry.is_array())
                return fail(ErrorCode::BadInput, std::string(name) + ": line " + std::to_string(lines.size()) + " is no list of words");
            lines.push_back(std::move(*words));
        }
        return lines;
    }

    std::vector<std::vector<std::u32string>> charactersOf(const WordLists &lines)
    {
        std::vector<std::vector<std::u32string>> result;
        for (const auto &line : lines) {
            std::vector<std::u32string> words;
            for (const std::string &word : line) {
                if (!word.empty())
                    words.push_back(toCharacters(word));
            }
            result.push_back(std::move(words));
        }
        return result;
    }

    std::string joined(const std::vector<std::string> &words)
    {
        std::string line;
        for (const std::string &word : words)
            line += word;
        return line;
    }

    /// Lines and gold words of a data set on disk.
    Result<void> readDataset(const Json &request, SegmentRequest &out, const RunContext &context)
    {
        auto dataset = datasetRequest(request);
        if (!dataset)
            return fail(dataset.error());
        if (dataset->set->kind != DataKind::Segmentation)
            return fail(ErrorCode::BadInput, std::string(dataset->set->title) + " has no segmented lines", "conllu, sighan and bars have");
        if (const std::string language = stringField(request, "language", "auto"); language != "auto")
            dataset->settings.language = language;
        auto loaded = loadSegItems(*dataset->set, dataset->path, dataset->settings, dataset->choice, context);
        if (!loaded)
            return fail(loaded.error());
        for (SegItem &item : loaded->items) {
            out.source.language = item.language;
            out.source.lines.push_back(std::move(item.text));
            out.gold.push_back(std::move(item.words));
        }
        return {};
    }

    Result<void> readLines(const Json &request, SegmentRequest &out, const RunContext &context)
    {
        if (namesDataset(request))
            return readDataset(request, out, context);
        auto lines = textList(request, "lines");
        if (!lines)
            return fail(lines.error());
        auto gold = wordLists(request, "gold");
        if (!gold)
            return fail(gold.error());
        out.source.lines = std::move(*lines);
        const Json &text = childField(childField(request, "input"), "text");
        if (out.source.lines.empty() && text.is_string()) {
            const auto &given = text.get_ref<const std::string &>();
            if (firstInvalidUtf8(given) < given.size())
                return fail(ErrorCode::BadInput, "input: the text is not UTF-8");
            out.source.lines = splitLines(withPlainLineEnds(given));
        }
        if (out.source.lines.empty()) {
            for (const auto &words : *gold)
                out.source.lines.push_back(joined(words));
        }
        if (!gold->empty() && gold->size() != out.source.lines.size())
            return fail(ErrorCode::BadInput, "gold: expected words of " + std::to_string(out.source.lines.size()) + " lines, found "
                    + std::to_string(gold->size()));
        for (size_t i = 0; i < gold->size(); ++i) {
            auto ranges = rangesOfWords(out.source.lines[i], (*gold)[i], i);
            if (!ranges)
                return fail(ranges.error());
            out.gold.push_back(std::move(*ranges));
        }
        return {};
    }

    /// A word list, or what `train` saved.
    Result<void> readDictionary(const Json &given, const std::string &field, SegmentRequest &out)
    {
        constexpr size_t maxWord = 256; // what no method takes; each leaves out what is longer than its own limit (sourceFor)
        if (given.is_null())
            return {};
        if (given.is_object() && !given.contains("kind")) {
            auto read = WordDictionary::fromJson(given, maxWord, out.notes);
            if (!read)
                return fail(read.error());
            out.source.dictionary = std::move(*read);
            return {};
        }
        if (given.is_object()) {
            out.source.model = given;
            return {};
        }
        if (!given.is_string())
            return fail(ErrorCode::BadInput, field + ": expected a path, or an object of word: count");
        auto text = readUtf8File(given.get<std::string>());
        if (!text)
            return fail(text.error());
        if (text->starts_with('{')) {
            Json model = Json::parse(*text, nullptr, false);
            if (model.is_object()) {
                out.source.model = std::move(model);
                return {};
            }
            if (text->starts_with("{\"")) // else a list whose first word begins with a brace
                return fail(ErrorCode::BadInput, given.get<std::string>() + ": expected a model that train wrote, found broken JSON");
        }
        const std::string name = std::filesystem::path(given.get<std::string>()).filename().string();
        auto read = WordDictionary::parse(*text, name, maxWord, out.notes);
        if (!read)
            return fail(read.error());
        out.source.dictionary = std::move(*read);
        return {};
    }

    Result<TaughtReply> readReply(const Json &json, const std::string &where)
    {
        const Json &line = childField(json, "line"), &reply = childField(json, "reply");
        if (!line.is_number_integer() || !(reply.is_string() || reply.is_null()))
            return fail(ErrorCode::BadInput, where + ": expected {\"line\": number, \"reply\": text}");
        return TaughtReply{line.get<int64_t>(), reply.is_string() ? reply.get<std::string>() : std::string()};
    }

    /// A file of JSON lines, or a list. Replies without text are failed requests and left out.
    Result<void> readReplies(const Json &request, SegmentRequest &out)
    {
        const Json &given = childField(request, "replies");
        if (given.is_null())
            return {};
        std::vector<Json> entries;
        std::string name = "replies";
        if (given.is_string()) {
            auto text = readUtf8File(given.get<std::string>());
            if (!text)
                return fail(text.error());
            name = std::filesystem::path(given.get<std::string>()).filename().string();
            for (const std::string &line : splitLines(*text)) {
                if (line.find_first_not_of(" \t") != std::string::npos)
                    entries.push_back(Json::parse(line, nullptr, false));
            }
        } else if (given.is_array()) {
            entries.assign(given.begin(), given.end());
        } else {
            return fail(ErrorCode::BadInput, "replies: expected a path of JSON lines, or a list of {line, reply}");
        }
        for (size_t i = 0; i < entries.size(); ++i) {
            auto reply = readReply(entries[i], name + ":" + std::to_string(i + 1));
            if (!reply)
                return fail(reply.error());
            if (!reply->reply.empty())
                out.source.replies.push_back(std::move(*reply));
        }
        return {};
    }

    /// A path with the time of its last change: a file that was written again is another source.
    Json withTime(const Json &field)
    {
        std::error_code error;
        if (!field.is_string())
            return field;
        const auto time = std::filesystem::last_write_time(field.get<std::string>(), error);
        return error ? field : Json{field, time.time_since_epoch().count()};
    }

    Result<void> readTraining(const Json &request, SegmentRequest &out)
    {
        auto lines = textList(request, "trainingLines");
        if (!lines)
            return fail(lines.error());
        auto gold = wordLists(request, "trainingGold");
        if (!gold)
            return fail(gold.error());
        out.source.trainingLines = std::move(*lines);
        out.source.trainingGold = charactersOf(*gold);
        auto teacher = requestText(request, "teacher", "");
        if (!teacher)
            return fail(teacher.error());
        if (!teacher->empty() && *teacher != "simulated")
            return fail(ErrorCode::BadInput, "teacher: unknown \"" + *teacher + "\"",
                "\"simulated\", or none: replies and the command teach are the others");
        out.teacher = *teacher;
        if (!out.teacher.empty() && (out.gold.empty() || !out.source.trainingLines.empty()))
            return fail(ErrorCode::BadInput, "the simulated teacher walks the gold words of the lines and there are none",
                "give gold words of the lines, and no other training lines");
        return {};
    }

} // namespace

bool isSegmentRequest(const Json &request)
{
    const auto isSegmenter = [](const Json &json) {
        const std::string id = json.is_string() ? json.get<std::string>() : stringField(json, "method");
        const MethodSpec *spec = findMethod(id);
        return spec && spec->family == "segment";
    };
    if (isSegmenter(request))
        return true;
    const Json &methods = childField(request, "methods");
    return methods.is_array() && std::any_of(methods.begin(), methods.end(), isSegmenter);
}

Result<MethodRequest> segmentMethod(const Json &json, const Json &request)
{
    Json named = json.is_string() ? Json{{"method", json}} : json;
    if (named.is_object() && named.contains("parameters") && !named.contains("params"))
        named["params"] = named["parameters"];
    return methodRequest(named, request, "segment");
}

Result<WordRanges> rangesOfWords(const std::string &line, const std::vector<std::string> &words, size_t number)
{
    const CharacterClasses &classes = CharacterClasses::table();
    const std::u32string text = toCharacters(line);
    WordRanges ranges;
    size_t at = 0;
    const auto skipWhite = [&] {
        while (at < text.size() && classes.is(text[at], kWhiteCharacter))
            ++at;
    };
    for (const std::string &word : words) {
        skipWhite();
        const size_t first = at;
        for (const char32_t character : toCharacters(word)) {
            if (classes.is(character, kWhiteCharacter))
                continue;
            skipWhite();
            if (at >= text.size() || text[at] != character)
                return fail(ErrorCode::BadInput,
                    "gold: line " + std::to_string(number) + ": the word \"" + word + "\" is not the next one of the line",
                    "gold words joined must give the line, white space aside");
            ++at;
        }
        if (at > first)
            ranges.emplace_back(static_cast<int32_t>(first), static_cast<int32_t>(at));
    }
    skipWhite();
    if (at < text.size())
        return fail(ErrorCode::BadInput, "gold: line " + std::to_string(number) + " goes on behind its last word",
            "gold words joined must give the line, white space aside");
    return ranges;
}

Result<SegmentRequest> segmentRequest(const Json &request, const RunContext &context)
{
    SegmentRequest out;
    if (auto read = readLines(request, out, context); !read)
        return fail(read.error());
    if (out.source.lines.empty())
        return fail(ErrorCode::BadInput, "the request has no lines", "give lines, a text, gold words, or a data set");
    auto language = requestText(request, "language", "auto");
    if (!language)
        return fail(language.error());
    out.languageGiven = *language != "auto";
    if (out.languageGiven)
        out.source.language = *language;
    else if (out.source.language.empty()) // a data set may have said it
        out.source.language = languageOf(out.source.lines);
    for (const char *field : {"tags", "dictionary"}) {
        if (auto read = readDictionary(childField(request, field), field, out); !read)
            return fail(read.error());
    }
    if (auto read = readTraining(request, out); !read)
        return fail(read.error());
    if (auto read = readReplies(request, out); !read)
        return fail(read.error());
    auto seed = requestInteger(request, "seed", 1, 0, INT64_MAX);
    if (!seed)
        return fail(seed.error());
    out.seed = *seed;
    Json parts = Json::array();
    for (const char *field :
        {"lines", "input", "gold", "language", "dictionary", "tags", "trainingLines", "trainingGold", "replies", "teacher", "dataset",
            "datasetFile", "items", "dataOptions"})
        parts.push_back(withTime(childField(request, field)));
    out.trainingKey = jsonText(parts);
    return out;
}

WhiteSpaceMode whiteSpaceOf(const Parameters &parameters, const std::string &language)
{
    const std::string word = parameters.word("whiteSpace");
    return word == "auto" ? whiteSpaceModeOfLanguage(language) : whiteSpaceModeOf(word).value_or(WhiteSpaceMode::Strip);
}

int64_t tooLongWords(const SegmentRequest &request, const Parameters &parameters)
{
    if (!request.source.dictionary || !parameters.has("maxWord"))
        return 0;
    const auto most = static_cast<size_t>(parameters.integer("maxWord"));
    const auto &words = request.source.dictionary->words();
    return std::count_if(words.begin(), words.end(), [most](const WordCount &entry) { return entry.word.size() > most; });
}

SegmentSource sourceFor(const SegmentRequest &request, const Parameters &parameters)
{
    SegmentSource source = request.source;
    source.whiteSpace = whiteSpaceOf(parameters, source.language);
    if (tooLongWords(request, parameters) > 0)
        source.dictionary = source.dictionary->upTo(static_cast<size_t>(parameters.integer("maxWord")));
    if (request.teacher != "simulated")
        return source;
    source.simulatedGold.emplace();
    for (size_t i = 0; i < source.lines.size(); ++i)
        source.simulatedGold->push_back(wordEnds(cutText(source.lines[i], source.whiteSpace), request.gold[i]));
    return source;
}

} // namespace winnow
