#include "core/base/report_artifacts.h"

#include "core/base/json_fields.h"

#include <array>
#include <utility>

namespace winnow {
namespace {

    using SavingsField = std::pair<const char *, double Savings::*>;

    constexpr std::array<SavingsField, 20> kFields{{
        {"nominalBytes", &Savings::nominalBytes},
        {"nativeBytes", &Savings::nativeBytes},
        {"unfoldedBytes", &Savings::unfoldedBytes},
        {"metadataBytes", &Savings::metadataBytes},
        {"allocatedBytes", &Savings::allocatedBytes},
        {"fullBytes", &Savings::fullBytes},
        {"peakBytes", &Savings::peakBytes},
        {"forecastNativeBytes", &Savings::forecastNativeBytes},
        {"forecastAllocatedBytes", &Savings::forecastAllocatedBytes},
        {"slmCacheBytes", &Savings::slmCacheBytes},
        {"slmWeightsBytes", &Savings::slmWeightsBytes},
        {"hostBytes", &Savings::hostBytes},
        {"d2hBytes", &Savings::d2hBytes},
        {"h2dBytes", &Savings::h2dBytes},
        {"effectiveRatio", &Savings::effectiveRatio},
        {"prefillMs", &Savings::prefillMs},
        {"selectMs", &Savings::selectMs},
        {"msPerToken", &Savings::msPerToken},
        {"fullMsPerToken", &Savings::fullMsPerToken},
        {"compressMs", &Savings::compressMs},
    }};

} // namespace

Json toJson(const Savings &savings)
{
    Json json = Json::object();
    for (const auto &[name, member] : kFields) {
        const double value = savings.*member;
        json[name] = value < 0 ? Json() : jsonNumber(value);
    }
    json["nominalOnly"] = savings.nominalOnly;
    return json;
}

Savings savingsFromJson(const Json &json)
{
    Savings savings;
    for (const auto &[name, member] : kFields)
        savings.*member = numberField(json, name, -1);
    savings.nominalOnly = flagField(json, "nominalOnly");
    return savings;
}

Json toJson(const Check &check)
{
    Json json{{"id", check.id}, {"title", check.title}, {"ok", check.ok}, {"expected", check.expected},
        {"found", check.found}};
    if (!check.where.empty())
        json["where"] = check.where;
    return json;
}

Check checkFromJson(const Json &json)
{
    return {stringField(json, "id"), stringField(json, "title"), flagField(json, "ok"), stringField(json, "expected"),
        stringField(json, "found"), stringField(json, "where")};
}

} // namespace winnow
