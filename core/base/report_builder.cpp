#include "core/base/report.h"

#include "core/base/report_artifacts.h"

#include <cassert>
#include <cmath>

namespace winnow {
namespace {

    Json &listField(Json &body, const char *name)
    {
        Json &field = body[name];
        if (!field.is_array())
            field = Json::array();
        return field;
    }

    /// Placeholders are only made by addArray, so a wrong one is our own mistake.
    [[maybe_unused]] bool referencesResolve(const Json &value, size_t arrays)
    {
        if (value.is_object() && value.size() == 1 && value.contains("$array"))
            return value.at("$array").is_number_integer() && value.at("$array").get<size_t>() < arrays;
        if (value.is_structured()) {
            for (const Json &child : value) {
                if (!referencesResolve(child, arrays))
                    return false;
            }
        }
        return true;
    }

} // namespace

void ReportBuilder::setRequest(Json request) { m_document.body["request"] = std::move(request); }

void ReportBuilder::setModel(Json model) { m_document.body["model"] = std::move(model); }

void ReportBuilder::setInput(std::vector<int32_t> ids, std::vector<std::string> pieces, std::string text)
{
    assert(ids.size() == pieces.size());
    const auto count = int64_t(ids.size());
    m_document.body["input"] = {{"ids", addArray(Array::fromInts(ids, {count}))}, {"pieces", std::move(pieces)},
        {"text", std::move(text)}, {"images", Json::array()}};
}

void ReportBuilder::add(const KeptTokens &artifact)
{
    listField(m_document.body, "artifacts").push_back(writeArtifact(artifact, m_document.arrays));
}

void ReportBuilder::add(const TokenScores &artifact)
{
    listField(m_document.body, "artifacts").push_back(writeArtifact(artifact, m_document.arrays));
}

void ReportBuilder::add(const Curve &artifact)
{
    listField(m_document.body, "artifacts").push_back(writeArtifact(artifact));
}

void ReportBuilder::add(const TextArtifact &artifact)
{
    listField(m_document.body, "artifacts").push_back(writeArtifact(artifact, m_document.arrays));
}

void ReportBuilder::add(const TableArtifact &artifact)
{
    listField(m_document.body, "artifacts").push_back(writeArtifact(artifact));
}

void ReportBuilder::add(const MatrixArtifact &artifact)
{
    listField(m_document.body, "artifacts").push_back(writeArtifact(artifact, m_document.arrays));
}

void ReportBuilder::add(const ExpertUsage &artifact)
{
    listField(m_document.body, "artifacts").push_back(writeArtifact(artifact, m_document.arrays));
}

void ReportBuilder::add(const PromptTokens &artifact)
{
    listField(m_document.body, "artifacts").push_back(writeArtifact(artifact, m_document.arrays));
}

void ReportBuilder::add(const Segmentation &artifact)
{
    listField(m_document.body, "artifacts").push_back(writeArtifact(artifact));
}

void ReportBuilder::setMetric(const std::string &name, double value)
{
    m_document.body["metrics"][name] = jsonNumber(value);
    if (!std::isfinite(value))
        addNotice(name + " is " + jsonNumber(value).get<std::string>());
}

void ReportBuilder::setSavings(const Savings &savings) { m_document.body["savings"] = toJson(savings); }

void ReportBuilder::addCheck(Check check) { listField(m_document.body, "checks").push_back(toJson(check)); }

void ReportBuilder::addNotice(std::string notice)
{
    listField(m_document.body, "notices").push_back(std::move(notice));
}

void ReportBuilder::setProvenance(Json provenance) { m_document.body["provenance"] = std::move(provenance); }

void ReportBuilder::setExtra(const std::string &name, Json value) { m_document.body[name] = std::move(value); }

Json ReportBuilder::addArray(Array array) { return placeArray(m_document.arrays, std::move(array)); }

ReportPtr ReportBuilder::build()
{
    Json &body = m_document.body;
    body["schema"] = "winnow.report/1";
    for (const char *name : {"artifacts", "checks", "notices"})
        listField(body, name);
    for (const char *name : {"request", "model", "input", "metrics", "provenance"}) {
        if (!body.contains(name))
            body[name] = Json::object();
    }
    if (!body.contains("savings"))
        body["savings"] = toJson(Savings{});
    assert(referencesResolve(body, m_document.arrays.size()));
    return std::make_shared<const Report>(std::move(m_document));
}

} // namespace winnow
