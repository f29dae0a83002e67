#include "core/serve/dataset_request.h"

#include "core/base/json_fields.h"
#include "core/serve/request_fields.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace winnow {
namespace {

    constexpr std::array kKnownOptions{"language", "task", "promptFile", "whiteSpace", "braceMarks", "split", "documents", "goldPosition", "largeFiles"};

    template <typename Value>
    using Word = std::pair<const char *, Value>;

    template <typename Value>
    Result<void> readWord(const Json &options, const char *name, std::span<const Word<Value>> words, Value &value)
    {
        auto text = requestText(options, name, "");
        if (!text)
            return fail(text.error());
        if (text->empty())
            return {};
        std::string allowed;
        for (const auto &[word, meaning] : words) {
            if (*text == word) {
                value = meaning;
                return {};
            }
            allowed += (allowed.empty() ? "" : ", ") + std::string(word);
        }
        return fail(ErrorCode::BadInput, std::string("dataOptions.") + name + ": expected " + allowed + ", found \"" + *text + '"');
    }

    Result<void> readTexts(const Json &options, DataSettings &settings)
    {
        for (const auto &[name, target] : {std::pair("language", &settings.language), std::pair("task", &settings.task), std::pair("promptFile", &settings.promptFile)}) {
            auto text = requestText(options, name, "");
            if (!text)
                return fail(text.error());
            *target = std::move(*text);
        }
        return {};
    }

    Result<void> readWords(const Json &options, DataSettings &settings)
    {
        constexpr Word<WhiteSpaceRule> kSpaces[] = {{"language", WhiteSpaceRule::ByLanguage}, {"strip", WhiteSpaceRule::Strip},
            {"separator", WhiteSpaceRule::Separator}, {"literal", WhiteSpaceRule::Literal}};
        constexpr Word<BraceMarks> kMarks[] = {{"remove", BraceMarks::Remove}, {"keep", BraceMarks::Keep}};
        constexpr Word<ContextSplit> kSplits[] = {{"whole", ContextSplit::Whole}, {"blankLines", ContextSplit::BlankLines}};
        constexpr Word<LargeFiles> kLarge[] = {{"ask", LargeFiles::Ask}, {"read", LargeFiles::Read}};
        if (auto read = readWord<WhiteSpaceRule>(options, "whiteSpace", kSpaces, settings.whiteSpace); !read)
            return read;
        if (auto read = readWord<BraceMarks>(options, "braceMarks", kMarks, settings.braceMarks); !read)
            return read;
        if (auto read = readWord<ContextSplit>(options, "split", kSplits, settings.contextSplit); !read)
            return read;
        return readWord<LargeFiles>(options, "largeFiles", kLarge, settings.largeFiles);
    }

} // namespace

bool namesDataset(const Json &request) { return !childField(request, "dataset").is_null(); }

Result<DataSettings> dataSettings(const Json &options)
{
    DataSettings settings;
    if (options.is_null())
        return settings;
    if (!options.is_object())
        return fail(ErrorCode::BadInput, "dataOptions: expected an object");
    for (const auto &[name, value] : options.items()) {
        if (std::find(kKnownOptions.begin(), kKnownOptions.end(), name) == kKnownOptions.end()) {
            std::string known;
            for (const char *option : kKnownOptions)
                known += (known.empty() ? "" : ", ") + std::string(option);
            return fail(ErrorCode::BadInput, "dataOptions: unknown option \"" + name + '"', "known: " + known);
        }
    }
    if (auto read = readTexts(options, settings); !read)
        return fail(read.error());
    if (auto read = readWords(options, settings); !read)
        return fail(read.error());
    auto documents = requestInteger(options, "documents", settings.documents, 2, 100);
    auto position = documents ? requestInteger(options, "goldPosition", settings.goldPosition, 0, *documents - 1) : documents;
    if (!position)
        return fail(position.error());
    settings.documents = *documents;
    settings.goldPosition = *position;
    return settings;
}

Result<DatasetRequest> datasetRequest(const Json &request)
{
    DatasetRequest dataset;
    auto name = requestText(request, "dataset", "");
    auto path = name ? requestText(request, "datasetFile", "") : name;
    auto items = path ? requestText(request, "items", "") : path;
    if (!items)
        return fail(items.error());
    auto set = findDataSet(*name);
    if (!set)
        return fail(set.error());
    if (path->empty())
        return fail(ErrorCode::BadInput, "a data set needs its file: " + std::string((*set)->expected), "give --dataset-file F");
    auto choice = parseItemChoice(*items);
    if (!choice)
        return fail(choice.error());
    auto settings = dataSettings(childField(request, "dataOptions"));
    if (!settings)
        return fail(settings.error());
    dataset.set = *set;
    dataset.path = std::move(*path);
    dataset.items = std::move(*items);
    dataset.choice = *choice;
    dataset.settings = std::move(*settings);
    return dataset;
}

Json itemRequest(const Json &request, const PromptItem &item, int64_t number, AnswerCue cue)
{
    Json own = request;
    for (const char *name : {"dataset", "datasetFile", "items", "dataOptions", "methods", "budgets", "seeds", "knownCells", "matched", "shareContexts"})
        own.erase(name);
    std::string question = item.question + stringField(item.meta, "cue");
    if (cue == AnswerCue::Forced)
        question += stringField(item.meta, "answerCue");
    own["command"] = "run";
    own["prompt"] = {{"instruction", item.instruction}, {"question", question}, {"contexts", item.contexts}};
    own["answer"] = item.answers;
    own["item"] = {{"set", item.set}, {"id", item.id}, {"number", number}, {"task", item.task}};
    return own;
}

} // namespace winnow
