#pragma once

#include "core/base/error.h"
#include "core/base/json.h"

#include <cstddef>
#include <span>
#include <vector>

namespace winnow {

enum class FigureFormat { Png, Svg, Pdf };

/// Puts the recipe of a figure (view, state, requests; UTF-8 JSON) into its file, where a viewer
/// does not see it: an iTXt chunk of a PNG, a metadata element of an SVG, a comment behind the last
/// object of a PDF. A recipe that is there already is replaced. The picture does not change.
///
/// @error BadInput when the bytes are not of the format; the recipe is longer than 8 MiB.
Result<std::vector<std::byte>> embedRecipe(
    const Json &recipe, std::span<const std::byte> figure, FigureFormat format);

/// The recipe in the bytes of any PNG, SVG or PDF, untrusted.
/// @error NotFound when the file is a figure of another program, BadInput when the recipe is
/// damaged.
/// @cost  O(bytes); no allocation beyond a small multiple of the recipe.
Result<Json> extractRecipe(std::span<const std::byte> figure);

} // namespace winnow
