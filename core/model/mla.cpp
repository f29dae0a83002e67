#include "core/model/mla.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/softmax.h>

#include <cmath>
#include <limits>

namespace winnow {
namespace {

    /// Rows of latentUp as [H, nope + value, r].
    at::Tensor latentUp(const ModelConfig &config, const MlaWeights &weights)
    {
        const MlaConfig &mla = config.mla;
        return weights.latentUp.rowsF32(0, weights.latentUp.rows()).view({config.heads, mla.nope + mla.value, mla.latent});
    }

} // namespace

MlaProjections mlaProject(const ModelConfig &config, const MlaWeights &weights, const at::Tensor &normed)
{
    const MlaConfig &mla = config.mla;
    const int64_t rows = normed.size(0);
    MlaProjections parts;
    at::Tensor queries = normed;
    if (weights.queryDown.defined())
        queries = rmsNorm(multiply(normed, weights.queryDown), weights.queryNorm, mla.latentNormEps);
    parts.q = multiply(queries, weights.query).view({rows, config.heads, mla.nope + mla.rope});
    const at::Tensor down = multiply(normed, weights.latentDown); // [rows, r + rope]
    parts.latent = rmsNorm(down.narrow(1, 0, mla.latent).contiguous(), weights.latentNorm, mla.latentNormEps);
    parts.kpe = down.narrow(1, mla.latent, mla.rope).contiguous();
    return parts;
}

void mlaExpand(const ModelConfig &config, const MlaWeights &weights, const at::Tensor &latent, const at::Tensor &kpe,
    Projections &heads)
{
    const MlaConfig &mla = config.mla;
    const int64_t rows = latent.size(0);
    const at::Tensor up = multiply(latent, weights.latentUp).view({rows, config.heads, mla.nope + mla.value});
    heads.k = at::empty({rows, config.heads, mla.nope + mla.rope}, latent.options());
    heads.k.narrow(2, 0, mla.nope).copy_(up.narrow(2, 0, mla.nope));
    heads.k.narrow(2, mla.nope, mla.rope).copy_(kpe.unsqueeze(1).expand({rows, config.heads, mla.rope}));
    heads.v = up.narrow(2, mla.nope, mla.value);
}

Projections mlaProjections(const ModelConfig &config, const MlaWeights &weights, const at::Tensor &normed)
{
    const MlaProjections parts = mlaProject(config, weights, normed);
    Projections heads;
    heads.q = parts.q;
    mlaExpand(config, weights, parts.latent, parts.kpe, heads);
    return heads;
}

at::Tensor mlaAbsorbQueries(const ModelConfig &config, const MlaWeights &weights, const at::Tensor &q)
{
    const MlaConfig &mla = config.mla;
    const at::Tensor keys = latentUp(config, weights).narrow(1, 0, mla.nope); // [H, nope, r]
    at::Tensor out = at::empty({q.size(0), config.heads, mla.latent + mla.rope}, q.options());
    out.narrow(2, 0, mla.latent).copy_(at::bmm(q.narrow(2, 0, mla.nope).transpose(0, 1), keys).transpose(0, 1));
    out.narrow(2, mla.latent, mla.rope).copy_(q.narrow(2, mla.nope, mla.rope));
    return out;
}

at::Tensor mlaExpandValues(const ModelConfig &config, const MlaWeights &weights, const at::Tensor &attended)
{
    const MlaConfig &mla = config.mla;
    const at::Tensor values = latentUp(config, weights).narrow(1, mla.nope, mla.value); // [H, value, r]
    return at::bmm(attended.transpose(0, 1), values.transpose(1, 2)).transpose(0, 1).reshape({attended.size(0), config.heads * mla.value});
}

at::Tensor mlaAttend(const ModelConfig &config, const MlaWeights &weights, const at::Tensor &q, const at::Tensor &latents)
{
    const MlaConfig &mla = config.mla;
    const int64_t rows = q.size(0), slots = latents.size(0);
    const at::Tensor absorbed = mlaAbsorbQueries(config, weights, q).transpose(0, 1); // [H, rows, r + rope]
    at::Tensor scores = at::mm(absorbed.reshape({config.heads * rows, mla.latent + mla.rope}), latents.t()).mul_(config.scale());
    if (rows > 1) {
        const at::Tensor hidden = at::ones({rows, slots}, q.options().dtype(at::kBool)).triu(slots - rows + 1);
        scores.view({config.heads, rows, slots}).masked_fill_(hidden, -std::numeric_limits<double>::infinity());
    }
    const at::Tensor attended = at::mm(at::softmax(scores, 1), latents.narrow(1, 0, mla.latent)); // [H * rows, r]
    return mlaExpandValues(config, weights, attended.view({config.heads, rows, mla.latent}).transpose(0, 1));
}

double yarnMagnitude(double factor, double m) { return factor <= 1 ? 1.0 : 0.1 * m * std::log(factor) + 1.0; }

double yarnScoreScale(double headDim, double factor, double mscaleAllDim)
{
    const double magnitude = mscaleAllDim > 0 ? yarnMagnitude(factor, mscaleAllDim) : 1.0;
    return magnitude * magnitude / std::sqrt(headDim);
}

} // namespace winnow
