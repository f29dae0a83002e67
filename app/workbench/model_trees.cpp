#include "app/workbench/model_trees.h"

#include "views/format.h"
#include "views/widgets/part_bars.h"

#include <QCoreApplication>

#include <algorithm>
#include <functional>
#include <map>

namespace winnow {
namespace {

    QString tr(const char *text) { return QCoreApplication::translate("ModelTrees", text); }

    std::unique_ptr<QStandardItemModel> tree(const QStringList &head, int firstNumber)
    {
        auto model = std::make_unique<QStandardItemModel>();
        model->setHorizontalHeaderLabels(head);
        for (int column = firstNumber; column < head.size(); ++column)
            model->horizontalHeaderItem(column)->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
        return model;
    }

    QStandardItem *cell(const QString &text, Qt::Alignment alignment = Qt::AlignLeft)
    {
        auto *item = new QStandardItem(text);
        item->setEditable(false);
        item->setTextAlignment(alignment | Qt::AlignVCenter);
        item->setToolTip(text);
        return item;
    }

    QList<QStandardItem *> layerRow(const QString &name, const LayerFact &like, double parameters, double bytes)
    {
        QStandardItem *what = cell(name);
        what->setToolTip(tr("%1; heads %2 (query / KV × channels)").arg(name, like.headText()));
        return {what, cell(like.ffnText(), Qt::AlignRight), cell(parameterText(parameters), Qt::AlignRight), cell(format::bytes(bytes), Qt::AlignRight)};
    }

    bool isNumber(const QString &text)
    {
        return !text.isEmpty() && std::all_of(text.begin(), text.end(), [](QChar c) { return c >= u'0' && c <= u'9'; });
    }

    /// "2" before "10"; other names as they come in the alphabet.
    struct NaturalOrder {
        bool operator()(const QString &a, const QString &b) const
        {
            if (isNumber(a) && isNumber(b) && a.size() != b.size())
                return a.size() < b.size();
            return a < b;
        }
    };

    struct Node {
        std::map<QString, Node, NaturalOrder> children;
        const TensorFact *tensor = nullptr;
        double parameters = 0, bytes = 0;
        int tensors = 0;
    };

    void addTensor(Node &root, const TensorFact &fact)
    {
        Node *node = &root;
        for (const QString &segment : fact.name.split(QLatin1Char('.'))) {
            node = &node->children[segment];
            node->parameters += fact.parameters;
            node->bytes += fact.bytes;
            ++node->tensors;
        }
        node->tensor = &fact;
    }

    QList<QStandardItem *> nodeRow(const QString &name, const Node &node)
    {
        const bool leaf = node.tensor && node.children.empty();
        QStandardItem *first = cell(leaf ? name : QStringLiteral("%1  (%2)").arg(name).arg(node.tensors));
        QList<QStandardItem *> row{first, cell(leaf ? node.tensor->shapeText() : QString(), Qt::AlignRight), cell(leaf ? node.tensor->type : QString()), cell(parameterText(node.parameters), Qt::AlignRight), cell(format::bytes(node.bytes), Qt::AlignRight)};
        if (leaf) {
            first->setToolTip(node.tensor->name);
            first->setData(QStringLiteral("%1 %2 %3 %4").arg(node.tensor->name, node.tensor->type, node.tensor->part, node.tensor->shapeText()), kSearchRole);
        }
        return row;
    }

    void addNodes(QStandardItem *parent, const Node &node)
    {
        for (const auto &[segment, child] : node.children) {
            QString name = segment;
            const Node *shown = &child;
            while (!shown->tensor && shown->children.size() == 1) { // a chain of one is one name
                name += QLatin1Char('.') + shown->children.begin()->first;
                shown = &shown->children.begin()->second;
            }
            const QList<QStandardItem *> row = nodeRow(name, *shown);
            addNodes(row.front(), *shown);
            parent->appendRow(row);
        }
    }

    QString quoted(QString text)
    {
        if (text.contains(QLatin1Char(',')) || text.contains(QLatin1Char('"')))
            return QLatin1Char('"') + text.replace(QLatin1Char('"'), QStringLiteral("\"\"")) + QLatin1Char('"');
        return text;
    }

} // namespace

std::unique_ptr<QStandardItemModel> layerTree(const ModelDetails &details)
{
    auto model = tree({tr("Layers by kind"), tr("Feed-forward"), tr("Parameters"), tr("Bytes")}, 1);
    for (const LayerGroup &group : layerGroups(details.layers)) {
        double parameters = 0, bytes = 0;
        for (const size_t index : group.members) {
            parameters += details.layers[index].parameters;
            bytes += details.layers[index].bytes;
        }
        const LayerFact &first = details.layers[group.members.front()];
        const QList<QStandardItem *> row = layerRow(tr("%1: %2").arg(group.kind, group.rangeText(details.layers)), first, parameters, bytes);
        for (const size_t index : group.members) {
            const LayerFact &layer = details.layers[index];
            row.front()->appendRow(layerRow(tr("layer %1: %2").arg(layer.layer).arg(layer.kindText()), layer, layer.parameters, layer.bytes));
        }
        model->appendRow(row);
    }
    return model;
}

std::unique_ptr<QStandardItemModel> tensorTree(const ModelDetails &details)
{
    auto model = tree({tr("Tensor"), tr("Shape"), tr("Stored as"), tr("Parameters"), tr("Bytes")}, 3);
    model->horizontalHeaderItem(1)->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
    Node root;
    for (const TensorFact &fact : details.tensors)
        addTensor(root, fact);
    addNodes(model->invisibleRootItem(), root);
    return model;
}

std::unique_ptr<QStandardItemModel> hookTable(const ModelDetails &details)
{
    auto model = tree({tr("Hook point"), tr("Shape"), tr("In this model"), tr("What it is")}, 9);
    for (const HookFact &hook : details.hooks) {
        const QList<QStandardItem *> row{cell(hook.name), cell(hook.shape), cell(hook.sizes), cell(hook.meaning)};
        row.front()->setData(hook.name + QLatin1Char(' ') + hook.meaning, kSearchRole);
        model->appendRow(row);
    }
    return model;
}

QString treeCsv(const QAbstractItemModel &model)
{
    QStringList lines;
    const int columns = model.columnCount();
    QStringList head;
    for (int column = 0; column < columns; ++column)
        head << quoted(model.headerData(column, Qt::Horizontal).toString());
    lines << head.join(QLatin1Char(','));
    std::function<void(const QModelIndex &, int)> add = [&](const QModelIndex &parent, int depth) {
        for (int row = 0; row < model.rowCount(parent); ++row) {
            QStringList cells;
            for (int column = 0; column < columns; ++column)
                cells << quoted((column == 0 ? QString(2 * depth, QLatin1Char(' ')) : QString()) + model.index(row, column, parent).data().toString());
            lines << cells.join(QLatin1Char(','));
            add(model.index(row, 0, parent), depth + 1);
        }
    };
    add({}, 0);
    return lines.join(QLatin1Char('\n')) + QLatin1Char('\n');
}

} // namespace winnow
