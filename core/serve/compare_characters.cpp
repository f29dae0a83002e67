#include "core/serve/compare_characters.h"

#include "core/base/json_fields.h"
#include "core/eval/aligned_similarity.h"
#include "core/serve/compare_report.h"
#include "core/serve/report_parts.h"

#include <algorithm>

namespace winnow {
namespace {

    /// One model over the compared text.
    struct TextSide {
        std::vector<int32_t> ids;
        TokenCharacters tokens;
    };

    /// Bytes of the text that the compared tokens of the large model cover; whole characters.
    std::string comparedText(const CompareSetup &setup)
    {
        int64_t end = 0;
        for (int64_t t = 0; t < setup.span; ++t)
            end = std::max(end, setup.input.spans[size_t(t)].second);
        const std::string &text = setup.input.text;
        while (end < int64_t(text.size()) && (static_cast<uint8_t>(text[size_t(end)]) & 0xC0U) == 0x80U)
            ++end;
        return text.substr(0, size_t(end));
    }

    TextSide largeSide(const CompareSetup &setup, const std::string &text)
    {
        const auto count = setup.span;
        return {{setup.input.ids.begin(), setup.input.ids.begin() + count},
            tokenCharacters(text, {setup.input.spans.data(), size_t(count)})};
    }

    Result<TextSide> smallSide(EngineState &state, const CompareSetup &setup, const std::string &text)
    {
        auto tokenizer = state.models.tokenizer(setup.small);
        if (!tokenizer)
            return fail(tokenizer.error());
        auto encoded = (*tokenizer)->encode(text, SpecialTokens::Add);
        if (!encoded)
            return fail(encoded.error());
        TextSide side;
        std::vector<std::pair<int64_t, int64_t>> spans;
        for (const Token &token : *encoded) {
            side.ids.push_back(token.id);
            spans.emplace_back(token.begin, token.end);
        }
        side.tokens = tokenCharacters(text, spans);
        return side;
    }

    Result<AttentionSourcePtr> sourceOf(EngineState &state, const ModelRequest &wanted, const TextSide &side, int64_t layers,
        const char *stage, const RunContext &context)
    {
        auto model = state.models.open(wanted, context);
        auto hash = state.models.sha256(wanted, context);
        if (!model || !hash)
            return fail(!model ? model.error() : hash.error());
        return state.pairs.source(**model, *hash, side.ids, layers, stage, context);
    }

    int64_t charactersOf(const std::string &text)
    {
        return std::count_if(text.begin(), text.end(), [](char byte) { return (static_cast<uint8_t>(byte) & 0xC0U) != 0x80U; });
    }

} // namespace

Result<Document> answerCompareCharacters(EngineState &state, const Json &request, const RunContext &context)
{
    const RunClock clock;
    auto setup = compareSetup(state, request);
    if (!setup)
        return fail(setup.error());
    for (const SimilarityMetric metric : setup->similarity.metrics) {
        if (!overCharacters(metric))
            return fail(ErrorCode::Unsupported, std::string(metricInfo(metric).name) + " is not defined over characters",
                "take cosine, cosine_nosink, row_cosine, jaccard, spearman or column_cosine");
    }
    if (setup->what != "heads")
        return fail(ErrorCode::Unsupported, "align characters compares heads, not " + setup->what, "leave --what out");
    const std::string text = comparedText(*setup);
    const TextSide large = largeSide(*setup, text);
    auto small = smallSide(state, *setup, text);
    if (!small)
        return fail(small.error());
    auto smallSource = sourceOf(state, setup->small, *small, setup->smallLayers, "small model", context);
    if (!smallSource)
        return fail(smallSource.error());
    auto largeSource = sourceOf(state, setup->large, large, 0, "large model", context);
    if (!largeSource)
        return fail(largeSource.error());
    constexpr int64_t kKeepAll = int64_t(256) << 20; // rows are read one by one: computed together they are products of matrices
    AttentionRows largeRows(*largeSource, {0, int64_t(large.ids.size()), 0}, kKeepAll);
    AttentionRows smallRows(*smallSource, {0, int64_t(small->ids.size()), 0}, kKeepAll);
    const int64_t characters = charactersOf(text);
    auto tables = compareCharacters({largeRows, large.tokens}, {smallRows, small->tokens}, characters, setup->similarity, context);
    if (!tables)
        return fail(tables.error());

    auto largeModel = pairModelObject(state, setup->large, 0, context);
    auto smallModel = pairModelObject(state, setup->small, setup->smallLayers, context);
    if (!largeModel || !smallModel)
        return fail(!largeModel ? largeModel.error() : smallModel.error());
    const std::string device = stringField(*largeModel, "device");
    ReportBuilder builder = startCompareReport(canonicalCompare(request, *setup), *setup, std::move(*largeModel), std::move(*smallModel));
    builder.setExtra("characters", characters);
    builder.setExtra("smallTokens", small->ids.size());
    for (const SimilarityTable &table : tables->tables)
        addSimilarity(builder, *setup, table, tables->large, tables->small, characters);
    builder.setProvenance(clock.provenance(setup->large.threads, int64_t(setup->similarity.seed), device));
    return builder.build()->document();
}

} // namespace winnow
