#include "app/workbench/model_details.h"

#include "core/base/json_fields.h"
#include "views/format.h"
#include "views/widgets/part_bars.h"

#include <QCoreApplication>
#include <QStringList>

#include <algorithm>

namespace winnow {
namespace {

    QString tr(const char *text) { return QCoreApplication::translate("ModelDetails", text); }

    QString count(qint64 value) { return format::integer(static_cast<double>(value)); }

    QString text(const Json &json, const char *name) { return QString::fromStdString(stringField(json, name)); }

    LayerFact layerOf(const Json &json)
    {
        LayerFact fact;
        fact.layer = integerField(json, "layer");
        fact.kind = text(json, "kind");
        fact.attention = text(json, "attention");
        fact.window = integerField(json, "window");
        fact.heads = integerField(json, "heads");
        fact.kvHeads = integerField(json, "kvHeads");
        fact.headDim = integerField(json, "headDim");
        fact.ffn = integerField(json, "ffn");
        fact.experts = integerField(json, "experts");
        fact.expertsPerToken = integerField(json, "expertsPerToken");
        fact.parameters = numberField(json, "parameters");
        fact.bytes = numberField(json, "bytes");
        return fact;
    }

    TensorFact tensorOf(const Json &json)
    {
        TensorFact fact;
        fact.name = text(json, "name");
        fact.type = text(json, "type");
        fact.part = text(json, "part");
        fact.layer = childField(json, "layer").is_number_integer() ? integerField(json, "layer") : -1;
        fact.bytes = numberField(json, "bytes");
        fact.parameters = 1;
        for (const Json &extent : childField(json, "shape")) {
            fact.shape.push_back(extent.is_number_integer() ? extent.get<qint64>() : 0);
            fact.parameters *= static_cast<double>(fact.shape.back());
        }
        return fact;
    }

    template <typename T, typename Read>
    std::vector<T> listOf(const Json &reply, const char *name, Read read)
    {
        std::vector<T> list;
        const Json &entries = childField(reply, name);
        if (!entries.is_array())
            return list;
        for (const Json &entry : entries) {
            if (entry.is_object())
                list.push_back(read(entry));
        }
        return list;
    }

} // namespace

QString TensorFact::shapeText() const
{
    QStringList extents;
    for (const qint64 extent : shape)
        extents << count(extent);
    return extents.isEmpty() ? QStringLiteral("1") : extents.join(QStringLiteral(" × "));
}

QString LayerFact::kindText() const
{
    QStringList parts{kind == QLatin1String("moe") ? tr("%1 experts, %2 a token").arg(experts).arg(expertsPerToken) : tr("dense")};
    parts << (attention == QLatin1String("local") ? tr("local, window %1").arg(count(window)) : tr("global"));
    return parts.join(QStringLiteral(", "));
}

QString LayerFact::headText() const { return QStringLiteral("%1 / %2 × %3").arg(heads).arg(kvHeads).arg(headDim); }

QString LayerFact::ffnText() const { return experts > 0 ? QStringLiteral("%1 × %2").arg(count(experts), count(ffn)) : count(ffn); }

ModelDetails modelDetails(const Json &reply)
{
    ModelDetails details;
    if (!reply.is_object())
        return details;
    details.description = reply;
    details.layers = listOf<LayerFact>(reply, "layerTable", layerOf);
    details.tensors = listOf<TensorFact>(reply, "tensors", tensorOf);
    details.hooks = listOf<HookFact>(reply, "hookPoints", [](const Json &json) { return HookFact{text(json, "name"), text(json, "shape"), text(json, "sizes"), text(json, "meaning")}; });
    details.parts = listOf<PartFact>(reply, "parts", [](const Json &json) { return PartFact{text(json, "part"), numberField(json, "parameters"), numberField(json, "bytes")}; });
    return details;
}

QVector<QPair<QString, QString>> ModelDetails::facts() const
{
    const Json &d = description;
    QVector<QPair<QString, QString>> rows;
    auto add = [&rows](const QString &name, const QString &value) {
        if (!value.isEmpty())
            rows.append({name, value});
    };
    auto sized = [&d](const char *name) { return integerField(d, name) > 0 ? count(integerField(d, name)) : QString(); };
    add(tr("Family"), text(d, "family"));
    add(tr("Parameters"), numberField(d, "parameters") > 0 ? parameterText(numberField(d, "parameters")) : QString());
    if (const double active = numberField(d, "activeParameters"); active > 0 && active < numberField(d, "parameters"))
        add(tr("Active a token"), parameterText(active));
    add(tr("Layers"), sized("layers"));
    if (integerField(d, "hidden") > 0)
        add(tr("Widths"), integerField(d, "ffn") > 0 ? tr("%1 hidden, %2 feed-forward").arg(sized("hidden"), sized("ffn")) : tr("%1 hidden").arg(sized("hidden")));
    if (integerField(d, "heads") > 0)
        add(tr("Heads"), tr("%1 query, %2 KV, %3 channels").arg(integerField(d, "heads")).arg(integerField(d, "kvHeads")).arg(integerField(d, "headDim")));
    add(tr("Vocabulary"), sized("vocab"));
    add(tr("Context"), integerField(d, "contextLength") > 0 ? format::tokens(integerField(d, "contextLength")) : QString());
    add(tr("Tokenizer"), text(d, "tokenizer"));
    if (numberField(d, "fileBytes") > 0)
        add(tr("File"), QStringLiteral("%1, %2").arg(format::bytes(numberField(d, "fileBytes")), text(d, "storedType")));
    const Json &forecast = childField(d, "forecast");
    // An engine command of the person's own may be older and not say where weights stay.
    const QString place = text(d, "weights") == QStringLiteral("file") ? tr("as in the file") : text(d, "dtype");
    add(tr("Weights held"), numberField(forecast, "weightBytes") > 0 ? QStringLiteral("%1, %2").arg(format::bytes(numberField(forecast, "weightBytes")), place) : QString());
    add(tr("Cache a token"), numberField(d, "cacheBytesPerToken") > 0 ? format::bytes(numberField(d, "cacheBytesPerToken")) : QString());
    add(tr("SHA-256"), text(d, "sha256"));
    return rows;
}

QString LayerGroup::rangeText(const std::vector<LayerFact> &layers) const
{
    QStringList pieces;
    for (size_t i = 0; i < members.size();) {
        size_t last = i;
        while (last + 1 < members.size() && layers[members[last + 1]].layer == layers[members[last]].layer + 1)
            ++last;
        const qint64 from = layers[members[i]].layer, to = layers[members[last]].layer;
        pieces << (from == to ? QString::number(from) : to == from + 1 ? QStringLiteral("%1, %2").arg(from).arg(to) : tr("%1 to %2").arg(from).arg(to));
        i = last + 1;
    }
    return pieces.join(QStringLiteral(", "));
}

std::vector<LayerGroup> layerGroups(const std::vector<LayerFact> &layers)
{
    std::vector<LayerGroup> groups;
    for (size_t i = 0; i < layers.size(); ++i) {
        const QString kind = layers[i].kindText();
        auto group = std::find_if(groups.begin(), groups.end(), [&](const LayerGroup &known) { return known.kind == kind; });
        if (group == groups.end()) {
            groups.push_back({kind, {}});
            group = std::prev(groups.end());
        }
        group->members.push_back(i);
    }
    return groups;
}

} // namespace winnow
