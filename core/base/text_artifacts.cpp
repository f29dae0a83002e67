#include "core/base/text_artifacts.h"

#include "core/base/json_fields.h"
#include "core/base/report_artifacts.h"

#include <algorithm>
#include <functional>

namespace winnow {
namespace {

    Json placeInts(const std::vector<int32_t> &values, std::vector<Array> &arrays)
    {
        return placeArray(arrays, Array::fromInts(values, {int64_t(values.size())}));
    }

    bool ascends(const std::vector<int32_t> &values)
    {
        return (values.empty() || values.front() >= 0)
            && std::adjacent_find(values.begin(), values.end(), std::greater_equal<>()) == values.end();
    }

    /// Words of one line; false when they overlap, are empty or go back.
    bool readWords(const Json &json, SegmentedLine &line)
    {
        if (!json.is_array())
            return false;
        int64_t end = 0;
        for (const Json &word : json) {
            if (!word.is_array() || word.size() != 2 || !word[0].is_number_integer() || !word[1].is_number_integer())
                return false;
            const auto first = word[0].get<int64_t>(), last = word[1].get<int64_t>();
            if (first < end || last <= first || last > int64_t(line.text.size()))
                return false;
            line.words.emplace_back(int32_t(first), int32_t(last));
            end = last;
        }
        return true;
    }

} // namespace

Json writeArtifact(const PromptTokens &artifact, std::vector<Array> &arrays)
{
    Json json{{"type", "PromptTokens"}, {"id", artifact.id}, {"method", artifact.method}, {"text", artifact.text},
        {"askedRate", jsonNumber(artifact.askedRate)}, {"achievedRate", jsonNumber(artifact.achievedRate)},
        {"kept", placeInts(artifact.kept, arrays)}, {"protected", placeInts(artifact.protectedTokens, arrays)}};
    if (!artifact.stageOf.empty())
        json["stageOf"] = placeInts(artifact.stageOf, arrays);
    return json;
}

std::optional<PromptTokens> readPromptTokens(const Json &json, const Document &document)
{
    if (stringField(json, "type") != "PromptTokens")
        return std::nullopt;
    PromptTokens artifact;
    artifact.id = stringField(json, "id", artifact.id);
    artifact.method = stringField(json, "method");
    artifact.text = stringField(json, "text");
    artifact.askedRate = numberFromJson(childField(json, "askedRate")).value_or(1);
    artifact.achievedRate = numberFromJson(childField(json, "achievedRate")).value_or(1);
    artifact.kept = intsOf(childField(json, "kept"), document);
    artifact.protectedTokens = intsOf(childField(json, "protected"), document);
    artifact.stageOf = intsOf(childField(json, "stageOf"), document);
    if (!ascends(artifact.kept) || !ascends(artifact.protectedTokens))
        return std::nullopt;
    return artifact;
}

Json writeArtifact(const Segmentation &artifact)
{
    Json lines = Json::array();
    for (const SegmentedLine &line : artifact.lines) {
        Json words = Json::array();
        for (const auto &[first, end] : line.words)
            words.push_back({first, end});
        lines.push_back({{"text", line.text}, {"words", std::move(words)}, {"score", jsonNumber(line.score)}});
    }
    return {{"type", "Segmentation"}, {"id", artifact.id}, {"method", artifact.method}, {"title", artifact.title},
        {"language", artifact.language}, {"lines", std::move(lines)}};
}

std::optional<Segmentation> readSegmentation(const Json &json)
{
    if (stringField(json, "type") != "Segmentation")
        return std::nullopt;
    Segmentation artifact{stringField(json, "id"), stringField(json, "method"), stringField(json, "title"),
        stringField(json, "language"), {}};
    const Json &lines = childField(json, "lines");
    if (!lines.is_array())
        return std::nullopt;
    for (const Json &entry : lines) {
        SegmentedLine line{stringField(entry, "text"), {}, numberFromJson(childField(entry, "score")).value_or(0)};
        if (!readWords(childField(entry, "words"), line))
            return std::nullopt;
        artifact.lines.push_back(std::move(line));
    }
    return artifact;
}

} // namespace winnow
