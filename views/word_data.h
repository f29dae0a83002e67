#pragma once

#include "core/base/report.h"
#include "views/selection.h"

#include <QString>
#include <QStringList>
#include <QVector>

#include <limits>
#include <memory>
#include <optional>
#include <vector>

namespace winnow {

inline constexpr double kNoNumber = std::numeric_limits<double>::quiet_NaN();

/// Code points [first, end) of a line.
struct WordSpan {
    int first = 0, end = 0;
    bool operator==(const WordSpan &) const = default;
};

/// What is never broken on the screen: a character with the marks that stand on it.
struct WordCell {
    int first = 0, end = 0; // code points
    bool space = false;
};

/// A line as it is shown: code points with their places in UTF-16, and the cells they stand in.
struct WordText {
    QString text;
    std::vector<int> offsets; // UTF-16 position of each code point, and of the end
    std::vector<WordCell> cells;

    static WordText of(const QString &text);
    int size() const { return static_cast<int>(offsets.size()) - 1; } // code points
    QString between(int first, int end) const;
    QString word(const WordSpan &span) const { return between(span.first, span.end); }
    /// Cell that holds a code point; the number of cells at the end of the line.
    int cellOf(int point) const;
    /// Where a boundary stands, in cells: marks inside a cell share its width.
    double cellPosition(double point) const;
};

/// One line cut into words.
struct CutLine {
    std::vector<WordSpan> words;
    double score = kNoNumber; // of the best path

    /// Position of the word that holds a code point, -1 = none.
    int wordAt(int point) const;
};

enum class WordVerdict { Right, Split, Join, Crossing }; // a word against gold: too short, too long, both
enum class BoundaryVerdict { None, Right, FalseSplit, FalseJoin };

/// A line against gold.
struct CutErrors {
    std::vector<WordVerdict> words; // one per word
    std::vector<std::pair<int, BoundaryVerdict>> boundaries; // inner boundaries of either, by code point
    int truePositive = 0, gold = 0, found = 0;
    int wrong() const;
    double f1() const; // of this line, 0..1; 1 for an empty line
};
CutErrors compareCuts(const CutLine &found, const CutLine &gold);

/// Metrics of one segmenter; NaN = does not apply or was not measured.
struct WordScores {
    double precision = kNoNumber, recall = kNoNumber, f1 = kNoNumber, low = kNoNumber, high = kNoNumber;
    double boundaryF1 = kNoNumber, exactLines = kNoNumber, oov = kNoNumber, recallIv = kNoNumber, recallOov = kNoNumber;
    double meanLength = kNoNumber, vocabulary = kNoNumber, typeF1 = kNoNumber, charactersPerSecond = kNoNumber, trainSeconds = kNoNumber;
};

struct WordErrorRow {
    int line = 0, first = 0, end = 0, count = 1;
    QString kind, gold, found;
};

struct WordLengthRow {
    QString length;
    double gold = kNoNumber, precision = kNoNumber, recall = kNoNumber, f1 = kNoNumber;
};

/// One symbol pair that byte-pair training joined.
struct WordMerge {
    QString left, right;
    double count = 0;
};

/// How one method was trained.
struct WordTraining {
    std::vector<double> round, pieces, logLikelihood, pruned; // per round of EM; empty = no EM
    std::vector<WordMerge> merges; // in the order they were learned
    int used = -1; // merges in use; -1 = all
};

/// A list of words with counts.
struct WordEntry {
    QString word;
    double count = 0, pmi = kNoNumber, log2 = kNoNumber;
    bool kept = true; // false: the ratio of best types cut it
    bool edited = false;
};
struct WordList {
    std::vector<WordEntry> entries;
    double topRatio = kNoNumber; // the ratio it was filtered with
    double total = 0; // sum of kept counts
};

/// A segmenter's result on the lines of an input.
struct WordRun {
    int run = -1; // its letter; -1 = the preview
    QString method, title;
    std::vector<CutLine> lines; // one per line of the input
    std::vector<CutErrors> errors; // one per line; empty without gold
    WordScores scores;
    std::vector<WordLengthRow> byLength;
    std::vector<WordErrorRow> errorRows;
    WordTraining training;
    std::shared_ptr<const WordList> dictionary; // may be null
};

/// F1 over one thing that was varied.
struct WordCurve {
    int run = -1;
    QString title, variable, xTitle; // "share", "pieces", "maxPiece", "lambda", ...
    std::vector<double> x, y, low, high; // y and shares in percent
};

/// Candidate words of one line.
struct LatticeEdge {
    int start = 0, end = 0; // positions between characters of the lattice
    QString kind; // "char", "symbol", "number", "latin", "dict"
    double count = kNoNumber, prefixSum = kNoNumber, log2 = kNoNumber, unigram = kNoNumber;
    QString prefix;
    bool best = false;
};
struct LatticePath {
    double score = 0, gap = 0;
    QStringList words;
};
struct TrieNode {
    int id = 0, parent = -1, depth = 0, pre = -1, fail = -1;
    QString label, word;
    double count = 0, sum = 0;
};
struct AutomatonStep {
    QString character;
    int state = 0;
    QStringList borders;
};
struct WordLattice {
    int line = -1, run = -1;
    std::vector<int> points; // code point of the line where each character of the lattice starts, and the end
    QStringList characters;
    std::vector<LatticeEdge> edges;
    std::vector<LatticePath> paths; // best first
    std::vector<TrieNode> nodes;
    std::vector<AutomatonStep> steps;
    QString alphabet = QStringLiteral("codePoint");
    double milliseconds = kNoNumber;
    struct Explained { // why a word is a word, as the method says it
        WordSpan span;
        QVector<QPair<QString, QString>> facts;
        std::vector<double> entropyRight, entropyLeft; // after each character of the word, from its start and from its end
    };
    std::vector<Explained> words;
    // Of the marked word, for methods of branching statistics; empty otherwise.
    std::vector<double> entropyRight, entropyLeft;
    int branchFirst = -1; // where the prefix starts
};
/// @error BadInput naming the field that does not fit.
Result<std::shared_ptr<WordLattice>> readLattice(const Json &reply, const WordText &line);
/// Takes the branching entropies of the word that holds the mark, else of the first one.
void markBranching(WordLattice &lattice, const WordMark &mark);

/// One row of the alignment ribbon.
struct RibbonPart {
    double first = 0, end = 0; // code points; parts of a character where a token cuts it
    bool kept = true;
    double share = 1; // of the sets (layers and heads) that keep it
    QString label;
};
struct RibbonRow {
    enum class Kind { Characters, Words, Tokens, OtherTokens, KeptPrompt, KeptCache } kind = Kind::Characters;
    QString name, why; // why it is empty
    std::vector<RibbonPart> parts;
    int count() const; // parts that stay; of a cache the mean over layers and heads
};
struct WordRibbon {
    int line = -1, run = -1;
    std::vector<RibbonRow> rows;
};

/// What a chat model made of one line.
struct TeacherWord {
    QString text;
    bool accepted = true;
};
struct TeacherLine {
    int line = 0;
    QString source, reply, state; // state: "exact", "altered", "failed"
    std::vector<TeacherWord> words; // of the reply, in its order
    QStringList added; // words that the counter took
    double hallucination = 0, seconds = kNoNumber, promptTokens = kNoNumber, replyTokens = kNoNumber;
};
struct TeacherLog {
    QString source; // "chat", "replies", "simulated"
    QString prompt; // the system message
    std::vector<TeacherLine> lines;
    int total = 0; // lines asked for
    int altered() const;
};

/// Everything the Words page shows of one input; immutable once published.
struct WordData {
    QString input, language, licence; // licence of what the lines are from, said in captions
    std::vector<WordText> lines;
    std::vector<CutLine> gold; // empty = no gold
    std::vector<WordRun> runs; // pinned ones in letter order, then the preview
    int shown = -1; // position in runs of the one the dock shows; -1 = none
    std::vector<WordCurve> curves;
    std::shared_ptr<const WordLattice> lattice;
    std::shared_ptr<const WordRibbon> ribbon;
    std::shared_ptr<const TeacherLog> teacher;
    QString problem; // why there is nothing to show

