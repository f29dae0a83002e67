#include "views/pair_data.h"

#include "core/base/json_fields.h"
#include "core/base/report_artifacts.h"

#include <QCoreApplication>
#include <QRegularExpression>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace winnow {

namespace {

constexpr float kNoValue = std::numeric_limits<float>::quiet_NaN();

QString text(const char *words) { return QCoreApplication::translate("views", words); }

struct MetricName {
    const char *id, *title, *word;
};
constexpr MetricName kMetrics[] = {
    {"cosine", QT_TRANSLATE_NOOP("views", "Cosine"), QT_TRANSLATE_NOOP("views", "cosine")},
    {"cosine_nosink", QT_TRANSLATE_NOOP("views", "Cosine without first tokens"), QT_TRANSLATE_NOOP("views", "cosine without first tokens")},
    {"jaccard", QT_TRANSLATE_NOOP("views", "Jaccard"), QT_TRANSLATE_NOOP("views", "Jaccard")},
    {"pearson", QT_TRANSLATE_NOOP("views", "Pearson"), QT_TRANSLATE_NOOP("views", "Pearson")},
    {"minkowski1", QT_TRANSLATE_NOOP("views", "Minkowski 1"), QT_TRANSLATE_NOOP("views", "−Minkowski 1")},
    {"minkowski2", QT_TRANSLATE_NOOP("views", "Minkowski 2"), QT_TRANSLATE_NOOP("views", "−Minkowski 2")},
    {"row_cosine", QT_TRANSLATE_NOOP("views", "Row cosine"), QT_TRANSLATE_NOOP("views", "row cosine")},
    {"row_js", QT_TRANSLATE_NOOP("views", "Row Jensen-Shannon"), QT_TRANSLATE_NOOP("views", "−Jensen-Shannon, bits")},
    {"spearman", QT_TRANSLATE_NOOP("views", "Spearman of column sums"), QT_TRANSLATE_NOOP("views", "Spearman")},
    {"column_cosine", QT_TRANSLATE_NOOP("views", "Cosine of column sums"), QT_TRANSLATE_NOOP("views", "cosine of column sums")},
};

const MetricName *metricNamed(const QString &id)
{
    for (const MetricName &metric : kMetrics)
        if (id == QLatin1String(metric.id))
            return &metric;
    return nullptr;
}

std::vector<float> floatsOf(const Json &json, const Document &document)
{
    if (const Array *array = arrayOf(json, document)) {
        const auto values = array->floats();
        return values ? std::vector<float>(values->begin(), values->end()) : std::vector<float>();
    }
    std::vector<float> values;
    for (const Json &entry : json.is_array() ? json : Json::array())
        values.push_back(entry.is_number() ? entry.get<float>() : kNoValue);
    return values;
}

/// "1.5B" of "Qwen2.5-Coder-1.5B-Instruct": the last number of parameters in a name.
QString sizeWord(const QString &name)
{
    static const QRegularExpression size(QStringLiteral("(?<![\\w.])(\\d+(?:\\.\\d+)?[BM])(?![A-Za-z0-9])"), QRegularExpression::CaseInsensitiveOption);
    QString found;
    for (auto it = size.globalMatch(name); it.hasNext();)
        found = it.next().captured(1).toUpper();
    return found;
}

PairSide sideFrom(const Json &model)
{
    PairSide side;
    side.name = QString::fromStdString(stringField(model, "name"));
    const auto whole = [&](const char *field) { return integerField(model, field); };
    side.sizes = {whole("layers"), whole("heads"), whole("kvHeads"), whole("headDim"), whole("hidden"), whole("ffn")};
    const double perToken = numberField(model, "cacheBytesPerToken", 0);
    const double numbers = cacheBytesPerToken(side.sizes, 0, 1);
    if (perToken > 0 && numbers > 0)
        side.cacheElementBytes = perToken / numbers;
    side.weightBytes = numberField(model, "weightBytes", -1);
    return side;
}

void nameSides(PairData &data)
{
    data.large.shortName = sizeWord(data.large.name);
    data.small.shortName = sizeWord(data.small.name);
    if (data.large.shortName.isEmpty() || data.small.shortName.isEmpty() || data.large.shortName == data.small.shortName) {
        data.large.shortName = text(QT_TRANSLATE_NOOP("views", "large"));
        data.small.shortName = text(QT_TRANSLATE_NOOP("views", "small"));
    }
}

/// What the colours span: from the lowest quarter of what pairs of layers reach up to the best.
void setRange(PairTable &table, const PairData &data)
{
    PairData probe;
    probe.large = data.large;
    probe.small = data.small;
    probe.table = PairTablePtr(&table, [](const PairTable *) { });
    std::vector<float> best = layerTable(probe, HeadPooling::Best);
    std::erase_if(best, [](float v) { return !std::isfinite(v); });
    if (best.empty())
        return;
    std::sort(best.begin(), best.end());
    const float quarter = best[best.size() / 4], top = best.back(), least = best.front();
    if (least >= 0 && top <= 1.0001F) { // an index between 0 and 1
        table.low = std::floor(quarter * 10) / 10;
        table.high = 1;
        if (metricNamed(table.metric) && table.metric == QLatin1String("jaccard"))
            table.high = std::min(1.0F, std::ceil(top * 10) / 10);
    } else {
        table.low = quarter;
        table.high = top;
    }
    if (table.high - table.low < 1e-6F)
        table.low = table.high - 0.1F;
}

Result<PairTablePtr> tableFrom(const MatrixArtifact &artifact, const Document &document, const PairData &data)
{
    auto table = std::make_shared<PairTable>();
    table->metric = QString::fromStdString(artifact.metric);
    table->skipSinks = static_cast<int>(numberField(artifact.extra, "skipSinks", 0));
    table->topCount = static_cast<int>(integerField(artifact.extra, "topCount"));
    table->rows = static_cast<int>(artifact.rows);
    table->columns = static_cast<int>(artifact.columns);
    table->values = artifact.values;
    table->match = intsOf(childField(artifact.extra, "match"), document);
    table->score = floatsOf(childField(artifact.extra, "score"), document);
    table->margin = floatsOf(childField(artifact.extra, "margin"), document);
    table->control = floatsOf(childField(artifact.extra, "controlScore"), document);
    table->chance = numberField(artifact.extra, "chance", table->chance);
    table->chanceBest = numberField(artifact.extra, "chanceBest", table->chanceBest);
    const auto rows = static_cast<size_t>(table->rows);
    const bool fits = table->rows == data.large.layers() * data.large.heads() && table->columns == data.small.layers() * data.small.heads()
        && table->values.size() == rows * static_cast<size_t>(table->columns) && table->match.size() == rows && table->score.size() == rows
        && table->margin.size() == rows && (table->control.empty() || table->control.size() == rows)
        && std::all_of(table->match.begin(), table->match.end(), [&](int column) { return column >= 0 && column < table->columns; });
    if (!fits)
        return fail(ErrorCode::BadInput, "the table of metric " + artifact.metric + " does not fit the two models of its report",
            "Compare again.");
    setRange(*table, data);
    return PairTablePtr(table);
}

void readSums(PairData &data, const Report &report)
{
    for (const TokenScores &scores : report.tokenScores()) {
        const bool large = scores.id == "columnSums.large";
        if (!large && scores.id != "columnSums.small")
            continue;
        const PairSide &side = large ? data.large : data.small;
        if (static_cast<int>(scores.names.size()) == side.layers() * side.heads())
            (large ? data.largeSums : data.smallSums) = scores.values;
        data.tokens = static_cast<int>(scores.tokens);
    }
}

/// A series from the curves `<id>.hard`, `.soft` and `.score` of the report.
std::optional<PairSeries> readSeries(const Report &report, const char *id, const QString &name)
{
    PairSeries series;
    series.id = name;
    for (const MatrixArtifact &artifact : report.matrices())
        if (series.metric.isEmpty())
            series.metric = QString::fromStdString(artifact.metric);
    const std::string start = std::string(id) + ".";
    for (const Curve &curve : report.curves()) {
        if (!curve.id.starts_with(start))
            continue;
        series.x = curve.x;
        (curve.id == start + "hard" ? series.hard : curve.id == start + "soft" ? series.soft : series.score) = curve.y;
    }
    if (series.x.empty() || series.hard.size() != series.x.size())
        return std::nullopt;
    return series;
}

/// Head by head whether the match is the best one: columns layer, head, match, and one a window.
std::vector<uint8_t> readAgreement(const Report &report, size_t windows)
{
    std::vector<uint8_t> agrees;
    for (const TableArtifact &table : report.tables()) {
        if (table.id != "consistency.heads" || table.columns.size() != windows + 3 || !table.rows.is_array())
            continue;
        for (size_t window = 0; window < windows; ++window)
            for (const Json &row : table.rows)
                agrees.push_back(row.is_array() && row.size() == windows + 3 && row[2] == row[window + 3] ? 1 : 0);
    }
    return agrees;
}

void readAllSeries(PairData &data, const Report &report)
{
    if (std::optional<PairSeries> windows = readSeries(report, "consistency", QStringLiteral("window"))) {
        windows->agrees = readAgreement(report, windows->x.size());
        data.series.push_back(std::move(*windows));
    }
    if (std::optional<PairSeries> spans = readSeries(report, "stability", QStringLiteral("span")))
        data.series.push_back(std::move(*spans));
}

} // namespace

