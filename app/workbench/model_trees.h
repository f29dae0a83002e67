#pragma once

#include "app/workbench/model_details.h"

#include <QStandardItemModel>

#include <memory>

namespace winnow {

// Item models of the Model page's tables. Texts are as shown; kSearchRole is what a search looks through.
constexpr int kSearchRole = Qt::UserRole + 1;

/// Kinds of layers with the layers of each kind below: kind and layers, feed-forward, parameters, bytes.
std::unique_ptr<QStandardItemModel> layerTree(const ModelDetails &details);

/// Tensors by the dots of their names, numbers in order, chains of one joined: name, shape, type, parameters, bytes.
std::unique_ptr<QStandardItemModel> tensorTree(const ModelDetails &details);

/// Hook points: name, shape, sizes in this model, meaning.
std::unique_ptr<QStandardItemModel> hookTable(const ModelDetails &details);

/// All rows, groups included, as comma separated values with a head; names of children are indented by their depth.
QString treeCsv(const QAbstractItemModel &model);

} // namespace winnow