    bool hasGold() const { return !gold.empty(); }
    const WordRun *current() const { return shown >= 0 && shown < static_cast<int>(runs.size()) ? &runs[static_cast<size_t>(shown)] : nullptr; }
    const WordRun *find(int letter) const;
};
using WordDataPtr = std::shared_ptr<const WordData>;

/// Reads one report of a segmenter. Lines that are not those of `lines` are refused.
/// @error BadInput naming line, expected and found.
Result<WordRun> readWordRun(const Report &report, const std::vector<WordText> &lines, const std::vector<CutLine> &gold);
/// The gold of a report, or empty.
std::vector<CutLine> goldOf(const Report &report);
/// Lists of words as gold of `lines`; a line whose words do not join to it has none (its words are its characters).
/// @return false in `fits` when a line did not.
struct GoldLines {
    std::vector<CutLine> lines;
    int misfits = 0;
};
GoldLines alignGold(const std::vector<WordText> &lines, const std::vector<QStringList> &words);

/// Curves of F1 over something varied that a report holds.
std::vector<WordCurve> wordCurves(const Report &report, int run);

/// Why a view of the Words page has nothing to show; empty when there are lines.
QString missingWordsReason(const WordDataPtr &data);
/// " Text: UD Thai PUD, CC BY-SA 3.0." for captions of pictures that hold text of the lines; empty without a licence.
QString licenceNote(const WordDataPtr &data);
/// A character as it is drawn above its place when `characters` stand in a row of code points: with the marks that follow it; empty for a
/// mark, which stands on the one before.
QString clusterAt(const QStringList &characters, qsizetype index);
/// A character by itself: a mark stands on a dotted circle.
QString standingAlone(const QString &character);
/// Human names: "false split".
QString errorKindName(const QString &kind);
/// Facts of the marked word as one segmenter sees it: "count" and "14".
using WordFacts = QVector<QPair<QString, QString>>;
WordFacts edgeFacts(const LatticeEdge &edge);
/// What the method itself says about a word; empty for other spans.
WordFacts explainedFacts(const WordLattice &lattice, const WordSpan &span);

} // namespace winnow
