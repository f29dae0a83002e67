#include "core/eval/block_products.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/div.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/tanh.h>

#include <cstring>

namespace winnow {

void multiply(const float *a, const float *b, Transposed transposed, std::array<int64_t, 3> rowsInnerColumns, float *c)
{
    const auto [rows, inner, columns] = rowsInnerColumns;
    const auto view = [](const float *data, int64_t height, int64_t width) {
        return at::from_blob(const_cast<float *>(data), {height, width}, at::kFloat); // only c is written
    };
    at::Tensor result = view(c, rows, columns);
    if (transposed == Transposed::Yes)
        at::mm_out(result, view(a, rows, inner), view(b, columns, inner).t());
    else
        at::mm_out(result, view(a, rows, inner), view(b, inner, columns));
}

void scaleQueries(const ModelConfig &config, const BlockRows &rows, AttentionScratch &scratch)
{
    const int64_t width = config.headDim;
    const auto scale = static_cast<float>(config.scale());
    scratch.queries.resize(static_cast<size_t>(config.heads * rows.count * width));
    float *to = scratch.queries.data();
    for (int64_t h = 0; h < config.heads; ++h) {
        for (int64_t t = 0; t < rows.count; ++t) {
            const float *from = rows.q + t * rows.rowStride + h * width;
            for (int64_t d = 0; d < width; ++d)
                *to++ = from[d] * scale;
        }
    }
}

void toRows(const ModelConfig &config, int64_t count, const float *from, float *out)
{
    const int64_t width = config.valueWidth();
    for (int64_t h = 0; h < config.heads; ++h) {
        for (int64_t t = 0; t < count; ++t, from += width)
            std::memcpy(out + (t * config.heads + h) * width, from, static_cast<size_t>(width) * sizeof(float));
    }
}

void capScores(const ScoreRule &rule, float *scores, int64_t count)
{
    if (rule.cap > 0)
        at::from_blob(scores, {count}, at::kFloat).div_(rule.cap).tanh_().mul_(rule.cap);
}

void joinRows(const at::Tensor &prompt, const float *newRows, int64_t kvHead, int64_t fresh, int64_t capacity, float *out)
{
    const int64_t tokens = prompt.size(1), width = prompt.size(2);
    const size_t promptFloats = static_cast<size_t>(tokens * width);
    std::memcpy(out, prompt.const_data_ptr<float>() + kvHead * tokens * width, promptFloats * sizeof(float));
    std::memcpy(out + promptFloats, newRows + kvHead * capacity * width, static_cast<size_t>(fresh * width) * sizeof(float));
}

} // namespace winnow
