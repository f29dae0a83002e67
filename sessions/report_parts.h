#pragma once

#include "sessions/compare_table.h"
#include "sessions/report_html.h"

#include <string>
#include <vector>

namespace winnow {

/// Everything a report is made of, read from the session once.
struct ReportData {
    ReportContent content;
    std::vector<ComparedRun> runs; // those of the report, in letter order
    std::vector<InputRecord> inputs;
    std::vector<NoteRecord> notes;
    std::vector<MethodInfo> methods; // the registry stored in the session, may be empty
    size_t cells = 0; // measured sweep cells
};

/// @error as reportHtml.
Result<ReportData> reportData(const Session &session, const ReportContent &content);

/// The caller's title, else the one the session carries (state "title"), else one made from the runs.
std::string reportTitle(const Session &session, const ReportData &data);

/// "SmolLM2-135M, f32 on CPU · panthers.txt, 320 tokens, 64 scored · 25 Nov 2026 · demo.winnow"
std::string reportSubtitle(const ReportData &data);

/// "At 25 % of the cache, SnapKV adds 0.066 nats/token (95 % band 0.021 to 0.114) and stores 3.55
/// instead of 14.06 MiB. H2O costs 1.9 times as much on this text. All 12 checks passed." Plain
/// text, from the numbers alone.
std::string summarySentence(const std::vector<ComparedRun> &runs);

/// A heading for a report whose caller gave none: "SnapKV and H2O at 25 % of the cache".
std::string defaultTitle(const std::vector<ComparedRun> &runs);

/// The run whose numbers and provenance stand for the whole: the first measured one; null = none.
const ComparedRun *leadingRun(const ReportData &data);
const InputRecord *inputOf(const ReportData &data, const ComparedRun &run);

// Sections as HTML, each with its own id; empty when there is nothing to say.
std::string runsTableHtml(const ReportData &data);
std::string figuresHtml(const ReportData &data);
std::string keptTokensHtml(const ReportData &data);
std::string runDetailsHtml(const ReportData &data);
std::string checksHtml(const ReportData &data);
std::string notesHtml(const ReportData &data);
std::string provenanceHtml(const ReportData &data);
std::string marginHtml(const ReportData &data); // the right column
std::string contentsHtml(const ReportData &data); // the left column

/// Title of the kept-tokens section, "Kept tokens, layer 12"; empty when no run has kept tokens.
std::string keptTitle(const ReportData &data);

/// `<a download="name" href="data:...">label</a>`.
std::string dataLink(const std::string &label, const std::string &fileName, const char *mimeType,
    std::string_view bytes);

/// The letter in its colour.
std::string letterChip(int letter);

} // namespace winnow
