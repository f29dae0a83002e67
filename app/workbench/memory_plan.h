#pragma once

#include "core/base/json.h"

#include <QString>
#include <QVector>

#include <string>
#include <vector>

namespace winnow {

/// A model that a person can choose: of the catalogue, found in the model folder, or opened before.
struct ModelEntry {
    QString name; // what requests say: catalogue name or path
    QString title, path;
    double bytes = 0; // of the file
    bool present = true, ofCatalogue = false;
};

/// Catalogue and local models of a `models` reply, in its order.
std::vector<ModelEntry> modelEntries(const Json &reply);

/// What a model needs and what there is, of a `describe` or `open` reply.
struct MemoryForecastFacts {
    qint64 tokens = 0;
    double weightBytes = 0, cacheBytes = 0, workBytes = 0, totalBytes = 0, availableBytes = 0;
    double halfBytes = 0; // the same tokens with numbers of two bytes (bf16), where that fits; 0 = it does not

    bool known() const { return totalBytes > 0 && availableBytes > 0; }
    bool fits() const { return known() && totalBytes <= availableBytes; }
    /// Most tokens that fit, in steps of 256; 0 when not even 256 do.
    qint64 tokensThatFit() const;
};

MemoryForecastFacts memoryForecast(const Json &reply);

/// A way out when a model does not fit; the first one changes least.
struct FallbackStep {
    enum class Kind { FilePrecision, HalfPrecision, ShorterContext, OtherModel } kind = Kind::ShorterContext;
    QString text; // "Keep the weights in file precision", "Stay below 2,048 tokens"
    QString detail; // what it needs then
    QString model; // OtherModel
    qint64 tokens = 0; // ShorterContext
};

/// Steps that fit; empty when the model fits or nothing helps. `filePrecision` is the forecast with the weights as the file
/// has them (not known = the engine cannot), `others` the models to choose from.
QVector<FallbackStep> fallbackSteps(const MemoryForecastFacts &wanted, const MemoryForecastFacts &filePrecision, double fileBytes, const std::vector<ModelEntry> &others);

} // namespace winnow
