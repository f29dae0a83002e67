#pragma once

#include "core/model/layer_pass.h"

#include <ATen/core/Tensor.h>

namespace winnow {

// What a pass shows to its hooks, for the files that run layers.

inline bool hooked(const LayerPass &pass, HookPoint point, int64_t layer) { return pass.hooks && pass.hooks->wants(point, layer); }

/// The hook's view of head tensors is [H, T, D]; the pass holds [T, H, D].
inline void hookHeads(const LayerPass &pass, HookPoint point, int64_t layer, at::Tensor &heads)
{
    if (!hooked(pass, point, layer))
        return;
    const at::Tensor seen = heads.transpose(0, 1).contiguous();
    const at::Tensor result = pass.hooks->apply(seen, HookSite{point, layer, 0, 0});
    if (!result.is_same(seen))
        heads.copy_(result.transpose(0, 1));
}

/// The same for rows that all heads share: the hook sees [1, T, n] of rows [T, n]. @return what to go on with
inline at::Tensor hookShared(const LayerPass &pass, HookPoint point, int64_t layer, const at::Tensor &rows)
{
    if (!hooked(pass, point, layer))
        return rows;
    return pass.hooks->apply(rows.unsqueeze(0).contiguous(), HookSite{point, layer, 0, 0}).squeeze(0).contiguous();
}

} // namespace winnow
