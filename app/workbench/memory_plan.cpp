#include "app/workbench/memory_plan.h"

#include "core/base/json_fields.h"
#include "views/format.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>

namespace winnow {
namespace {

    QString tr(const char *text) { return QCoreApplication::translate("MemoryPlan", text); }

    QString text(const Json &json, const char *name) { return QString::fromStdString(stringField(json, name)); }

} // namespace

std::vector<ModelEntry> modelEntries(const Json &reply)
{
    std::vector<ModelEntry> entries;
    const Json &models = childField(reply, "models"), &local = childField(reply, "local");
    if (models.is_array()) {
        for (const Json &model : models)
            entries.push_back({text(model, "name"), text(model, "title"), text(model, "path"), numberField(model, "bytes"), flagField(model, "present"), true});
    }
    if (local.is_array()) {
        for (const Json &model : local)
            entries.push_back({text(model, "path"), text(model, "name"), text(model, "path"), numberField(model, "bytes"), true, false});
    }
    return entries;
}

qint64 MemoryForecastFacts::tokensThatFit() const
{
    constexpr qint64 kStep = 256;
    const double perToken = tokens > 0 ? (cacheBytes + workBytes) / static_cast<double>(tokens) : 0;
    const double room = availableBytes - weightBytes;
    if (perToken <= 0 || room <= 0)
        return 0;
    return static_cast<qint64>(std::floor(room / perToken)) / kStep * kStep;
}

MemoryForecastFacts memoryForecast(const Json &reply)
{
    const Json &model = childField(reply, "model");
    const Json &forecast = childField(model.is_object() && !reply.contains("forecast") ? model : reply, "forecast");
    MemoryForecastFacts facts{integerField(forecast, "tokens"), numberField(forecast, "weightBytes"), numberField(forecast, "cacheBytes"), numberField(forecast, "workBytes"), numberField(forecast, "totalBytes"), numberField(forecast, "availableBytes")};
    const Json &plans = childField(forecast, "plans");
    for (size_t i = 0; plans.is_array() && i < plans.size(); ++i) {
        const bool half = stringField(plans[i], "dtype") == "bf16" && stringField(plans[i], "weights") == "bf16";
        if (half && integerField(plans[i], "tokens") >= facts.tokens)
            facts.halfBytes = numberField(plans[i], "totalBytes");
    }
    return facts;
}

QVector<FallbackStep> fallbackSteps(const MemoryForecastFacts &wanted, const MemoryForecastFacts &filePrecision, double fileBytes, const std::vector<ModelEntry> &others)
{
    QVector<FallbackStep> steps;
    if (!wanted.known() || wanted.fits())
        return steps;
    if (filePrecision.fits() && filePrecision.totalBytes < wanted.totalBytes)
        steps.append({FallbackStep::Kind::FilePrecision, tr("Keep the weights as the file has them"), tr("needs %1, and is slower: each layer is unpacked where it is used").arg(format::bytes(filePrecision.totalBytes)), {}, 0});
    if (wanted.halfBytes > 0 && wanted.halfBytes < wanted.totalBytes)
        steps.append({FallbackStep::Kind::HalfPrecision, tr("Compute in bf16"), tr("needs %1; numbers of two bytes with 8 bits of precision, also for models opened later (Settings, Number type)").arg(format::bytes(wanted.halfBytes)), {}, 0});
    if (const qint64 fits = wanted.tokensThatFit(); fits > 0 && fits < wanted.tokens)
        steps.append({FallbackStep::Kind::ShorterContext, tr("Stay below %1").arg(format::tokens(fits)), tr("weights need %1, the rest is cache").arg(format::bytes(wanted.weightBytes)), {}, fits});
    // What another model needs is not known before it is described: this model's need over its file size is the estimate.
    const double factor = fileBytes > 0 ? wanted.totalBytes / fileBytes : 0;
    const ModelEntry *best = nullptr;
    for (const ModelEntry &entry : others) {
        const bool smaller = factor > 0 && entry.bytes > 0 && entry.bytes * factor <= wanted.availableBytes;
        if (smaller && entry.bytes < fileBytes && (!best || entry.bytes > best->bytes))
            best = &entry;
    }
    if (best)
        steps.append({FallbackStep::Kind::OtherModel, tr("Open %1 instead").arg(best->title), tr("needs about %1%2").arg(format::bytes(best->bytes * factor), best->present ? QString() : tr(", fetched first")), best->name, 0});
    return steps;
}

} // namespace winnow
