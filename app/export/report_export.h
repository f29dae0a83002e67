#pragma once

#include "core/base/error.h"
#include "sessions/session.h"

#include <QString>
#include <QStringList>

namespace winnow {

/// Writes the report of a session: one HTML file that needs no network, or a PDF, by the ending of the path.
Result<void> writeReport(const Session &session, const QString &path, const QString &sessionName);

/// What `winnow --export` does: figures, tables and reports of a session file into a folder.
struct ExportOptions {
    QString session, folder;
    QStringList formats; // png, svg, pdf, csv, html, report-pdf; empty = all
    QStringList only; // view ids; empty = all
    enum class Mode { Write, List } mode = Mode::Write;
};

/// Returns the paths that were written (Mode::List: the names that could be).
Result<QStringList> exportSession(const ExportOptions &options);

} // namespace winnow
