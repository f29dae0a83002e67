#include "app/workbench/word_requests.h"

#include "core/base/command_line.h"
#include "core/base/json_fields.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace winnow {
namespace {

    constexpr std::array<std::string_view, 6> kDictionary{"llaca", "llaca_unigram", "fmm", "bmm", "bidirectional", "jieba_like"};

    void addSource(Json &request, const WordSource &source, const InputRecord *training)
    {
        if (!source.counts.empty()) {
            Json counts = Json::object();
            for (const auto &[word, count] : source.counts)
                if (count > 0)
                    counts[word] = static_cast<int64_t>(count);
            request["dictionary"] = std::move(counts);
        } else if (source.kind == "simulated") {
            request["teacher"] = "simulated";
        } else if (source.kind == "replies" && !source.path.empty()) {
            request["replies"] = source.path;
        } else if (source.kind == "dictionary" && !source.path.empty()) {
            request["dictionary"] = source.path;
        } else if (source.kind == "input" && training) {
            request["trainingGold"] = childField(training->extra, "gold");
            request["trainingInput"] = training->name;
        }
    }

    /// The lines as the page counts them: empty ones at the end are none.
    Json lineList(const std::string &text)
    {
        Json lines = Json::array();
        size_t begin = 0;
        while (begin < text.size()) {
            const size_t end = std::min(text.size(), text.find('\n', begin));
            const bool carriage = end > begin && text[end - 1] == '\r';
            lines.push_back(text.substr(begin, end - begin - (carriage ? 1 : 0)));
            begin = end + 1;
        }
        while (!lines.empty() && lines.back() == "")
            lines.erase(lines.size() - 1);
        return lines;
    }

} // namespace

std::vector<std::string> sourceKinds(const std::string &method)
{
    if (usesDictionary(method))
        return {"simulated", "replies", "input", "dictionary"};
    if (method == "llm_direct")
        return {"simulated", "replies"};
    if (method == "tag_model")
        return {"input", "dictionary"};
    return {"lines", "dictionary"};
}

bool usesDictionary(const std::string &method) { return std::find(kDictionary.begin(), kDictionary.end(), method) != kDictionary.end(); }

Json toJson(const WordSetting &setting)
{
    Json json{{"method", setting.setting.method}, {"params", setting.setting.parameters}, {"source", setting.source.kind}};
    if (!setting.source.path.empty())
        json["path"] = setting.source.path;
    if (!setting.source.counts.empty())
        json["counts"] = setting.source.counts;
    return json;
}

WordSetting wordSettingFromJson(const Json &json)
{
    if (const Json &kept = childField(json, "setting"); kept.is_object()) // a pinned run's request
        return wordSettingFromJson(kept);
    WordSetting read;
    read.setting.method = stringField(json, "method");
    read.setting.family = "segment";
    if (const Json &parameters = childField(json, "params"); parameters.is_object())
        read.setting.parameters = parameters;
    read.setting.budget = {BudgetKind::Fraction, 1.0};
    read.source.kind = stringField(json, "source", "lines");
    read.source.path = stringField(json, "path");
    const Json &counts = childField(json, "counts");
    for (const auto &[word, count] : counts.is_object() ? counts.get_ref<const Json::object_t &>() : Json::object_t())
        if (count.is_number())
            read.source.counts[word] = count.get<double>();
    return read;
}

Json pinnedRequest(const InputRecord &input, const WordSetting &setting)
{
    return {{"command", "run"}, {"family", "segment"}, {"method", setting.setting.method}, {"params", setting.setting.parameters}, {"input", {{"name", input.name}}}, {"setting", toJson(setting)}};
}

WordSetting defaultWordSetting(const MethodInfo &method, bool gold)
{
    WordSetting setting{defaultSetting(method), {}};
    setting.setting.budget = {BudgetKind::Fraction, 1.0};
    const std::vector<std::string> kinds = sourceKinds(method.id);
    setting.source.kind = kinds.front() == "simulated" && !gold ? "lines" : kinds.front();
    return setting;
}

std::vector<std::vector<std::string>> goldWords(const InputRecord &input)
{
    std::vector<std::vector<std::string>> gold;
    const Json &lines = childField(input.extra, "gold");
    for (const Json &line : lines.is_array() ? lines : Json::array()) {
        std::vector<std::string> words;
        for (const Json &word : line.is_array() ? line : Json::array())
            if (word.is_string())
                words.push_back(word.get<std::string>());
        gold.push_back(std::move(words));
    }
    return gold;
}

size_t goldLines(const InputRecord &input)
{
    const Json &lines = childField(input.extra, "gold");
    return lines.is_array() ? lines.size() : 0;
}

