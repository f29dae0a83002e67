#pragma once

#include <span>
#include <string>
#include <string_view>

namespace winnow {

/// What a pre-tokeniser name of GGUF (tokenizer.ggml.pre) stands for.
struct PreTokenizerRules {
    std::span<const std::string_view> expressions; // each cuts the pieces of the one before; empty: the name is not known
    bool nfc = false; // the text is normalised first
    bool wholePiecesFirst = false; // a piece that is a token is that token, whatever the merges say
    bool addsBos = false; // where the file does not say
};

/// @source The table of names in ggml-org/llama.cpp, src/llama-vocab.cpp; expressions as the models' tokenizer.json have them.
PreTokenizerRules preTokenizerRules(std::string_view pre);

/// Names preTokenizerRules knows, for messages.
std::string preTokenizerNames();

} // namespace winnow
