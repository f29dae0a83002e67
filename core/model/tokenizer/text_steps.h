#pragma once

#include "core/model/tokenizer/pipeline.h"
#include "core/model/tokenizer/regex.h"
#include "core/model/tokenizer/split_rules.h"

#include <memory>
#include <string>
#include <string_view>

namespace winnow {

// Steps of normalisation, named as in tokenizer.json. Sources: huggingface/tokenizers, src/normalizers.

enum class NormalForm { Nfc, Nfd, Nfkc, Nfkd };
/// @cost Text that is in normal form already is not copied.
NormalizeStep normalForm(NormalForm form);
/// Every code point by itself: U+0130 becomes two, no rule looks at its neighbours.
NormalizeStep lowercase();
/// Leaves marks out (general category M).
NormalizeStep stripAccents();
enum class Sides { None, Left, Right, Both };
NormalizeStep stripSpace(Sides sides);
/// In front of a text that is not empty.
NormalizeStep prependText(std::string text);
NormalizeStep replaceText(std::string pattern, std::string by);
NormalizeStep replaceMatches(std::shared_ptr<const Regex> pattern, std::string by);
/// Bytes become the characters of GPT-2's mapping.
NormalizeStep mapBytes();
NormalizeStep nmtRules();

struct BertRules {
    bool cleanText = true, separateChinese = true, stripAccents = true, lowercase = true;
};
/// The rules of BERT's tokenizer, one NormalizeStep each.
void appendBertRules(const BertRules &rules, std::vector<NormalizeStep> &steps);

/// How a map is applied: grapheme cluster by cluster, as Hugging Face tokenizers do, or to the longest text at each place,
/// as SentencePiece does.
enum class CharsmapRule { Clusters, Longest };
/// The rules a SentencePiece model brings along: a double array of texts and what replaces them.
/// @error BadModelFile when the bytes are no such map.
/// @source Darts-clone's layout; precompiled_charsmap of google/sentencepiece.
Result<NormalizeStep> precompiledCharsmap(std::string bytes, CharsmapRule rule);

// Steps of pre-tokenisation. Sources: huggingface/tokenizers, src/pre_tokenizers.

/// What becomes of the matches of an expression that cuts a text.
enum class MatchedText { Removed, Isolated, MergedWithPrevious, MergedWithNext, Contiguous };
/// Appends matches in one piece; they do not overlap. `ticks`: as for Regex::findAll.
using MatchFinder = std::function<Result<void>(std::string_view piece, std::vector<RegexMatch> &matches, int64_t &ticks)>;

MatchFinder matchesOf(std::shared_ptr<const Regex> pattern);
MatchFinder matchesOf(std::string text);
/// Single code points for which `matches` holds.
MatchFinder codePointMatches(bool (*matches)(char32_t));

/// `invert`: what lies between the matches counts as match, and the other way round.
enum class MatchSense { AsFound, Inverted };
CutStep splitStep(MatchFinder find, MatchedText rule, MatchSense sense);
/// The same as splitStep(Isolated) with the expression a splitter writes out.
CutStep splitByRule(Splitter rule);
/// splitStep(Isolated) with an expression, by the splitter that writes it out where there is one.
/// @error as Regex::compile.
Result<CutStep> splitByExpression(std::string_view expression);
/// A space in front of every piece that does not begin with one.
CutStep prefixSpace();
/// Bytes of all pieces become the characters of GPT-2's mapping.
CutStep mapBytesOfPieces();
enum class PrependScheme { Always, First, Never };
/// Spaces become `replacement`, which is also put in front; pieces end before each when `split`.
CutStep metaspace(std::string replacement, PrependScheme scheme, bool split);
CutStep splitDigits(bool individually);
CutStep splitPunctuation(MatchedText rule);
CutStep splitAtWhiteSpace();
CutStep splitWords(); // `\w+|[^\w\s]+`
CutStep splitUnicodeScripts();
CutStep splitFixedLength(size_t length);

// Steps of decoding. Sources: huggingface/tokenizers, src/decoders.

DecodeStep decodeBytes();
DecodeStep decodeByteFallback();
DecodeStep fuseTexts();
DecodeStep stripTexts(std::string content, size_t start, size_t stop);
DecodeStep replaceInTexts(std::string pattern, std::string by);
DecodeStep replaceMatchesInTexts(std::shared_ptr<const Regex> pattern, std::string by);
DecodeStep decodeMetaspace(std::string replacement, PrependScheme scheme);
DecodeStep decodeWordPiece(std::string prefix, bool cleanUp);
DecodeStep decodeBpeSuffix(std::string suffix);

} // namespace winnow
