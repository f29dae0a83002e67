#pragma once

#include "core/serve/segment_request.h"
#include "core/serve/segment_store.h"
#include "core/words/word_scores.h"

#include <deque>
#include <map>
#include <string>
#include <vector>

namespace winnow {

/// All lines of a request as one method cut them.
struct SegmentedLines {
    std::deque<CutText> texts; // what the lines look at
    std::vector<ScoredLine> lines; // covered ones
    std::vector<size_t> numbers; // of each in the request
    int64_t characters = 0; // of the covered lines
    double cutSeconds = 0; // CPU seconds of one pass from UTF-8 to ends, the best of several
    double edgesPerCharacter = -1; // lattice methods
    double fixedShare = 0; // of the words: numbers, Latin words and symbols that pre-chunking cuts out
    int64_t leftOut = 0; // lines that the model has nothing for
};

/// Cuts every line, and again as often as a time worth stating needs.
/// @error Cancelled.
Result<SegmentedLines> segmentLines(const SegmentRequest &request, const LearnedSegmenter &learned, const RunContext &context);

/// Lines as an earlier report has them: `{words: [[first, end)], score}` each. A line with characters and without words was left out.
/// @error BadInput when they are not those of the request.
Result<SegmentedLines> knownLines(const SegmentRequest &request, const Json &lines, WhiteSpaceMode whiteSpace);

/// The artifact of a method; lines that were left out have no words.
Segmentation segmentationOf(const SegmentRequest &request, const LearnedSegmenter &learned, const SegmentedLines &lines);
Segmentation goldSegmentation(const SegmentRequest &request);

/// Row of the table "scores"; what does not apply is null.
Json scoreRow(const LearnedSegmenter &learned, const SegmentedLines &lines, const WordScores *scores);
/// The same from the metrics of an earlier report.
Json knownRow(const std::string &method, const Json &metrics);
TableArtifact scoreTable();
TableArtifact lengthTable(const std::string &method, const WordScores &scores);
TableArtifact errorTable(const std::string &method, const SegmentedLines &lines);

/// A run of a sweep whose resamples are of the same lines as those of the others.
struct ComparedRun {
    std::string method;
    Json value; // of the varied parameter; null where the method has none
    double f1 = 0;
    std::vector<double> draws;
};

/// F1 of each run against the first method's at the same value, with the 95 % interval of paired resamples; a method without the varied
/// parameter meets every value.
TableArtifact differenceTable(const std::vector<ComparedRun> &runs);

/// Metrics of one method: scores where there is gold, times and sizes.
void addSegmentMetrics(ReportBuilder &report, const LearnedSegmenter &learned, const SegmentedLines &lines, const WordScores *scores);

} // namespace winnow
