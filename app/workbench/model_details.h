#pragma once

#include "core/base/json.h"

#include <QString>
#include <QVector>

#include <string>
#include <vector>

namespace winnow {

/// A tensor of the model's file as the Model page lists it.
struct TensorFact {
    QString name, type, part; // part: "attention", "mlp", ...
    std::vector<qint64> shape;
    qint64 layer = -1; // -1 = of no layer
    double parameters = 0, bytes = 0;

    QString shapeText() const; // "576 × 1,536"
};

/// One layer: what kind it is and how large.
struct LayerFact {
    qint64 layer = 0;
    QString kind, attention; // "dense" or "moe"; "global" or "local"
    qint64 window = 0, heads = 0, kvHeads = 0, headDim = 0, ffn = 0, experts = 0, expertsPerToken = 0;
    double parameters = 0, bytes = 0;

    /// "dense, global", "16 experts, 4 a token, local 512": what tells kinds of layers apart.
    QString kindText() const;
    /// "9 / 3 × 64": query heads, KV heads, channels.
    QString headText() const;
    /// "1,536" or "16 × 192".
    QString ffnText() const;
};

/// A place of the forward pass that can be observed: its name, shape in letters and with this model's sizes.
struct HookFact {
    QString name, shape, sizes, meaning;
};

struct PartFact {
    QString name;
    double parameters = 0, bytes = 0;
};

/// What `describe` with details says about a model, as the Model page shows it.
struct ModelDetails {
    Json description = Json::object(); // the whole reply
    std::vector<LayerFact> layers;
    std::vector<HookFact> hooks;
    std::vector<TensorFact> tensors;
    std::vector<PartFact> parts;

    bool empty() const { return description.empty(); }
    /// Name and value of the family card, in its order; values have units.
    QVector<QPair<QString, QString>> facts() const;
};

/// Fields that are absent or of a wrong type are left out: an older engine says less.
ModelDetails modelDetails(const Json &reply);

/// Layers that are alike: their common kind and which they are.
struct LayerGroup {
    QString kind; // kindText of its layers
    std::vector<size_t> members; // positions in ModelDetails::layers, ascending

    /// "0 to 29", "0, 6, 12".
    QString rangeText(const std::vector<LayerFact> &layers) const;
};

/// Groups in the order in which their first layer comes.
std::vector<LayerGroup> layerGroups(const std::vector<LayerFact> &layers);

} // namespace winnow
