#pragma once

#include "core/base/report.h"

namespace winnow {

// Artifacts of a report from and to the JSON of CLI.md 3. Bulk data goes into document.arrays. Readers give nullopt for
// an artifact of another type or one whose arrays do not fit its sizes; they never throw.

Json writeArtifact(const KeptTokens &artifact, std::vector<Array> &arrays);
Json writeArtifact(const TokenScores &artifact, std::vector<Array> &arrays);
Json writeArtifact(const Curve &artifact);
Json writeArtifact(const TextArtifact &artifact, std::vector<Array> &arrays);
Json writeArtifact(const TableArtifact &artifact);
Json writeArtifact(const MatrixArtifact &artifact, std::vector<Array> &arrays);
Json writeArtifact(const ExpertUsage &artifact, std::vector<Array> &arrays);
Json writeArtifact(const PromptTokens &artifact, std::vector<Array> &arrays);
Json writeArtifact(const Segmentation &artifact);

std::optional<KeptTokens> readKeptTokens(const Json &json, const Document &document);
std::optional<TokenScores> readTokenScores(const Json &json, const Document &document);
std::optional<Curve> readCurve(const Json &json);
std::optional<TextArtifact> readText(const Json &json, const Document &document);
std::optional<TableArtifact> readTable(const Json &json);
std::optional<MatrixArtifact> readMatrix(const Json &json, const Document &document);
std::optional<ExpertUsage> readExpertUsage(const Json &json, const Document &document);
std::optional<PromptTokens> readPromptTokens(const Json &json, const Document &document);
std::optional<Segmentation> readSegmentation(const Json &json);

Json toJson(const Savings &savings);
Savings savingsFromJson(const Json &json);
Json toJson(const Check &check);
Check checkFromJson(const Json &json);

/// The array a placeholder names, or nullptr.
const Array *arrayOf(const Json &placeholder, const Document &document);
/// A list of whole numbers: a placeholder of an i32 array or a JSON list.
std::vector<int32_t> intsOf(const Json &json, const Document &document);
/// Appends an array and returns its placeholder.
Json placeArray(std::vector<Array> &arrays, Array array);

} // namespace winnow
