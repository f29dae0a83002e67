#pragma once

#include "core/words/cut_text.h"
#include "core/words/word_automaton.h"

#include <cstdint>
#include <map>
#include <string>

namespace winnow {

/// A count that a person gave a word; 0 takes it out.
using WordEdits = std::map<std::u32string, uint64_t>;

/// The character behind which the words of a dictionary are summed up that a line does not touch. Not a character of any text.
inline constexpr char32_t kOtherWords = 0x10FFFF;

/// The part of a dictionary that one line touches, with the same counts, prefixes and sums: words of the line, and behind every
/// prefix of the line one stand-in with the counts of all other words that begin with it. An automaton over it weighs every
/// word of the line as one over the whole dictionary does, and is made in well under a millisecond, so that an edited count shows at
/// once however large the dictionary is.
///
/// @param whole  automaton over the whole dictionary.
/// @param edits  counts that replace those of the dictionary.
/// @cost  O(prefixes of the line + edits).
WordDictionary lineDictionary(const CutText &line, const WordAutomaton &whole, const WordEdits &edits);

} // namespace winnow
