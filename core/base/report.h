#pragma once

#include "core/base/document.h"
#include "core/base/text_artifacts.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace winnow {

/// What became of a cached token; the codes stand in files.
enum class TokenClass : uint8_t { Evicted = 0, Kept = 1, Window = 2, Sink = 3, Marginal = 4, Merged = 5 };

/// One eviction while decoding: after row `step` (0-based continuation row) had attended.
struct Eviction {
    int32_t step = 0, layer = 0, head = 0, position = 0;
    float score = 0;
};

/// A token that became another class while decoding: as row `step` saw it. Tokens behind the prompt start as Evicted.
struct ClassChange {
    int32_t step = 0, layer = 0, head = 0, position = 0;
    TokenClass to = TokenClass::Evicted;
};

/// Which cached tokens stay, per layer and head set. `heads` is Hkv (kv_head modes), H (query_head) or 1 (layer):
/// headKind says which. Masks are over prompt positions.
struct KeptTokens {
    std::string id = "kept";
    std::string axis = "token"; // or "channel" (think)
    std::string headKind = "kvHead"; // "queryHead", "layer"
    int64_t tokens = 0, layers = 0, heads = 0;
    std::vector<uint8_t> mask; // packed bits [layers, heads, tokens], ArrayType::Bits order, rows not padded apart
    std::vector<uint8_t> classes; // optional TokenClass [layers, heads, tokens]
    std::vector<float> score; // optional [layers, heads, tokens], higher = keep
    std::vector<Eviction> evictions; // in step order; decode rules hold and interval
    std::vector<ClassChange> changes; // in step order; methods whose classes change at every step
    int64_t steps = 0; // continuation rows that evictions and changes cover; 0 = prompt only

    bool kept(int64_t layer, int64_t head, int64_t token) const;
    void setKept(int64_t layer, int64_t head, int64_t token);
    TokenClass tokenClass(int64_t layer, int64_t head, int64_t token) const; // from classes, or kept / evicted
    int64_t countKept(int64_t layer, int64_t head) const;
    static KeptTokens sized(int64_t layers, int64_t heads, int64_t tokens);
};

/// Named series over tokens: per-token NLL, KL, information.
struct TokenScores {
    std::string id = "scores";
    std::vector<std::string> names;
    int64_t tokens = 0;
    int64_t firstToken = 0; // index into input.ids of values[.][0]
    std::vector<float> values; // [names, tokens]
};

/// One line of a chart. `low` and `high` may be empty (no band); `forecast[i]` marks points that were not measured.
struct Curve {
    std::string id, method, title, xName, yName, unit;
    std::vector<double> x, y, low, high;
    std::vector<std::string> budgets; // one per point, budgetText form; may be empty
    std::vector<uint8_t> forecast; // empty = all measured
    Json thresholds = Json::array();
};

/// Text the model produced: role "full" or "modified".
struct TextArtifact {
    std::string id = "text", role, text;
    std::vector<int32_t> ids;
};

/// Plain table with a unit per column; cells are numbers, strings or null.
struct TableArtifact {
    std::string id = "table", title;
    std::vector<std::string> columns, units;
    Json rows = Json::array(); // list of lists
};

/// Dense matrix a heat map draws: an attention tile, a Jaccard matrix, kept share.
struct MatrixArtifact {
    std::string type = "SimilarityMatrix"; // or "AttentionTile"
    std::string id, metric, rowName, columnName;
    int64_t rows = 0, columns = 0;
    std::vector<std::string> rowLabels, columnLabels; // may be empty
    std::vector<float> values; // [rows, columns]
    Json extra = Json::object(); // further fields, e.g. layer, head
};

/// Which experts the input's tokens were sent to under the plan (moe-efficiency.md 2). Layers without experts have zeros.
struct ExpertUsage {
    std::string id = "experts";
    int64_t layers = 0, experts = 0, tokens = 0;
    std::vector<int32_t> counts; // [layers, experts] tokens with the expert among their chosen ones
    std::vector<float> mass; // [layers, experts] sum of the combine weights given to the expert
    std::vector<float> active; // [layers] mean number of experts a token used
};

