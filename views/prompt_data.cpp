#include "views/prompt_data.h"

#include "core/base/json_fields.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace winnow {

namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();
constexpr float kProtection = 1e5F; // dac.md 3.2

/// Cells of a table by the name of their column.
class TableReader {
public:
    explicit TableReader(const TableArtifact &table)
        : m_table(table)
    {
    }
    size_t rows() const { return m_table.rows.is_array() ? m_table.rows.size() : 0; }
    bool has(const char *column) const { return at(column) < m_table.columns.size(); }
    double number(size_t row, const char *column) const
    {
        const Json &value = cell(row, column);
        if (value.is_boolean())
            return value.get<bool>() ? 1 : 0;
        return value.is_number() ? value.get<double>() : kMissing;
    }
    int integer(size_t row, const char *column, int fallback = 0) const
    {
        const double value = number(row, column);
        return std::isfinite(value) && std::abs(value) < 1e9 ? static_cast<int>(std::lround(value)) : fallback;
    }
    QString text(size_t row, const char *column) const
    {
        const Json &value = cell(row, column);
        return value.is_string() ? QString::fromStdString(value.get<std::string>()) : QString();
    }

private:
    size_t at(const char *column) const { return static_cast<size_t>(std::find(m_table.columns.begin(), m_table.columns.end(), column) - m_table.columns.begin()); }
    const Json &cell(size_t row, const char *column) const
    {
        static const Json none;
        const size_t index = at(column);
        if (row >= rows() || !m_table.rows[row].is_array() || index >= m_table.rows[row].size())
            return none;
        return m_table.rows[row][index];
    }
    const TableArtifact &m_table;
};

/// A long text is cut in pieces that go through the stages on their own: rows of one stage are added up.
void addStage(PromptStage &sum, const PromptStage &piece)
{
    const double before = sum.tokens, more = piece.tokens;
    const auto mean = [&](double a, double b) { return before + more > 0 ? (a * before + b * more) / (before + more) : a; };
    sum.r = mean(sum.r, piece.r);
    sum.rFirst = mean(sum.rFirst, piece.rFirst);
    sum.meanInformation = mean(sum.meanInformation, piece.meanInformation);
    sum.maxDelta = std::max(sum.maxDelta, piece.maxDelta);
    sum.sumInformation += piece.sumInformation;
    sum.tokens += piece.tokens;
    sum.kept += piece.kept;
    if (std::isfinite(piece.ms))
        sum.ms = std::isfinite(sum.ms) ? sum.ms + piece.ms : piece.ms;
    sum.threshold = kMissing; // each piece has its own
}

void readStages(PromptData &data, const TableReader &table)
{
    for (size_t i = 0; i < table.rows(); ++i) {
        PromptStage stage;
        stage.tokens = table.integer(i, "tokens");
        stage.kept = table.integer(i, "kept");
        stage.threshold = table.number(i, "threshold");
        stage.meanInformation = table.number(i, "meanInformation");
        stage.sumInformation = table.number(i, "sumInformation");
        stage.d = table.number(i, "d");
        stage.r = table.number(i, "r");
        stage.rFirst = table.number(i, "rStage0");
        stage.maxDelta = table.number(i, "maxDelta");
        stage.ms = table.integer(i, "processed", -1) == 0 ? kMissing : table.number(i, "ms");
        // Numbers begin where the report lets them begin, at 0 or at 1.
        const int first = table.integer(0, "stage", 1);
        const int number = table.integer(i, "stage", static_cast<int>(i) + first) - first + 1;
        if (number >= 1 && static_cast<size_t>(number) <= data.stages.size())
            addStage(data.stages[static_cast<size_t>(number) - 1], stage);
        else
            data.stages.push_back(stage);
    }
}

/// Text between two code points of the whole.
QString codePoints(const QList<uint> &text, int first, int end)
{
    first = std::clamp<int>(first, 0, static_cast<int>(text.size()));
    end = std::clamp<int>(end, first, static_cast<int>(text.size()));
    return QString::fromUcs4(reinterpret_cast<const char32_t *>(text.constData()) + first, end - first);
}

void readUnits(PromptData &data, const TableReader &table, const QString &name, const std::vector<double> &chunkThresholds)
{
    const QList<uint> whole = data.text->text.toUcs4();
    data.unitName = name;
    for (size_t i = 0; i < table.rows(); ++i) {
        PromptUnit unit;
        unit.first = table.integer(i, "first");
        unit.end = table.integer(i, "end");
        unit.text = table.has("text") ? table.text(i, "text") : codePoints(whole, unit.first, unit.end);
        unit.value = table.number(i, "value");
        unit.kept = table.number(i, "kept") > 0;
        unit.forced = table.number(i, "forced") > 0;
        const auto chunk = static_cast<size_t>(std::max(0, table.integer(i, "chunk")));
        unit.threshold = table.has("threshold") ? table.number(i, "threshold") : chunk < chunkThresholds.size() ? chunkThresholds[chunk] : kMissing;
        data.units.append(unit);
    }
}

