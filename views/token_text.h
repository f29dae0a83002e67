#pragma once

#include <QString>

#include <string>
#include <vector>

namespace winnow {

/// Where one token stands in the shown text. Tokens that cut a character or a cluster (byte pieces of an emoji, a Thai
/// vowel sign) share its place: `parts` of them, this one is the `part`-th.
struct TokenSpan {
    int begin = 0, end = 0; // UTF-16 units of TokenText::shown
    int part = 0, parts = 1;
};

/// A tokenised text ready for layout: one shown character for each of the original.
struct TokenText {
    QString text; // as it was
    QString shown; // control characters replaced by visible signs, '\n' by the return sign
    std::vector<TokenSpan> spans; // one per token

    /// Joins pieces; pieces that are no valid UTF-8 by themselves are joined with their neighbours first.
    /// @param text  the input's text where it is known: recovers characters that lossy pieces (U+FFFD) no longer show.
    static TokenText fromPieces(const std::vector<std::string> &pieces, const std::string &text);
    /// First token at a shown position, -1 when none.
    int tokenAt(int position) const;
    /// A token's own characters for labels: "“Carolina”" without quotes, trimmed, signs made visible.
    QString label(int token) const;
    /// True when the text is mostly Chinese, Japanese, Korean or Thai: larger type, taller lines.
    bool isWide() const;
};

} // namespace winnow