LayerProfile PairData::noProfile()
{
    LayerProfile profile;
    profile.fill(std::numeric_limits<double>::quiet_NaN());
    return profile;
}

const PairTable *PairData::find(const QString &metric, int skipSinks) const
{
    for (const PairTablePtr &candidate : tables)
        if (candidate->metric == metric && candidate->skipSinks == skippedSinks(metric, skipSinks))
            return candidate.get();
    return nullptr;
}

const PairSeries *PairData::findSeries(const QString &id) const
{
    const PairSeries *found = nullptr;
    for (const PairSeries &each : series)
        if (each.id == id && (!found || (table && each.metric == table->metric)))
            found = &each;
    return found;
}

std::optional<LayerProfile> readProfile(const Report &report)
{
    for (const Curve &curve : report.curves()) {
        if (curve.id != "profile" || curve.x.size() != curve.y.size())
            continue;
        LayerProfile profile = PairData::noProfile();
        for (size_t i = 0; i < curve.x.size(); ++i)
            if (curve.x[i] >= 0 && curve.x[i] < kProfileBlocks)
                profile[static_cast<size_t>(curve.x[i])] = curve.y[i];
        return profile;
    }
    return std::nullopt;
}

PairDataPtr withTable(const PairDataPtr &data, const QString &metric, int skipSinks)
{
    const auto fits = [&](const PairTablePtr &table) { return table->metric == metric && table->skipSinks == skippedSinks(metric, skipSinks); };
    const auto found = std::find_if(data->tables.begin(), data->tables.end(), fits);
    if (found == data->tables.end())
        return data;
    auto other = std::make_shared<PairData>(*data);
    other->table = *found;
    return other;
}

