#pragma once

#include "core/methods/prompt/token_tagger.h"

#include <filesystem>
#include <memory>

namespace winnow {

/// A folder with a token classifier as the tagger of LLMLingua-2.
/// @error as TokenClassifier::open.
Result<std::shared_ptr<const TokenTagger>> openEncoderTagger(const std::filesystem::path &folder, const RunContext &context);

} // namespace winnow
