#include "core/base/report_artifacts.h"

#include "core/base/json_fields.h"

#include <algorithm>
#include <cstring>

namespace winnow {
namespace {

    constexpr int64_t kMaxSide = int64_t(1) << 31;

    Array byteArray(ArrayType type, const std::vector<uint8_t> &values, std::vector<int64_t> shape)
    {
        Array array{type, std::move(shape), {}};
        array.bytes.resize(values.size());
        if (!values.empty())
            std::memcpy(array.bytes.data(), values.data(), values.size());
        return array;
    }

    std::vector<uint8_t> bytesOf(const Array &array)
    {
        std::vector<uint8_t> values(array.bytes.size());
        if (!values.empty())
            std::memcpy(values.data(), array.bytes.data(), values.size());
        return values;
    }

    /// The array behind a field when it has this type and exactly this shape.
    const Array *shapedArray(const Json &json, const char *field, const Document &document, ArrayType type,
        const std::vector<int64_t> &shape)
    {
        const Array *array = arrayOf(childField(json, field), document);
        return array && array->type == type && array->shape == shape ? array : nullptr;
    }

    std::vector<float> floatsOf(const Array &array)
    {
        const auto values = array.floats();
        return values ? std::vector<float>(values->begin(), values->end()) : std::vector<float>();
    }

    bool isSide(int64_t size) { return size >= 0 && size < kMaxSide; }

    bool hasType(const Json &json, const char *type) { return stringField(json, "type") == type; }

    Json writeEvictions(const std::vector<Eviction> &evictions, std::vector<Array> &arrays)
    {
        std::vector<int32_t> at;
        std::vector<float> scores;
        at.reserve(4 * evictions.size());
        for (const Eviction &eviction : evictions) {
            at.insert(at.end(), {eviction.step, eviction.layer, eviction.head, eviction.position});
            scores.push_back(eviction.score);
        }
        const auto count = int64_t(evictions.size());
        return {{"columns", {"step", "layer", "head", "position"}},
            {"at", placeArray(arrays, Array::fromInts(at, {count, 4}))},
            {"score", placeArray(arrays, Array::fromFloats(scores, {count}))}};
    }

    std::vector<Eviction> readEvictions(const Json &json, const Document &document)
    {
        std::vector<Eviction> evictions;
        const Array *at = arrayOf(childField(json, "at"), document);
        const Array *score = arrayOf(childField(json, "score"), document);
        if (!at || !score || at->shape.size() != 2 || at->shape[1] != 4 || score->elements() != at->shape[0])
            return evictions;
        const auto rows = at->ints();
        const auto scores = score->floats();
        if (!rows || !scores)
            return evictions;
        evictions.reserve(scores->size());
        for (size_t i = 0; i < scores->size(); ++i) {
            const int32_t *row = rows->data() + 4 * i;
            evictions.push_back({row[0], row[1], row[2], row[3], (*scores)[i]});
        }
        return evictions;
    }

    Json writeChanges(const std::vector<ClassChange> &changes, std::vector<Array> &arrays)
    {
        std::vector<int32_t> at;
        at.reserve(5 * changes.size());
        for (const ClassChange &change : changes)
            at.insert(at.end(), {change.step, change.layer, change.head, change.position, static_cast<int32_t>(change.to)});
        return {{"columns", {"step", "layer", "head", "position", "class"}},
            {"at", placeArray(arrays, Array::fromInts(at, {int64_t(changes.size()), 5}))}};
    }

    std::vector<ClassChange> readChanges(const Json &json, const Document &document)
    {
        std::vector<ClassChange> changes;
        const Array *at = arrayOf(childField(json, "at"), document);
        if (!at || at->shape.size() != 2 || at->shape[1] != 5)
            return changes;
        const auto rows = at->ints();
        for (size_t i = 0; rows && i + 5 <= rows->size(); i += 5) {
            const int32_t *row = rows->data() + i;
            if (row[4] < 0 || row[4] > static_cast<int32_t>(TokenClass::Merged))
                return {};
            changes.push_back({row[0], row[1], row[2], row[3], static_cast<TokenClass>(row[4])});
        }
        return changes;
    }

    Json numbersJson(const std::vector<double> &values)
    {
        Json list = Json::array();
        for (const double value : values)
            list.push_back(jsonNumber(value));
        return list;
    }

