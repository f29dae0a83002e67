#pragma once

#include "core/eval/evaluate_layer.h"
#include "core/eval/guided_notes.h"
#include "core/eval/guided_sets.h"

#include <memory>
#include <vector>

namespace winnow {

/// One layer of a guided cell: critical and recent tokens are attended to, marginal ones get a small model's weights.
///
/// A block of rows is scored against all tokens in one product; the row loop then chooses each row's tokens and weights. The
/// same numbers as one row after the other (smallkv.md 3, "Whole continuation at once").
class GuidedLayer : public LayerExecution {
public:
    GuidedLayer(const Capture &capture, const EvaluationCell &cell, int64_t layer, const EvaluationOptions &options);

    void attend(const BlockRows &rows, const LayerContext &context, AttentionScratch &scratch, float *out, CellRecord &record) override;
    int64_t slots() const override;

private:
    void scoreAll(const BlockRows &rows, AttentionScratch &scratch) const;
    void weighSet(const BlockRows &rows, int64_t row, int64_t set, const LayerContext &context, AttentionScratch &scratch, CellRecord &record);
    RowMass weighHead(int64_t position, const GuidedSet &set, const float *small, float *scores, float *weights, CellRecord &record);
    double lostOf(const float *full, const GuidedSet &set) const;
    void noteRow(int64_t first, int64_t row, double lost, int64_t set, const FullBlock &full, CellRecord &record) const;

    const Capture &m_capture;
    const ModelConfig &m_config;
    const KvPlan &m_plan;
    const GuidedPlan &m_guided;
    int64_t m_layer;
    HeadSets m_kind;
    int64_t m_setHeads; // query heads of a set
    ScoreRule m_rule;
    std::unique_ptr<GuidedSets> m_sets;
    GuidedNotes m_notes;
    bool m_cutNoted = false;
    std::vector<float> m_marginal; // weights of one head's marginal tokens
};

} // namespace winnow
