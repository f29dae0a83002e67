#pragma once

#include "core/base/report.h"

#include <QPair>
#include <QString>
#include <QVector>

class QWidget;

namespace winnow {

/// A window of name and value rows that can be selected and copied; not modal.
void showFacts(const QString &title, const QString &lead, const QVector<QPair<QString, QString>> &rows, QWidget *parent);

/// Generated texts side by side, the first differing word of each marked; not modal.
void showTexts(const QString &runName, const ReportPtr &report, QWidget *parent);

/// Index of the first character in which two texts differ; the shorter length when one starts the other.
qsizetype firstDifference(const QString &a, const QString &b);

} // namespace winnow
