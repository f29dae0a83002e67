#pragma once

#include "app/export/session_figures.h"

namespace winnow {

/// The report as pages of A4: summary table, figures with captions, checks, notes, provenance.
Result<void> writePdfReport(const Session &session, const SessionFigures &figures, const QString &path, const QString &sessionName);

} // namespace winnow
