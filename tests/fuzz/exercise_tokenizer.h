#pragma once

#include "core/model/tokenizer.h"

#include <string>
#include <vector>

namespace winnow::test {

/// Encodes and decodes with a tokenizer made of any bytes. Returns "" when every answer is sound or an error that says
/// something; else what is wrong.
inline std::string exerciseTokenizer(const Tokenizer &tokenizer)
{
    const std::string texts[] = {"", " ", "Hello world, 12345 jumps!\n  it's <s>\xc3\xa9 e\xcc\x81 \xe6\xbc\xa2</s> ",
        std::string(80, 'a') + "\xe2\x96\x81\xf0\x9f\x98\x80\xef\xac\x81" + std::string(40, ' ')};
    for (const std::string &text : texts) {
        const auto tokens = tokenizer.encode(text, SpecialTokens::Add);
        if (!tokens && tokens.error().message.empty())
            return "an error without a message";
        if (!tokens)
            continue;
        std::vector<int32_t> ids;
        for (const Token &token : *tokens) {
            if (token.begin < 0 || token.begin > token.end || token.end > static_cast<int64_t>(text.size()))
                return "a token whose span lies outside the text";
            ids.push_back(token.id);
            tokenizer.piece(token.id);
        }
        for (const bool skip : {false, true}) {
            const auto decoded = tokenizer.decode(ids, skip);
            if (!decoded && decoded.error().code != ErrorCode::BadInput)
                return "ids of a text that cannot be decoded: " + decoded.error().message;
        }
    }
    for (const int32_t id : {-1, 0, 1, INT32_MAX}) {
        tokenizer.piece(id);
        tokenizer.isSpecial(id);
    }
    return tokenizer.kind().empty() || tokenizer.hash().empty() ? "a tokenizer without kind or hash" : "";
}

} // namespace winnow::test
