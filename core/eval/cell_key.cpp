#include "core/eval/cell_key.h"

#include "core/model/sha256.h"

#include <bit>
#include <cstddef>
#include <span>

namespace winnow {

Json recipeJson(const CellRecipe &recipe)
{
    return Json{{"model", recipe.modelHash}, {"tokenizer", recipe.tokenizerHash}, {"text", recipe.textHash},
        {"contextTokens", recipe.contextTokens}, {"method", recipe.method}, {"params", recipe.parameters},
        {"budget", recipe.budget}, {"segment", recipe.segment}, {"seed", recipe.seed}, {"mode", recipe.mode},
        {"dtype", recipe.dtype}, {"device", recipe.device}, {"version", recipe.version}};
}

std::string cellKey(const CellRecipe &recipe)
{
    const std::string text = recipeJson(recipe).dump();
    return sha256(std::as_bytes(std::span(text)));
}

std::string textHash(const std::vector<int32_t> &context, const std::vector<int32_t> &continuation)
{
    static_assert(std::endian::native == std::endian::little);
    Sha256 hash;
    hash.add(std::as_bytes(std::span(context)));
    hash.add(std::as_bytes(std::span(continuation)));
    return hash.finish();
}

} // namespace winnow
