#include "core/methods/kv/common.h"
#include "core/methods/window_method.h"

namespace winnow {
namespace {

    /// The same budget in every layer.
    class SnapKv : public WindowMethod { };

    constexpr std::array kParameters{
        kv::kWindow, kv::kPool, kv::kKernel, kv::kGroupRule, kv::kDecodeGrow, kv::kInterval};

} // namespace

namespace methodspecs {
    extern const MethodSpec snapkv;
}

constinit const MethodSpec methodspecs::snapkv{.id = "snapkv",
    .title = "SnapKV",
    .family = "kv",
    .summary = "Keeps what the last queries of the prompt look at, with its neighbours, and the last tokens themselves.",
    .source = "arXiv:2404.14469",
    .sourceUrl = "https://arxiv.org/abs/2404.14469",
    .budget = {},
    .parameters = kParameters,
    .needs = "winRows",
    .artifacts = "KeptTokens,TokenScores,Savings",
    .create = []() -> std::unique_ptr<const Method> { return std::make_unique<SnapKv>(); }};

} // namespace winnow
