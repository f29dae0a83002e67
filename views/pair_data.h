#pragma once

#include "core/base/iam_plan.h"
#include "core/base/report.h"
#include "views/selection.h"

#include <QString>
#include <QStringList>

#include <limits>
#include <memory>
#include <optional>
#include <vector>

namespace winnow {

/// One of the two models of a comparison.
struct PairSide {
    QString name; // "Qwen2.5-Coder-1.5B"
    QString shortName; // "1.5B": what tells it from the other one
    DecoderSizes sizes;
    double cacheElementBytes = 4; // of one number in its cache
    double weightBytes = -1; // -1 = not known

    int layers() const { return static_cast<int>(sizes.layers); }
    int heads() const { return static_cast<int>(sizes.heads); }
    int layerOf(int flatHead) const { return heads() > 0 ? flatHead / heads() : -1; }
    int headOf(int flatHead) const { return heads() > 0 ? flatHead % heads() : -1; }
};

/// All heads of the large model (rows) against all heads of the small one (columns) by one metric. Higher = more alike;
/// distances are negative.
struct PairTable {
    QString metric; // "cosine", "cosine_nosink", ...
    int skipSinks = 0; // columns left out
    int topCount = 0; // size of the compared sets (Jaccard), 0 = none
    int rows = 0, columns = 0;
    std::vector<float> values; // [rows, columns], NaN = not defined
    std::vector<int> match; // [rows] best column
    std::vector<float> score, margin; // [rows] of the match; best minus second best
    std::vector<float> control; // [rows] best score against shuffled heads; empty = none
    double chance = std::numeric_limits<double>::quiet_NaN(); // mean of two random sets (Jaccard)
    double chanceBest = std::numeric_limits<double>::quiet_NaN(); // best of as many random ones as there are columns
    float low = 0, high = 1; // range of the colours

    float value(int row, int column) const { return values[static_cast<size_t>(row) * static_cast<size_t>(columns) + static_cast<size_t>(column)]; }
};
using PairTablePtr = std::shared_ptr<const PairTable>;

/// Attention of one pair of heads over the compared span.
struct PairMaps {
    PairMark heads;
    int tokens = 0;
    std::vector<float> large, small; // [tokens, tokens] causal, NaN above the diagonal
};

/// How matches behave with the length of the span, or window by window behind it.
struct PairSeries {
    QString id; // "span", "window"
    QString metric; // whose matches these are
    std::vector<double> x; // tokens of the span, or the first row of the window
    std::vector<double> score; // mean score of the matches
    std::vector<double> hard; // share of heads whose best one is (still) the match
    std::vector<double> soft; // score of the match over the best one, windows only
    std::vector<uint8_t> agrees; // [x, heads]: 1 = the head's best one is the match; empty = not known
};

/// What two models make of one text, as the views of the Similarity page draw it; immutable.
struct PairData {
    PairSide large, small;
    int tokens = 0; // of the compared span
    QStringList pieces; // of the span
    QString inputName;
    std::vector<PairTablePtr> tables;
    PairTablePtr table; // the one that is shown; null only when there is none
    std::vector<float> largeSums, smallSums; // [heads, tokens] column sums of attention; empty = not known
    std::shared_ptr<const PairMaps> maps; // of the marked heads; null while they are not there
    std::vector<PairSeries> series;
    LayerProfile profile = noProfile(); // NaN = not measured
    std::vector<int64_t> mapped; // layers whose rows would be replaced, ascending
    double mappingRatio = 0.3;
    QString layerRule; // "published", "profile", "manual"

    static LayerProfile noProfile();
    const PairTable *find(const QString &metric, int skipSinks) const;
    /// That of the shown metric, else of another one.
    const PairSeries *findSeries(const QString &id) const;
};
using PairDataPtr = std::shared_ptr<const PairData>;

/// The comparison in a report of `compare`; null with a sentence when it holds none.
/// @error BadInput naming the table whose parts do not fit each other.
Result<std::shared_ptr<PairData>> readPairData(const ReportPtr &report);

/// The deltas of ten blocks of layers in a report of `compare` with `what: profile`; nothing when it holds none.
std::optional<LayerProfile> readProfile(const Report &report);

/// The same comparison showing another of its tables; unchanged when it has no such one.
PairDataPtr withTable(const PairDataPtr &data, const QString &metric, int skipSinks);

/// "Cosine", "Cosine without first tokens", "Jaccard": as choosers say it.
QString metricTitle(const QString &metric);
/// "cosine", for axis titles and sentences.
QString metricWord(const QString &metric);
/// The number of skipped first tokens a metric really has when `asked` are asked for: the plain cosine none, the one without
/// first tokens at least one.
int skippedSinks(const QString &metric, int asked);

/// How many head pairs of two layers become one cell.
enum class HeadPooling { Best, Mean };

/// [layers of the large model, layers of the small one]: best or mean over their heads; NaN where no pair has a value.
std::vector<float> layerTable(const PairData &data, HeadPooling pooling);
/// Mean score of the matches of each layer of the large model.
std::vector<double> meanBestOfLayers(const PairData &data);
/// The heads that the row's match names.
PairMark matchOf(const PairData &data, int row);
/// The pair of heads to look at first: of the layer pair, the best one.
PairMark bestHeads(const PairData &data, int layer, int smallLayer);
double medianOf(std::vector<float> values);

} // namespace winnow
