#include "cli/segment_options.h"

#include "cli/dataset_options.h"
#include "cli/request_builder.h"
#include "core/base/json_fields.h"
#include "core/eval/data/seg_readers.h"
#include "core/methods/registry.h"
#include "core/words/word_dictionary.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <sstream>

namespace winnow {
namespace {

    constexpr std::array<OptionSpec, 12> kSegment{{
        {"--lines", "F", "lines of text to cut into words, one a line (or --text, --text-file)"},
        {"--gold", "F", "lines with their words, parted by | or white space, or a .conllu file: scored against, and cut where no other lines are given"},
        {"--language", "L", "zh, ja, ko, th, en; by the script where it is not given"},
        {"--dictionary", "F", "word count lines, or a file that train wrote"},
        {"--tags", "F", "a tag model that train wrote, for the OOV model and jieba_like"},
        {"--training", "F", "other raw lines that learned methods look at"},
        {"--training-gold", "F", "segmented lines that dictionaries and tag models are counted on"},
        {"--replies", "F", "replies of a chat model, JSON lines {\"line\", \"reply\"}"},
        {"--teacher", "simulated", "a simulated chat model walks the gold words"},
        {"--system", "TEXT", "system message of teach"},
        {"--vary", "NAME=V,V", "sweep: values of one parameter, for curves"},
        {"--write", "F", "train, teach: the dictionary, model or replies"},
    }};

    struct WordFile {
        Json lines = Json::array(), words = Json::array();
    };

    /// Whether '|' parts the words of a line: it touches one. A bar between white space is a word like others.
    bool hasBars(const std::string &text)
    {
        const auto part = [](char byte) { return byte != ' ' && byte != '\t'; };
        for (size_t at = text.find('|'); at != std::string::npos; at = text.find('|', at + 1)) {
            if ((at > 0 && part(text[at - 1])) || (at + 1 < text.size() && part(text[at + 1])))
                return true;
        }
        return false;
    }

    /// Words of one line: parted by '|', where a space behind a word is one of the text, or else by white space.
    void addLine(const std::string &text, WordFile &file)
    {
        const bool bars = hasBars(text);
        std::string line;
        Json words = Json::array();
        std::istringstream stream(text);
        if (bars) {
            for (std::string word; std::getline(stream, word, '|');) {
                line += word;
                const size_t end = word.find_last_not_of(' ');
                if (end != std::string::npos)
                    words.push_back(word.substr(0, end + 1));
            }
        } else {
            for (std::string word; stream >> word;) {
                std::string rest = word; // U+3000 parts words too
                for (size_t at = rest.find("\u3000"); at != std::string::npos; at = rest.find("\u3000")) {
                    if (at > 0)
                        words.push_back(rest.substr(0, at));
                    rest.erase(0, at + 3);
                }
                if (!rest.empty())
                    words.push_back(rest);
            }
            for (const Json &word : words)
                line += word.get<std::string>();
        }
        file.lines.push_back(std::move(line));
        file.words.push_back(std::move(words));
    }

    /// Gold words of a treebank.
    Result<WordFile> readTreebank(const std::string &path)
    {
        WordFile file;
        const auto read = readConllu(path, {}, [&](SegItem &&item) {
            Json words = Json::array();
            for (const std::string_view word : wordsOf(item))
                words.push_back(std::string(word));
            file.lines.push_back(item.text);
            file.words.push_back(std::move(words));
            return true;
        }, {});
        return read ? Result<WordFile>(std::move(file)) : fail(read.error());
    }

    Result<WordFile> readWordFile(const std::string &path)
    {
        if (path.ends_with(".conllu"))
            return readTreebank(path);
        auto text = readUtf8File(path);
        if (!text)
            return fail(text.error());
        WordFile file;
        for (const std::string &line : splitLines(*text))
            addLine(line, file);
        return file;
    }

    Result<Json> readLineFile(const std::string &path)
    {
        auto text = readUtf8File(path);
        return text ? Result<Json>(Json(splitLines(*text))) : fail(text.error());
    }

    std::string absolute(const std::string &path)
    {
        std::error_code error;
        const auto full = std::filesystem::absolute(path, error);
        return error ? path : full.string();
    }

    Json valueOf(const std::string &word)
    {
        double number = 0;
        const auto read = std::from_chars(word.data(), word.data() + word.size(), number);
        const bool whole = read.ec == std::errc() && read.ptr == word.data() + word.size();
        return whole ? Json(number) : word == "on" || word == "off" ? Json(word == "on") : Json(word);
    }

    Result<void> addVaried(const Arguments &arguments, Json &request)
    {
        const auto text = arguments.value("--vary");
        if (!text)
            return {};
        const size_t equals = text->find('=');
        if (equals == std::string::npos || equals == 0)
            return fail(ErrorCode::BadInput, "--vary: expected NAME=V,V, found \"" + *text + "\"");
        Json values = Json::array();
        for (const std::string &word : splitList(text->substr(equals + 1)))
            values.push_back(valueOf(word));
        request["vary"] = {{"name", text->substr(0, equals)}, {"values", std::move(values)}};
        return {};
    }

} // namespace

OptionGroup segmentOptions() { return {"Words (methods of the family segment)", kSegment}; }

bool isSegmentation(const Json &request)
{
    const auto segments = [](const Json &json) {
        const MethodSpec *spec = findMethod(stringField(json, "method"));
        return spec && spec->family == "segment";
    };
    const Json &methods = childField(request, "methods");
    return segments(request) || (methods.is_array() && std::any_of(methods.begin(), methods.end(), segments));
}

Result<void> addSegmentFields(const Arguments &arguments, Json &request)
{
    if (const auto path = arguments.value("--gold")) {
        auto file = readWordFile(*path);
        if (!file)
            return fail(file.error());
        request["gold"] = std::move(file->words);
        request["lines"] = std::move(file->lines);
    }
    for (const auto &[option, field] : {std::pair("--lines", "lines"), std::pair("--training", "trainingLines")}) {
        const auto path = arguments.value(option);
        auto lines = path ? readLineFile(*path) : Result<Json>(Json());
        if (!lines)
            return fail(lines.error());
        if (path)
            request[field] = std::move(*lines);
    }
    if (const auto path = arguments.value("--training-gold")) {
        auto file = readWordFile(*path);
        if (!file)
            return fail(file.error());
        request["trainingGold"] = std::move(file->words);
    }
    if (arguments.has("--text") || arguments.has("--text-file")) {
        auto input = inputField(arguments);
        if (!input)
            return fail(input.error());
        request["input"] = std::move(*input);
    }
    for (const auto &[option, field] : {std::pair("--dictionary", "dictionary"), std::pair("--tags", "tags"),
             std::pair("--replies", "replies"), std::pair("--write", "out")}) {
        if (const auto path = arguments.value(option))
            request[field] = absolute(*path);
    }
    for (const auto &[option, field] :
        {std::pair("--language", "language"), std::pair("--teacher", "teacher"), std::pair("--system", "system")}) {
        if (const auto word = arguments.value(option))
            request[field] = *word;
    }
    if (auto added = addDataset(arguments, request); !added)
        return added;
    return addVaried(arguments, request);
}

} // namespace winnow