Result<std::shared_ptr<PairData>> readPairData(const ReportPtr &report)
{
    auto data = std::make_shared<PairData>();
    if (!report)
        return std::shared_ptr<PairData>();
    data->large = sideFrom(report->model());
    data->small = sideFrom(childField(report->body(), "smallModel"));
    nameSides(*data);
    for (const std::string &piece : report->pieces())
        data->pieces << QString::fromStdString(piece);
    data->tokens = static_cast<int>(numberField(report->body(), "spanTokens", static_cast<double>(data->pieces.size())));
    data->inputName = QString::fromStdString(stringField(childField(report->request(), "input"), "name"));
    readSums(*data, *report);
    for (const MatrixArtifact &artifact : report->matrices()) {
        if (artifact.type != "SimilarityMatrix" || !artifact.extra.contains("match"))
            continue;
        Result<PairTablePtr> table = tableFrom(artifact, report->document(), *data);
        if (!table)
            return fail(table.error());
        data->tables.push_back(std::move(*table));
    }
    if (data->tables.empty())
        return std::shared_ptr<PairData>();
    data->table = data->tables.front();
    readAllSeries(*data, *report);
    return data;
}

QString metricTitle(const QString &metric)
{
    const MetricName *named = metricNamed(metric);
    return named ? text(named->title) : metric;
}