void readContexts(PromptData &data, const TableReader &table)
{
    for (size_t i = 0; i < table.rows(); ++i)
        data.contexts.append({table.integer(i, "context", static_cast<int>(i)), table.integer(i, "rank", -1), table.integer(i, "tokens"), table.number(i, "nll"), table.number(i, "delta"), table.number(i, "kept") > 0});
}

void readSegments(PromptData &data, const TableReader &table)
{
    for (size_t i = 0; i < table.rows(); ++i)
        data.segments.append({table.integer(i, "first"), table.integer(i, "end"), table.integer(i, "kept"), table.integer(i, "pool"), table.number(i, "tau"), table.number(i, "threshold")});
}

void readTables(PromptData &data, const Report &report)
{
    std::vector<double> chunkThresholds;
    const std::vector<TableArtifact> tables = report.tables();
    for (const TableArtifact &table : tables)
        for (size_t i = 0; table.id == "trace.chunks" && i < TableReader(table).rows(); ++i)
            chunkThresholds.push_back(TableReader(table).number(i, "threshold"));
    for (const TableArtifact &table : tables) {
        const TableReader reader(table);
        if (table.id == "stages")
            readStages(data, reader);
        else if (table.id == "trace.units")
            readUnits(data, reader, QStringLiteral("unit"), chunkThresholds);
        else if (table.id == "trace.words")
            readUnits(data, reader, QStringLiteral("word"), chunkThresholds);
        else if (table.id == "trace.contexts")
            readContexts(data, reader);
        else if (table.id == "trace.segments")
            readSegments(data, reader);
    }
}

/// Values over all tokens of the input, NaN outside what the series covers.
std::vector<float> spread(const TokenScores &scores, size_t series, size_t tokens)
{
    std::vector<float> values(tokens, std::numeric_limits<float>::quiet_NaN());
    for (int64_t i = 0; i < scores.tokens; ++i) {
        const int64_t token = scores.firstToken + i;
        const size_t from = series * static_cast<size_t>(scores.tokens) + static_cast<size_t>(i);
        if (token >= 0 && token < static_cast<int64_t>(tokens) && from < scores.values.size())
            values[static_cast<size_t>(token)] = scores.values[from];
    }
    return values;
}

void readScores(PromptData &data, const Report &report)
{
    for (const TokenScores &scores : report.tokenScores()) {
        bool isNumber = false;
        const QString id = QString::fromStdString(scores.id);
        const int stage = id.startsWith(QLatin1String("stage.")) ? id.mid(6).toInt(&isNumber) : -1;
        if (!isNumber || stage < 0 || stage > 1000)
            continue;
        if (data.scores.size() <= static_cast<size_t>(stage))
            data.scores.resize(static_cast<size_t>(stage) + 1);
        PromptScores &target = data.scores[static_cast<size_t>(stage)];
        for (size_t i = 0; i < scores.names.size(); ++i) {
            if (scores.names[i] == "information")
                target.information = spread(scores, i, data.ids.size());
            else if (scores.names[i] == "attention")
                target.attention = spread(scores, i, data.ids.size());
            else if (scores.names[i] == "fused" || (target.fused.empty() && (scores.names[i] == "unitValue" || scores.names[i] == "wordValue" || scores.names[i] == "probability")))
                target.fused = spread(scores, i, data.ids.size());
        }
    }
}

void readRemoval(PromptData &data, const PromptTokens &tokens)
{
    const size_t n = data.ids.size();
    data.stageOf.assign(n, 1);
    for (const int32_t kept : tokens.kept)
        if (kept >= 0 && static_cast<size_t>(kept) < n)
            data.stageOf[static_cast<size_t>(kept)] = 0;
    if (tokens.stageOf.size() == n)
        data.stageOf.assign(tokens.stageOf.begin(), tokens.stageOf.end());
    data.isProtected.assign(n, false);
    for (const int32_t token : tokens.protectedTokens)
        if (token >= 0 && static_cast<size_t>(token) < n)
            data.isProtected[static_cast<size_t>(token)] = true;
}

/// A token belongs to the word that holds its last character that is no space; only spaces: to the word behind it.
std::vector<int> wordsOf(const TokenText &text)
{
    std::vector<int> wordAt(static_cast<size_t>(text.text.size()) + 1, 0);
    int word = 0;
    bool inside = false;
    for (qsizetype i = 0; i < text.text.size(); ++i) {
        const bool space = text.text[i].isSpace();
        word += !space && !inside ? 1 : 0;
        inside = !space;
        wordAt[static_cast<size_t>(i)] = space ? word + 1 : word;
    }
    wordAt.back() = word + 1;
    std::vector<int> words;
    for (const TokenSpan &span : text.spans) {
        int last = span.end - 1;
        while (last > span.begin && text.text[last].isSpace())
            --last;
        words.push_back(last < 0 ? 1 : wordAt[static_cast<size_t>(last)]);
    }
    return words;
}

} // namespace