std::string inputLanguage(const InputRecord &input)
{
    // Most letters decide; kana make a Japanese text of one that has mostly Han characters.
    int thai = 0, kana = 0, hangul = 0, han = 0, other = 0;
    if (const std::string named = stringField(input.extra, "language"); !named.empty())
        return named;
    for (size_t i = 0; i + 2 < input.content.size(); ++i) {
        const auto a = static_cast<unsigned char>(input.content[i]), b = static_cast<unsigned char>(input.content[i + 1]);
        if (a < 0xC0)
            other += (a | 32) >= 'a' && (a | 32) <= 'z' ? 1 : 0;
        else if (a == 0xE0 && (b == 0xB8 || b == 0xB9))
            ++thai;
        else if (a == 0xE3 && b >= 0x81 && b <= 0x83)
            ++kana;
        else if (a >= 0xEA && a <= 0xED && !(a == 0xEA && b < 0xB0))
            ++hangul;
        else if (a >= 0xE4 && a <= 0xE9)
            ++han;
    }
    if (thai > han + kana + hangul && thai > other / 3)
        return "th";
    if (kana * 8 > han && kana > 0 && kana + han > other / 3)
        return "ja";
    if (hangul > han && hangul > other / 3)
        return "ko";
    return han > other / 3 && han > 0 ? "zh" : "auto";
}

bool isCut(const InputRecord &input)
{
    static constexpr std::array<std::string_view, 4> kLanguages{"zh", "ja", "ko", "th"};
    return goldLines(input) > 0 || (input.kind == "text" && std::find(kLanguages.begin(), kLanguages.end(), inputLanguage(input)) != kLanguages.end());
}

Json wordInputFields(const InputRecord &input)
{
    Json fields{{"input", {{"name", input.name}}}, {"lines", lineList(input.content)}, {"language", inputLanguage(input)}};
    if (const Json &gold = childField(input.extra, "gold"); gold.is_array() && !gold.empty())
        fields["gold"] = gold;
    return fields;
}

Json wordRunRequest(const InputRecord &input, const WordSetting &setting, const InputRecord *training)
{
    Json request = wordInputFields(input);
    request["command"] = "run";
    request["method"] = setting.setting.method;
    request["params"] = setting.setting.parameters;
    addSource(request, setting.source, training);
    return request;
}

std::string wordCommand(const InputRecord &input, const WordSetting &setting, const InputRecord *training, std::span<const MethodInfo> methods)
{
    const Json request{{"command", "run"}, {"method", setting.setting.method}, {"params", setting.setting.parameters}};
    Command command = commandFor(request, {}, methods);
    const auto add = [&](const char *option, const std::string &value) {
        command.words.emplace_back(option);
        command.words.push_back(value);
    };
    add(goldLines(input) > 0 ? "--gold" : "--lines", input.name);
    if (const std::string language = inputLanguage(input); language != "auto")
        add("--language", language);
    const WordSource &source = setting.source;
    if (!source.counts.empty())
        add("--dictionary", "edited-" + setting.setting.method + ".txt"); // what Save Dictionary writes
    else if (source.kind == "simulated")
        add("--teacher", "simulated");
    else if (source.kind == "replies")
        add("--replies", source.path);
    else if (source.kind == "dictionary")
        add("--dictionary", source.path);
    else if (source.kind == "input" && training)
        add("--training-gold", training->name);
    return shellLine(command);
}

Json wordSweepRequest(const Json &run, const std::string &parameter, const std::vector<double> &values)
{
    Json request = run;
    request["command"] = "sweep";
    request["methods"] = Json::array({{{"method", run["method"]}, {"params", run["params"]}}});
    request.erase("method");
    request.erase("params");
    Json list = Json::array();
    for (const double value : values)
        list.push_back(value == static_cast<double>(static_cast<int64_t>(value)) ? Json(static_cast<int64_t>(value)) : Json(value));
    request["vary"] = {{"name", parameter}, {"values", std::move(list)}};
    return request;
}

Json wordTrainRequest(const Json &run, const std::string &out)
{
    Json request = run;
    request["command"] = "train";
    request["out"] = out;
    return request;
}

Json wordLatticeRequest(const Json &run, const std::string &segmenter, const std::string &line, const std::map<std::string, double> &edits)
{
    Json request = segmenter.empty() ? run : Json{{"segmenter", segmenter}};
    request["command"] = "lattice";
    request["line"] = line;
    if (!edits.empty()) {
        request["edits"] = Json::object();
        for (const auto &[word, count] : edits)
            request["edits"][word] = static_cast<int64_t>(count);
    }
    return request;
}

std::string teachingPrompt(const std::string &language)
{
    if (language == "zh")
        return "把用户给出的文本切分成词，词与词之间用一个空格隔开，标点单独成词，只输出切分结果。";
    return "Split the user's text into words. Put exactly one space between words and treat every punctuation mark as its own word. Reply with the segmented text only.";
}

Json wordTeachRequest(const InputRecord &input, const Json &model, const std::string &out)
{
    Json request = wordInputFields(input);
    request.update(model);
    request["command"] = "teach";
    request["system"] = teachingPrompt(inputLanguage(input));
    request["out"] = out;
    return request;
}

} // namespace winnow
