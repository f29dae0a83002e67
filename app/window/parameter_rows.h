#pragma once

#include "core/base/method_info.h"

#include <QString>

#include <functional>

class QGridLayout;
class QObject;
class QWidget;

namespace winnow {

/// Label and editor of one parameter; `show` puts a value in without telling anybody.
struct ParameterRow {
    QWidget *label = nullptr, *editor = nullptr;
    std::function<void(const Json &)> show;
};

/// What a form does with edits.
struct ParameterEdits {
    std::function<void(const QString &name, const Json &value)> change;
    std::function<void()> end; // of a gesture
    std::function<bool()> quiet; // true while the form shows values
    QObject *wheelFilter = nullptr; // filters events of the editors
};

/// Puts label and editor into one line of a form of two columns; the editor is as wide as its words, however long other labels are.
void placeParameterRow(QGridLayout &form, const ParameterRow &row, int line);
/// Leaves an editor what its label does not take of a line of `width` pixels.
void fitParameterRow(const ParameterRow &row, int width);

/// The editor of a parameter by its type, built from the registry.
ParameterRow makeParameterRow(const ParameterInfo &parameter, const ParameterEdits &edits, QWidget *parent);

} // namespace winnow