/// Bytes and times of a run, the `savings` object of CLI.md 3. Negative = not measured (written as null).
struct Savings {
    double nominalBytes = -1, nativeBytes = -1, unfoldedBytes = -1, metadataBytes = -1, allocatedBytes = -1, fullBytes = -1, peakBytes = -1;
    double forecastNativeBytes = -1, forecastAllocatedBytes = -1;
    double slmCacheBytes = -1, slmWeightsBytes = -1; // of a small model beside the large one
    double hostBytes = -1, d2hBytes = -1, h2dBytes = -1; // held on the host; moved per step
    double effectiveRatio = -1; // (native + slmCache) / full
    double prefillMs = -1, selectMs = -1, msPerToken = -1, fullMsPerToken = -1, compressMs = -1;
    bool nominalOnly = false;
};

/// A did-it-act check: kept in the report, shown green or red.
struct Check {
    std::string id, title;
    bool ok = false;
    std::string expected, found, where;
};

/// One immutable result: request + artifacts + metrics + savings + checks + provenance (CLI.md 3).
/// Cheap accessors parse the document on demand; nothing here throws on a malformed document from a file.
class Report {
public:
    explicit Report(Document document);

    const Document &document() const { return m_document; }
    const Json &body() const { return m_document.body; }

    Json request() const;
    Json model() const;
    Json input() const;
    std::vector<std::string> pieces() const; // input.pieces
    std::vector<int32_t> ids() const; // input.ids
    std::optional<double> metric(const std::string &name) const;
    std::vector<std::pair<std::string, double>> metrics() const;
    Savings savings() const;
    std::vector<Check> checks() const;
    std::vector<std::string> notices() const;

    std::optional<KeptTokens> keptTokens() const; // the first one
    std::vector<TokenScores> tokenScores() const;
    std::vector<Curve> curves() const;
    std::vector<TextArtifact> texts() const;
    std::vector<TableArtifact> tables() const;
    std::vector<MatrixArtifact> matrices() const;
    std::optional<ExpertUsage> expertUsage() const; // the first one
    std::optional<PromptTokens> promptTokens() const; // the first one
    std::vector<Segmentation> segmentations() const;

    /// The document of CLI.md 3 with every array in place: nested lists, and Bits arrays as ascending positions.
    Json toCliJson() const;

private:
    Document m_document;
};

using ReportPtr = std::shared_ptr<const Report>;

/// Collects the parts of a report; `build` adds schema and checks that every array reference resolves.
class ReportBuilder {
public:
    void setRequest(Json request);
    void setModel(Json model);
    /// pieces must have one entry per id.
    void setInput(std::vector<int32_t> ids, std::vector<std::string> pieces, std::string text);
    void add(const KeptTokens &artifact);
    void add(const TokenScores &artifact);
    void add(const Curve &artifact);
    void add(const TextArtifact &artifact);
    void add(const TableArtifact &artifact);
    void add(const MatrixArtifact &artifact);
    void add(const ExpertUsage &artifact);
    void add(const PromptTokens &artifact);
    void add(const Segmentation &artifact);
    void setMetric(const std::string &name, double value);
    void setSavings(const Savings &savings);
    void addCheck(Check check);
    void addNotice(std::string notice);
    void setProvenance(Json provenance);
    /// A field beside those of CLI.md 3 (never one of them).
    void setExtra(const std::string &name, Json value);
    /// Puts an array beside the body and returns its placeholder {"$array": k}.
    Json addArray(Array array);
    ReportPtr build();

private:
    Document m_document;
};

/// Number, or the string "NaN", "Infinity", "-Infinity" (JSON has none of them).
Json jsonNumber(double value);
/// Inverse of jsonNumber; nullopt when it is neither.
std::optional<double> numberFromJson(const Json &json);

/// Replaces every {"$array": k} by its nested lists (Bits: ascending positions over the last axis).
Json expandArrays(const Document &document);

} // namespace winnow