QString metricWord(const QString &metric)
{
    const MetricName *named = metricNamed(metric);
    return named ? text(named->word) : metric;
}

int skippedSinks(const QString &metric, int asked)
{
    if (metric == QLatin1String("cosine"))
        return 0;
    return metric == QLatin1String("cosine_nosink") ? std::max(1, asked) : asked;
}

std::vector<float> layerTable(const PairData &data, HeadPooling pooling)
{
    const int rows = data.large.layers(), columns = data.small.layers();
    std::vector<float> pooled(static_cast<size_t>(rows) * static_cast<size_t>(columns), kNoValue);
    if (!data.table)
        return pooled;
    std::vector<double> sum(static_cast<size_t>(columns));
    std::vector<float> best(static_cast<size_t>(columns));
    std::vector<int> count(static_cast<size_t>(columns));
    for (int layer = 0; layer < rows; ++layer) {
        std::fill(sum.begin(), sum.end(), 0.0);
        std::fill(best.begin(), best.end(), -std::numeric_limits<float>::infinity());
        std::fill(count.begin(), count.end(), 0);
        for (int head = 0; head < data.large.heads(); ++head) {
            const float *value = &data.table->values[static_cast<size_t>(layer * data.large.heads() + head) * static_cast<size_t>(data.table->columns)];
            for (size_t small = 0; small < static_cast<size_t>(columns); ++small)
                for (int other = 0; other < data.small.heads(); ++other, ++value) {
                    if (std::isnan(*value))
                        continue;
                    sum[small] += static_cast<double>(*value);
                    best[small] = std::max(best[small], *value);
                    ++count[small];
                }
        }
        for (size_t small = 0; small < static_cast<size_t>(columns); ++small)
            if (count[small] > 0)
                pooled[static_cast<size_t>(layer) * static_cast<size_t>(columns) + small]
                    = pooling == HeadPooling::Best ? best[small] : static_cast<float>(sum[small] / count[small]);
    }
    return pooled;
}

std::vector<double> meanBestOfLayers(const PairData &data)
{
    std::vector<double> means(static_cast<size_t>(data.large.layers()), std::numeric_limits<double>::quiet_NaN());
    if (!data.table)
        return means;
    for (size_t layer = 0; layer < means.size(); ++layer) {
        double sum = 0;
        int count = 0;
        for (int head = 0; head < data.large.heads(); ++head) {
            const float score = data.table->score[layer * static_cast<size_t>(data.large.heads()) + static_cast<size_t>(head)];
            if (!std::isfinite(score))
                continue;
            sum += static_cast<double>(score);
            ++count;
        }
        if (count > 0)
            means[layer] = sum / count;
    }
    return means;
}

PairMark matchOf(const PairData &data, int row)
{
    if (!data.table || row < 0 || row >= data.table->rows)
        return {};
    const int column = data.table->match[static_cast<size_t>(row)];
    return {data.large.layerOf(row), data.large.headOf(row), data.small.layerOf(column), data.small.headOf(column)};
}

PairMark bestHeads(const PairData &data, int layer, int smallLayer)
{
    PairMark mark{layer, -1, smallLayer, -1};
    if (!data.table || layer < 0 || smallLayer < 0 || layer >= data.large.layers() || smallLayer >= data.small.layers())
        return mark;
    float best = -std::numeric_limits<float>::infinity();
    for (int head = 0; head < data.large.heads(); ++head)
        for (int other = 0; other < data.small.heads(); ++other) {
            const float value = data.table->value(layer * data.large.heads() + head, smallLayer * data.small.heads() + other);
            if (value > best) {
                best = value;
                mark.head = head;
                mark.smallHead = other;
            }
        }
    return mark;
}

double medianOf(std::vector<float> values)
{
    std::erase_if(values, [](float v) { return !std::isfinite(v); });
    if (values.empty())
        return std::numeric_limits<double>::quiet_NaN();
    const auto middle = values.begin() + static_cast<long>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    if (values.size() % 2 == 1)
        return static_cast<double>(*middle);
    return (static_cast<double>(*middle) + static_cast<double>(*std::max_element(values.begin(), middle))) / 2;
}

} // namespace winnow
