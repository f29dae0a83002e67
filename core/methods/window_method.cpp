#include "core/methods/window_method.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/sum.h>

#include <algorithm>
#include <cmath>

namespace winnow {
namespace {

    class WindowSlots : public SlotScorer {
    public:
        WindowSlots(int64_t window, int64_t tokens)
            : m_window(window)
            , m_tokens(tokens)
        {
        }

        int64_t queryRows() const override { return m_window; }

        int64_t score(const DecodeRow &row, std::vector<float> &x) const override
        {
            windowAttention(row, m_tokens, x);
            return row.heads;
        }

    private:
        int64_t m_window;
        int64_t m_tokens;
    };

    float dot(const float *a, const float *b, int64_t n)
    {
        float sum = 0;
        for (int64_t i = 0; i < n; ++i)
            sum += a[i] * b[i];
        return sum;
    }

    /// Softmax of the first `visible` logits, added to sum.
    void addSoftmax(std::vector<float> &logits, int64_t visible, float *sum)
    {
        const float top = *std::max_element(logits.begin(), logits.begin() + visible);
        float total = 0;
        for (int64_t i = 0; i < visible; ++i) {
            logits[static_cast<size_t>(i)] = std::exp(logits[static_cast<size_t>(i)] - top);
            total += logits[static_cast<size_t>(i)];
        }
        for (int64_t i = 0; i < visible; ++i)
            sum[i] += logits[static_cast<size_t>(i)] / total;
    }

} // namespace

CaptureNeeds WindowMethod::needs(const Parameters &parameters) const
{
    return {.window = parameters.integer("window")};
}

Result<at::Tensor> WindowMethod::score(const Capture &capture, const Parameters &, int64_t layer, int64_t window) const
{
    const at::Tensor &rows = capture.layers[static_cast<size_t>(layer)].winRows; // [H, W, N]
    at::Tensor mean = at::sum(rows.narrow(1, rows.size(1) - window, window), 1); // [H, N]
    return mean.div_(static_cast<double>(window)).contiguous();
}

void WindowMethod::refine(const Parameters &parameters, float *row, int64_t n) const
{
    const std::string pool = parameters.word("pool");
    if (pool != "none")
        poolRow(pool == "max" ? Pooling::Max : Pooling::Average, parameters.integer("kernel"), row, n);
}

ProtectedSlots WindowMethod::protectedSlots(const Parameters &parameters, int64_t count) const
{
    return {0, effectiveWindow(parameters.integer("window"), count)};
}

std::unique_ptr<SlotScorer> WindowMethod::slotScorer(
    const Capture &, const Parameters &, const KvPlan &plan, int64_t) const
{
    return std::make_unique<WindowSlots>(plan.window, plan.kept.tokens);
}

void windowAttention(const DecodeRow &row, int64_t tokens, std::vector<float> &x)
{
    const int64_t n = row.slots;
    const int64_t d = row.headDim;
    const auto scale = static_cast<float>(row.rule.scale);
    x.assign(static_cast<size_t>(row.heads * n), 0.0F);
    std::vector<float> logits(static_cast<size_t>(n));
    for (int64_t r = 0; r < row.queryRows; ++r) {
        const int64_t position = tokens + row.row - (row.queryRows - 1 - r);
        const int64_t visible = std::upper_bound(row.positions, row.positions + n, position) - row.positions;
        const int64_t seen = std::lower_bound(row.positions, row.positions + n, row.rule.firstSeen(position)) - row.positions;
        if (visible <= seen) // everything this row could see has left since
            continue;
        for (int64_t h = 0; h < row.heads; ++h) {
            const float *keys = row.keys + h * row.kvHeads / row.heads * row.kvStride;
            const float *query = row.queries + (r * row.heads + h) * d;
            for (int64_t i = seen; i < visible; ++i)
                logits[static_cast<size_t>(i - seen)] = row.rule.capped(scale * dot(query, keys + i * d, d));
            addSoftmax(logits, visible - seen, x.data() + h * n + seen);
        }
    }
    for (float &value : x)
        value /= static_cast<float>(std::max<int64_t>(1, row.queryRows));
}

} // namespace winnow