int PromptData::shownStage(int step) const { return step < 0 ? stageCount : std::min(step, stageCount); }

bool PromptData::cutBy(int token, int stage) const
{
    const int removed = token >= 0 && token < tokens() ? stageOf[static_cast<size_t>(token)] : 0;
    return removed > 0 && removed <= stage;
}

int PromptData::leftAfter(int stage) const
{
    return static_cast<int>(std::count_if(stageOf.begin(), stageOf.end(), [&](int removed) { return removed == 0 || removed > stage; }));
}

const PromptScores *PromptData::scoresOf(int stage) const
{
    const auto index = static_cast<size_t>(std::max(1, stage)) - 1;
    return index < scores.size() ? &scores[index] : nullptr;
}

int PromptData::rankOf(const std::vector<float> &values, int token)
{
    if (token < 0 || static_cast<size_t>(token) >= values.size() || std::isnan(values[static_cast<size_t>(token)]))
        return 0;
    const float value = values[static_cast<size_t>(token)];
    return 1 + static_cast<int>(std::count_if(values.begin(), values.end(), [&](float other) { return other > value; }));
}

PromptDataPtr readPromptData(const Report &report)
{
    const std::optional<PromptTokens> tokens = report.promptTokens();
    if (!tokens)
        return nullptr;
    auto data = std::make_shared<PromptData>();
    data->ids = report.ids();
    const std::vector<std::string> pieces = report.pieces();
    if (pieces.size() != data->ids.size())
        return nullptr; // a damaged report: there is nothing a view could place
    data->text = std::make_shared<const TokenText>(TokenText::fromPieces(pieces, stringField(report.input(), "text")));
    data->method = QString::fromStdString(tokens->method);
    data->rendered = QString::fromStdString(tokens->text);
    data->askedRate = tokens->askedRate;
    data->achievedRate = tokens->achievedRate;
    data->unmatched = stringField(report.body(), "state") == "unmatched";
    readRemoval(*data, *tokens);
    readTables(*data, report);
    readScores(*data, report);
    const int last = data->stageOf.empty() ? 0 : *std::max_element(data->stageOf.begin(), data->stageOf.end());
    while (static_cast<int>(data->stages.size()) > std::max(1, last) && data->stages.back().kept >= data->stages.back().tokens)
        data->stages.pop_back(); // a final score is no stage: it removes nothing
    data->stageCount = std::max(last, static_cast<int>(data->stages.size()));
    data->wordOf = wordsOf(*data->text);
    for (const TextArtifact &text : report.texts()) {
        if (text.role == "full")
            data->fullAnswer = QString::fromStdString(text.text);
        else if (text.role == "modified") {
            data->answer = QString::fromStdString(text.text);
            data->answered = true;
        }
    }
    const Json request = report.request();
    data->gold = QString::fromStdString(stringField(request, "answer"));
    data->question = QString::fromStdString(stringField(childField(request, "prompt"), "question"));
    return data;
}

double correlation(const std::vector<float> &a, const std::vector<float> &b)
{
    double n = 0, sumA = 0, sumB = 0, aa = 0, bb = 0, ab = 0;
    for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
        if (std::isnan(a[i]) || std::isnan(b[i]))
            continue;
        const auto x = static_cast<double>(a[i]), y = static_cast<double>(b[i]);
        n += 1;
        sumA += x;
        sumB += y;
        aa += x * x;
        bb += y * y;
        ab += x * y;
    }
    const double va = aa - sumA * sumA / n, vb = bb - sumB * sumB / n;
    return n < 3 || va <= 0 || vb <= 0 ? kMissing : (ab - sumA * sumB / n) / std::sqrt(va * vb);
}

double promptJaccard(const PromptData &a, const PromptData &b)
{
    if (a.ids != b.ids || a.tokens() == 0)
        return kMissing;
    int both = 0, any = 0;
    for (size_t i = 0; i < a.stageOf.size(); ++i) {
        both += a.stageOf[i] == 0 && b.stageOf[i] == 0 ? 1 : 0;
        any += a.stageOf[i] == 0 || b.stageOf[i] == 0 ? 1 : 0;
    }
    return any == 0 ? 1 : static_cast<double>(both) / any;
}

std::vector<float> fusedShares(const std::vector<float> &fused)
{
    std::vector<float> shares = fused;
    double sum = 0;
    for (float &value : shares) {
        if (value >= kProtection / 2)
            value -= kProtection;
        sum += std::isnan(value) ? 0 : static_cast<double>(value);
    }
    for (float &value : shares)
        value = sum > 0 ? static_cast<float>(static_cast<double>(value) / sum) : value;
    return shares;
}

} // namespace winnow
