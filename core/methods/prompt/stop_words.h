#pragma once

#include <string_view>

namespace winnow {

/// Whether a word is one of the stop words, whatever its case and the punctuation around it.
/// @source prompt-compression-baselines.md 3.7.
bool isStopWord(std::string_view word);

/// Articles, demonstratives and possessives: what may stand directly before a phrase.
bool isDeterminer(std::string_view word);

} // namespace winnow
