#include "core/methods/segment/branching_model.h"

namespace winnow::segment {

void BranchingModel::describe(ReportBuilder &report) const
{
    report.setMetric("substrings", static_cast<double>(m_branching.substrings()));
    report.setMetric("substringTableBytes", static_cast<double>(m_branching.bytes()));
    TableArtifact table{"lengths", "Mean variation by length", {"length", "right", "left"}, {"characters", "nats", "nats"}, Json::array()};
    for (int length = 1; length <= m_branching.longest(); ++length)
        table.rows.push_back({length, m_branching.meanRight(length), m_branching.meanLeft(length)});
    report.add(table);
}

Json BranchingModel::explain(const CutText &line, int32_t first, int32_t end) const
{
    const BranchingValues values = m_branching.values(line.word(first, end));
    Json right = Json::array(), left = Json::array(); // h after each character: a rise marks a border
    for (int32_t at = first + 1; at <= end; ++at)
        right.push_back(m_branching.values(line.word(first, at)).entropyRight);
    for (int32_t at = end - 1; at >= first; --at)
        left.push_back(m_branching.values(line.word(at, end)).entropyLeft);
    return {{"occurrences", values.occurrences}, {"entropyRight", values.entropyRight}, {"entropyLeft", values.entropyLeft},
        {"variationRight", values.variationRight}, {"variationLeft", values.variationLeft}, {"autonomy", values.autonomy},
        {"variety", values.variety}, {"prefixEntropies", std::move(right)}, {"suffixEntropies", std::move(left)}};
}

Result<Branching> branchingOfSource(const SegmentSource &source, const Parameters &parameters, const RunContext &context)
{
    auto longest = static_cast<int>(parameters.integer("longest"));
    if (longest == 1)
        return fail(ErrorCode::BadInput, "longest is 1", "0 for the default, or 2 to 12 characters");
    if (longest == 0)
        longest = source.language == "th" ? 10 : 6;
    return Branching::count(chunksOfSource(source, preChunking(parameters)), longest, context);
}

} // namespace winnow::segment
