#include "core/model/same_tokenizer.h"

#include "core/model/gguf_file.h" // printable
#include "core/model/model.h"

#include <algorithm>

namespace winnow {
namespace {

    constexpr const char *kHint
        = "take two models of one family; attention summed over characters can be compared without a common tokenizer: "
          "winnow-cli compare --align characters";

    const char *kindText(TokenKind kind)
    {
        switch (kind) {
        case TokenKind::Absent:
            break;
        case TokenKind::Normal:
            return "normal";
        case TokenKind::Added:
            return "added";
        case TokenKind::Special:
            return "special";
        }
        return "absent";
    }

    /// "x" (special), or that there is none.
    std::string tokenIn(const Tokenizer &tokenizer, int32_t id, const std::string &name)
    {
        if (id >= tokenizer.realVocabulary() || tokenizer.tokenKind(id) == TokenKind::Absent)
            return "no token in " + name;
        return '"' + printable(tokenizer.tokenText(id)) + "\" (" + kindText(tokenizer.tokenKind(id)) + ") in " + name;
    }

    /// What encode puts in front of a text, -1 for nothing.
    int32_t firstOf(const Tokenizer &tokenizer) { return tokenizer.bos().value_or(-1); }

    std::string frontOf(const Tokenizer &tokenizer, const std::string &name)
    {
        const int32_t id = firstOf(tokenizer);
        return id < 0 ? "nothing in " + name
                      : "token " + std::to_string(id) + " \"" + printable(tokenizer.tokenText(id)) + "\" in " + name;
    }

} // namespace

Result<void> checkSameTokenizer(
    const Tokenizer &large, const Tokenizer &small, const std::string &largeName, const std::string &smallName)
{
    if (&large == &small || (!large.hash().empty() && large.hash() == small.hash()))
        return {};
    const auto count = static_cast<int32_t>(std::max(large.realVocabulary(), small.realVocabulary()));
    for (int32_t id = 0; id < count; ++id) {
        const bool both = id < large.realVocabulary() && id < small.realVocabulary();
        if (both && large.tokenKind(id) == small.tokenKind(id) && large.tokenText(id) == small.tokenText(id))
            continue;
        const std::string in = tokenIn(large, id, largeName), other = tokenIn(small, id, smallName);
        if (in == "no token in " + largeName && other == "no token in " + smallName)
            continue;
        return fail(ErrorCode::Unsupported, "the models have different tokenizers: token " + std::to_string(id) + " is " + in + ", "
                + other, kHint);
    }
    if (firstOf(large) != firstOf(small))
        return fail(ErrorCode::Unsupported, "the models have different tokenizers: in front of a text stands "
                + frontOf(large, largeName) + ", " + frontOf(small, smallName), kHint);
    return {};
}

Result<void> checkSameTokenizer(const Model &large, const Model &small)
{
    const auto a = large.tokenizer(), b = small.tokenizer();
    if (a && b)
        return checkSameTokenizer(*a, *b, large.config().name, small.config().name);
    if (!a && !b && large.config().vocab == small.config().vocab)
        return {};
    return fail(ErrorCode::Unsupported, "the models " + large.config().name + " (" + std::to_string(large.config().vocab)
            + " ids) and " + small.config().name + " (" + std::to_string(small.config().vocab)
            + " ids) cannot be shown to have one tokenizer", kHint);
}

} // namespace winnow
