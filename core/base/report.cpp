#include "core/base/report.h"

#include "core/base/json_fields.h"
#include "core/base/report_artifacts.h"

namespace winnow {
namespace {

    /// Every artifact of the report the reader accepts, in order.
    template <typename T, typename Reader>
    std::vector<T> collect(const Json &body, Reader reader)
    {
        std::vector<T> result;
        const Json &artifacts = childField(body, "artifacts");
        if (!artifacts.is_array())
            return result;
        for (const Json &artifact : artifacts) {
            if (auto read = reader(artifact))
                result.push_back(std::move(*read));
        }
        return result;
    }

    /// The first artifact the reader accepts.
    template <typename T, typename Reader>
    std::optional<T> first(const Json &body, Reader reader)
    {
        const Json &artifacts = childField(body, "artifacts");
        if (!artifacts.is_array())
            return std::nullopt;
        for (const Json &artifact : artifacts) {
            if (auto read = reader(artifact))
                return read;
        }
        return std::nullopt;
    }

    Json objectField(const Json &body, const char *name)
    {
        const Json &field = childField(body, name);
        return field.is_object() ? field : Json::object();
    }

} // namespace

Report::Report(Document document)
    : m_document(std::move(document))
{
}

Json Report::request() const { return objectField(body(), "request"); }

Json Report::model() const { return objectField(body(), "model"); }

Json Report::input() const { return objectField(body(), "input"); }

std::vector<std::string> Report::pieces() const { return stringListField(childField(body(), "input"), "pieces"); }

std::vector<int32_t> Report::ids() const
{
    return intsOf(childField(childField(body(), "input"), "ids"), m_document);
}

std::optional<double> Report::metric(const std::string &name) const
{
    return numberFromJson(childField(childField(body(), "metrics"), name.c_str()));
}

std::vector<std::pair<std::string, double>> Report::metrics() const
{
    std::vector<std::pair<std::string, double>> result;
    const Json &metrics = childField(body(), "metrics");
    if (!metrics.is_object())
        return result;
    for (const auto &[name, value] : metrics.items()) {
        if (const auto number = numberFromJson(value))
            result.emplace_back(name, *number);
    }
    return result;
}

Savings Report::savings() const { return savingsFromJson(childField(body(), "savings")); }

std::vector<Check> Report::checks() const
{
    std::vector<Check> result;
    const Json &checks = childField(body(), "checks");
    if (checks.is_array()) {
        for (const Json &check : checks)
            result.push_back(checkFromJson(check));
    }
    return result;
}

std::vector<std::string> Report::notices() const { return stringListField(body(), "notices"); }

std::optional<KeptTokens> Report::keptTokens() const
{
    return first<KeptTokens>(body(), [this](const Json &json) { return readKeptTokens(json, m_document); });
}

std::vector<TokenScores> Report::tokenScores() const
{
    return collect<TokenScores>(body(), [this](const Json &json) { return readTokenScores(json, m_document); });
}

std::vector<Curve> Report::curves() const { return collect<Curve>(body(), readCurve); }

std::vector<TextArtifact> Report::texts() const
{
    return collect<TextArtifact>(body(), [this](const Json &json) { return readText(json, m_document); });
}

std::vector<TableArtifact> Report::tables() const { return collect<TableArtifact>(body(), readTable); }

std::vector<MatrixArtifact> Report::matrices() const
{
    return collect<MatrixArtifact>(body(), [this](const Json &json) { return readMatrix(json, m_document); });
}

std::optional<ExpertUsage> Report::expertUsage() const
{
    return first<ExpertUsage>(body(), [this](const Json &json) { return readExpertUsage(json, m_document); });
}

std::optional<PromptTokens> Report::promptTokens() const
{
    return first<PromptTokens>(body(), [this](const Json &json) { return readPromptTokens(json, m_document); });
}

std::vector<Segmentation> Report::segmentations() const { return collect<Segmentation>(body(), readSegmentation); }

namespace {

    /// `kept`, `score` and `class` are read as [layer][kvHead] (CLI.md 3): one set for the whole layer stands for each of
    /// its KV heads; headKind still says that it is one set.
    void spellLayerSets(Json &json)
    {
        const Json &kvHeads = childField(childField(json, "model"), "kvHeads");
        if (!kvHeads.is_number_integer() || !childField(json, "artifacts").is_array())
            return;
        for (Json &artifact : json["artifacts"]) {
            if (stringField(artifact, "headKind", "") != "layer")
                continue;
            for (const char *name : {"kept", "score", "class"}) {
                if (!childField(artifact, name).is_array())
                    continue;
                for (Json &layer : artifact[name]) {
                    if (layer.is_array() && layer.size() == 1)
                        layer = Json(kvHeads.get<size_t>(), layer[0]);
                }
            }
        }
    }

} // namespace

Json Report::toCliJson() const
{
    Json json = expandArrays(m_document);
    spellLayerSets(json);
    int64_t unusual = 0;
    for (const Array &array : m_document.arrays) {
        if (const auto values = array.floats()) {
            for (const float value : *values)
                unusual += value - value != 0; // NaN and the infinities
        }
    }
    if (unusual > 0 && json.is_object()) {
        if (!childField(json, "notices").is_array())
            json["notices"] = Json::array();
        json["notices"].push_back(std::to_string(unusual) + " values are NaN or infinite and are written as strings");
    }
    return json;
}

} // namespace winnow
