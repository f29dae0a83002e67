#include "views/guided_heads.h"

#include "views/format.h"

#include <QStringList>

#include <algorithm>

namespace winnow {

std::vector<ServingHead> servingHeads(const Report &report)
{
    std::vector<ServingHead> serving;
    for (const TableArtifact &table : report.tables()) {
        if ((table.id != "guidedHeads" && table.id != "headMap") || table.columns.size() < 5 || !table.rows.is_array())
            continue;
        for (const Json &row : table.rows) {
            if (!row.is_array() || row.size() < 5 || !std::all_of(row.begin(), row.begin() + 4, [](const Json &cell) { return cell.is_number_integer(); }))
                continue;
            serving.push_back({row[0].get<int>(), row[1].get<int>(), row[2].get<int>(), row[3].get<int>(), row[4].is_number() ? row[4].get<double>() : 0});
        }
    }
    std::stable_sort(serving.begin(), serving.end(), [](const ServingHead &a, const ServingHead &b) { return std::pair(a.layer, a.head) < std::pair(b.layer, b.head); });
    return serving;
}

QString servingText(const std::vector<ServingHead> &serving, int layer, int kvHead, int group)
{
    QStringList names;
    for (const ServingHead &each : serving)
        if (each.layer == layer && each.head / std::max(1, group) == kvHead && !names.contains(format::headAddress(each.smallLayer, each.smallHead)))
            names << format::headAddress(each.smallLayer, each.smallHead);
    return names.join(QStringLiteral(", "));
}

} // namespace winnow
