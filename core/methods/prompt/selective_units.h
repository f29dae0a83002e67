#pragma once

#include "core/methods/prompt/render.h"
#include "core/methods/prompt/text_units.h"
#include "core/methods/prompt/unspaced_words.h"
#include "core/methods/prompt_method.h"

namespace winnow {

enum class UnitLevel { Token, Phrase, Sentence };

struct SelectiveOptions {
    UnitLevel level = UnitLevel::Phrase;
    SentenceRule rule = SentenceRule::Ours;
    bool keepNewlines = false;
    int32_t startToken = -1; // -1 = the scorer's
    const UnspacedWords *unspaced = nullptr; // for phrases; null = such runs stay whole
};

/// A sentence as it was scored by itself.
struct ScoredSentence {
    std::string text;
    std::vector<int32_t> ids; // without the start token
    std::vector<ByteSpan> spans; // bytes of `text`
    std::vector<double> information; // of every token
};

/// A unit of a sentence: bytes of the sentence and characters of the whole source text.
struct SelectiveUnit {
    int32_t sentence = 0;
    ByteSpan bytes;
    int64_t firstCharacter = 0, endCharacter = 0;
    double value = 0;
    bool kept = true;
};

struct SelectiveText {
    std::vector<ScoredSentence> sentences;
    std::vector<SelectiveUnit> units; // in text order
    std::vector<int32_t> unitOfByte; // [source bytes] index of the unit a byte lies in, -1 = white space that was folded away
    std::vector<std::string> notices;
    std::vector<uint8_t> newlineBefore; // [sentences] a kept line break stood in front
};

/// Shares a token's information equally among the units its characters overlap; a unit's value is the mean of the shares it got.
///
/// Deviation: the published sums lose shares at exact joints. @source prompt-compression-baselines.md 3.2 step 4.
/// @param tokens, units byte ranges of one text, ascending. @return one value a unit; 0 where none came.
std::vector<double> unitValues(const std::vector<ByteSpan> &tokens, const std::vector<double> &information, const std::vector<ByteSpan> &units);

/// Sentences, their scores and the values of their units.
Result<SelectiveText> selectiveText(
    const PromptInput &input, const SelectiveOptions &options, PromptScorer &scorer, const RunContext &context);

/// Kept units joined; the first unit of every sentence but the first gets a space in front.
Rendering keptText(const SelectiveText &text, const SelectiveOptions &options);

/// Tokens of the input at least half of whose visible characters lie in kept units; white space goes with the token behind it.
std::vector<int32_t> tokensInKeptUnits(const PromptInput &input, const SelectiveText &text);

/// Value of the unit that holds most of each token, as stage.0.
TokenScores unitScores(const PromptInput &input, const SelectiveText &text);

} // namespace winnow