    /// Best column of each row, lowest index first among equals (CLI.md 3, `match`).
    Json bestColumns(const MatrixArtifact &matrix)
    {
        Json match = Json::array();
        for (int64_t row = 0; row < matrix.rows; ++row) {
            const float *first = matrix.values.data() + row * matrix.columns;
            match.push_back(std::max_element(first, first + matrix.columns) - first);
        }
        return match;
    }

} // namespace

const Array *arrayOf(const Json &placeholder, const Document &document)
{
    const int64_t index = integerField(placeholder, "$array", -1);
    return index >= 0 && size_t(index) < document.arrays.size() ? &document.arrays[size_t(index)] : nullptr;
}

Json placeArray(std::vector<Array> &arrays, Array array)
{
    arrays.push_back(std::move(array));
    return {{"$array", arrays.size() - 1}};
}

std::vector<int32_t> intsOf(const Json &json, const Document &document)
{
    std::vector<int32_t> result;
    if (const Array *array = arrayOf(json, document)) {
        if (const auto values = array->ints())
            result.assign(values->begin(), values->end());
    } else if (json.is_array()) {
        for (const Json &entry : json)
            result.push_back(entry.is_number_integer() ? entry.get<int32_t>() : -1);
    }
    return result;
}

Json writeArtifact(const KeptTokens &artifact, std::vector<Array> &arrays)
{
    const std::vector<int64_t> shape{artifact.layers, artifact.heads, artifact.tokens};
    Json json{{"type", "KeptTokens"}, {"id", artifact.id}, {"axis", artifact.axis}, {"headKind", artifact.headKind},
        {"tokens", artifact.tokens}, {"layers", artifact.layers}, {"heads", artifact.heads},
        {"kept", placeArray(arrays, byteArray(ArrayType::Bits, artifact.mask, shape))}};
    if (!artifact.classes.empty()) {
        json["class"] = placeArray(arrays, byteArray(ArrayType::U8, artifact.classes, shape));
        json["classNames"] = {"evicted", "kept", "window", "sink", "marginal", "merged"};
    }
    if (!artifact.score.empty())
        json["score"] = placeArray(arrays, Array::fromFloats(artifact.score, shape));
    if (artifact.steps > 0 || !artifact.evictions.empty()) {
        json["steps"] = artifact.steps;
        json["evictions"] = writeEvictions(artifact.evictions, arrays);
        if (!artifact.changes.empty())
            json["changes"] = writeChanges(artifact.changes, arrays);
    }
    return json;
}

std::optional<KeptTokens> readKeptTokens(const Json &json, const Document &document)
{
    if (!hasType(json, "KeptTokens"))
        return std::nullopt;
    KeptTokens artifact;
    artifact.id = stringField(json, "id", artifact.id);
    artifact.axis = stringField(json, "axis", artifact.axis);
    artifact.headKind = stringField(json, "headKind", artifact.headKind);
    artifact.tokens = integerField(json, "tokens");
    artifact.layers = integerField(json, "layers");
    artifact.heads = integerField(json, "heads");
    artifact.steps = std::max<int64_t>(0, integerField(json, "steps"));
    const std::vector<int64_t> shape{artifact.layers, artifact.heads, artifact.tokens};
    if (!std::all_of(shape.begin(), shape.end(), isSide))
        return std::nullopt;
    const Array *kept = shapedArray(json, "kept", document, ArrayType::Bits, shape);
    if (!kept || kept->bytes.size() != size_t((kept->elements() + 7) / 8))
        return std::nullopt;
    artifact.mask = bytesOf(*kept);
    if (const Array *classes = shapedArray(json, "class", document, ArrayType::U8, shape))
        artifact.classes = bytesOf(*classes);
    if (const Array *score = shapedArray(json, "score", document, ArrayType::F32, shape))
        artifact.score = floatsOf(*score);
    artifact.evictions = readEvictions(childField(json, "evictions"), document);
    artifact.changes = readChanges(childField(json, "changes"), document);
    return artifact;
}

Json writeArtifact(const TokenScores &artifact, std::vector<Array> &arrays)
{
    const std::vector<int64_t> shape{int64_t(artifact.names.size()), artifact.tokens};
    return {{"type", "TokenScores"}, {"id", artifact.id}, {"names", artifact.names}, {"tokens", artifact.tokens},
        {"firstToken", artifact.firstToken}, {"values", placeArray(arrays, Array::fromFloats(artifact.values, shape))}};
}

std::optional<TokenScores> readTokenScores(const Json &json, const Document &document)
{
    if (!hasType(json, "TokenScores"))
        return std::nullopt;
    TokenScores artifact;
    artifact.id = stringField(json, "id", artifact.id);
    artifact.names = stringListField(json, "names");
    artifact.tokens = integerField(json, "tokens");
    artifact.firstToken = integerField(json, "firstToken");
    const Array *values = shapedArray(
        json, "values", document, ArrayType::F32, {int64_t(artifact.names.size()), artifact.tokens});
    if (!values || !isSide(artifact.tokens) || !isSide(artifact.firstToken))
        return std::nullopt;
    artifact.values = floatsOf(*values);
    if (int64_t(artifact.values.size()) != values->elements())
        return std::nullopt;
    return artifact;
}

Json writeArtifact(const Curve &artifact)
{
    Json json{{"type", "Curve"}, {"id", artifact.id}, {"method", artifact.method}, {"title", artifact.title},
        {"xName", artifact.xName}, {"yName", artifact.yName}, {"unit", artifact.unit}, {"x", numbersJson(artifact.x)},
        {"y", numbersJson(artifact.y)}, {"low", numbersJson(artifact.low)}, {"high", numbersJson(artifact.high)},
        {"thresholds", artifact.thresholds}, {"budgets", artifact.budgets}};
    json["forecast"] = Json::array();
    for (const uint8_t flag : artifact.forecast)
        json["forecast"].push_back(flag != 0);
    return json;
}

std::optional<Curve> readCurve(const Json &json)
{
    if (!hasType(json, "Curve"))
        return std::nullopt;
    Curve artifact;
    artifact.id = stringField(json, "id");
    artifact.method = stringField(json, "method");
    artifact.title = stringField(json, "title");
    artifact.xName = stringField(json, "xName");
    artifact.yName = stringField(json, "yName");
    artifact.unit = stringField(json, "unit");
    artifact.x = numberListField(json, "x");
    artifact.y = numberListField(json, "y");
    artifact.low = numberListField(json, "low");
    artifact.high = numberListField(json, "high");
    artifact.budgets = stringListField(json, "budgets");
    artifact.thresholds = childField(json, "thresholds");
    if (!artifact.thresholds.is_array())
        artifact.thresholds = Json::array();
    const Json &forecast = childField(json, "forecast");
    if (forecast.is_array()) {
        for (const Json &flag : forecast)
            artifact.forecast.push_back(flag.is_boolean() && flag.get<bool>());
    }
    // Side lists of another length than the points cannot be drawn; points without a partner neither.
    const size_t points = artifact.x.size();
    const auto fits = [points](const auto &list) { return list.empty() || list.size() == points; };
    if (artifact.y.size() != points || !fits(artifact.low) || !fits(artifact.high) || !fits(artifact.budgets)
        || !fits(artifact.forecast))
        return std::nullopt;
    return artifact;
}

Json writeArtifact(const TextArtifact &artifact, std::vector<Array> &arrays)
{
    return {{"type", "Text"}, {"id", artifact.id}, {"role", artifact.role}, {"text", artifact.text},
        {"ids", placeArray(arrays, Array::fromInts(artifact.ids, {int64_t(artifact.ids.size())}))}};
}

std::optional<TextArtifact> readText(const Json &json, const Document &document)
{
    if (!hasType(json, "Text"))
        return std::nullopt;
    return TextArtifact{stringField(json, "id"), stringField(json, "role"), stringField(json, "text"),
        intsOf(childField(json, "ids"), document)};
}

Json writeArtifact(const TableArtifact &artifact)
{
    return {{"type", "Table"}, {"id", artifact.id}, {"title", artifact.title}, {"columns", artifact.columns},
        {"units", artifact.units}, {"rows", artifact.rows}};
}

std::optional<TableArtifact> readTable(const Json &json)
{
    if (!hasType(json, "Table"))
        return std::nullopt;
    TableArtifact artifact{stringField(json, "id"), stringField(json, "title"), stringListField(json, "columns"),
        stringListField(json, "units"), Json::array()};
    artifact.units.resize(artifact.columns.size());
    const Json &rows = childField(json, "rows");
    if (rows.is_array()) {
        for (const Json &row : rows) {
            if (row.is_array() && row.size() == artifact.columns.size())
                artifact.rows.push_back(row);
        }
    }
    return artifact;
}

Json writeArtifact(const MatrixArtifact &artifact, std::vector<Array> &arrays)
{
    Json json = artifact.extra.is_object() ? artifact.extra : Json::object();
    json["type"] = artifact.type;
    json["id"] = artifact.id;
    json["metric"] = artifact.metric;
    json["rowName"] = artifact.rowName;
    json["columnName"] = artifact.columnName;
    json["rows"] = artifact.rows;
    json["columns"] = artifact.columns;
    json["rowLabels"] = artifact.rowLabels;
    json["columnLabels"] = artifact.columnLabels;
    json["values"] = placeArray(arrays, Array::fromFloats(artifact.values, {artifact.rows, artifact.columns}));
    if (artifact.type == "SimilarityMatrix" && !json.contains("match") && artifact.columns > 0)
        json["match"] = bestColumns(artifact);
    return json;
}

std::optional<MatrixArtifact> readMatrix(const Json &json, const Document &document)
{
    if (!hasType(json, "SimilarityMatrix") && !hasType(json, "AttentionTile"))
        return std::nullopt;
    MatrixArtifact artifact;
    artifact.type = stringField(json, "type");
    artifact.id = stringField(json, "id");
    artifact.metric = stringField(json, "metric");
    artifact.rowName = stringField(json, "rowName");
    artifact.columnName = stringField(json, "columnName");
    artifact.rows = integerField(json, "rows");
    artifact.columns = integerField(json, "columns");
    artifact.rowLabels = stringListField(json, "rowLabels");
    artifact.columnLabels = stringListField(json, "columnLabels");
    const Array *values
        = shapedArray(json, "values", document, ArrayType::F32, {artifact.rows, artifact.columns});
    if (!values || !isSide(artifact.rows) || !isSide(artifact.columns))
        return std::nullopt;
    artifact.values = floatsOf(*values);
    if (int64_t(artifact.values.size()) != values->elements())
        return std::nullopt;
    for (const auto &[key, value] : json.items()) {
        static const std::vector<std::string> kOwn{"type", "id", "metric", "rowName", "columnName", "rows", "columns",
            "rowLabels", "columnLabels", "values"};
        if (std::find(kOwn.begin(), kOwn.end(), key) == kOwn.end())
            artifact.extra[key] = value;
    }
    return artifact;
}

Json writeArtifact(const ExpertUsage &artifact, std::vector<Array> &arrays)
{
    const std::vector<int64_t> shape{artifact.layers, artifact.experts};
    return {{"type", "ExpertUsage"}, {"id", artifact.id}, {"layers", artifact.layers}, {"experts", artifact.experts},
        {"tokens", artifact.tokens}, {"counts", placeArray(arrays, Array::fromInts(artifact.counts, shape))},
        {"mass", placeArray(arrays, Array::fromFloats(artifact.mass, shape))},
        {"active", placeArray(arrays, Array::fromFloats(artifact.active, {artifact.layers}))}};
}

std::optional<ExpertUsage> readExpertUsage(const Json &json, const Document &document)
{
    if (!hasType(json, "ExpertUsage"))
        return std::nullopt;
    ExpertUsage artifact;
    artifact.id = stringField(json, "id", artifact.id);
    artifact.layers = integerField(json, "layers");
    artifact.experts = integerField(json, "experts");
    artifact.tokens = integerField(json, "tokens");
    if (!isSide(artifact.layers) || !isSide(artifact.experts) || !isSide(artifact.tokens))
        return std::nullopt;
    const std::vector<int64_t> shape{artifact.layers, artifact.experts};
    const Array *counts = shapedArray(json, "counts", document, ArrayType::I32, shape);
    const Array *mass = shapedArray(json, "mass", document, ArrayType::F32, shape);
    const Array *active = shapedArray(json, "active", document, ArrayType::F32, {artifact.layers});
    if (!counts || !mass || !active)
        return std::nullopt;
    const auto values = counts->ints();
    if (!values)
        return std::nullopt;
    artifact.counts.assign(values->begin(), values->end());
    artifact.mass = floatsOf(*mass);
    artifact.active = floatsOf(*active);
    if (int64_t(artifact.mass.size()) != mass->elements() || int64_t(artifact.active.size()) != active->elements())
        return std::nullopt;
    return artifact;
}

} // namespace winnow
