#include "views/pair_maps.h"

#include "core/base/json_fields.h"

namespace winnow {

ReportPtr mapsReport(const PairMaps &maps)
{
    const auto cells = static_cast<size_t>(maps.tokens) * static_cast<size_t>(maps.tokens);
    if (maps.tokens <= 0 || maps.tokens > kStoredMapTokens || maps.large.size() != cells || maps.small.size() != cells)
        return nullptr;
    ReportBuilder builder;
    for (const bool large : {true, false}) {
        MatrixArtifact tile;
        tile.type = "AttentionTile";
        tile.id = large ? "maps.large" : "maps.small";
        tile.metric = "attention";
        tile.rowName = "query token";
        tile.columnName = "key token";
        tile.rows = tile.columns = maps.tokens;
        tile.values = large ? maps.large : maps.small;
        tile.extra = {{"layer", large ? maps.heads.layer : maps.heads.smallLayer}, {"head", large ? maps.heads.head : maps.heads.smallHead}};
        builder.add(tile);
    }
    return builder.build();
}

std::shared_ptr<const PairMaps> readMaps(const Report &report)
{
    auto maps = std::make_shared<PairMaps>();
    for (const MatrixArtifact &tile : report.matrices()) {
        const bool large = tile.id == "maps.large";
        if ((!large && tile.id != "maps.small") || tile.rows != tile.columns)
            continue;
        maps->tokens = static_cast<int>(tile.rows);
        (large ? maps->heads.layer : maps->heads.smallLayer) = static_cast<int>(integerField(tile.extra, "layer", -1));
        (large ? maps->heads.head : maps->heads.smallHead) = static_cast<int>(integerField(tile.extra, "head", -1));
        (large ? maps->large : maps->small) = tile.values;
    }
    const auto cells = static_cast<size_t>(maps->tokens) * static_cast<size_t>(maps->tokens);
    return cells > 0 && maps->heads.hasHeads() && maps->large.size() == cells && maps->small.size() == cells ? maps : nullptr;
}

} // namespace winnow
