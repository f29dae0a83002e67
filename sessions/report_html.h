#pragma once

#include "core/base/method_info.h"
#include "sessions/session.h"

#include <cstddef>
#include <string>
#include <vector>

namespace winnow {

/// A figure as the window's paint code drew it; empty fields have no link.
struct ReportFigure {
    std::string title; // "Quality against bytes"
    std::string caption; // one sentence: what, units, run, budget
    std::string svg, svgDark; // documents; svgDark is shown where the reader prefers dark
    std::vector<std::byte> png, pdf; // png is shown when there is no svg
    std::string csv;
    Json recipe;
};

/// What the caller decides about a report; the rest comes from the session.
struct ReportContent {
    std::string title; // empty = state "title" of the session, else made from the runs
    std::string sessionName; // "demo.winnow"
    std::string date; // ISO 8601; empty = now
    std::vector<ReportFigure> figures;
    std::vector<int64_t> runIds; // empty = all
    int keptLayer = -1; // layer of the text view; -1 = the middle one
};

/// One HTML file with everything in it: no request leaves it when it is opened. Summary sentence
/// (computed from the numbers), runs, figures, kept tokens, checks, notes, provenance, and the
/// command that repeats the first run.
///
/// @error what reading the session gives; NotFound when a run id is not there.
Result<std::string> reportHtml(const Session &session, const ReportContent &content);

} // namespace winnow
