#pragma once

#include "core/model/unicode.h"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace winnow {

/// Cuts a text into pieces that tokens never cross: appends the length (in code points) of each piece, in order; the
/// lengths add up to text.size(). Each is one regular expression of a published tokenizer, written out.
using Splitter = void (*)(std::span<const CodePoint> text, std::vector<size_t> &lengths);

/// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
/// @source GPT-2, encoder.py of openai/gpt-2.
void splitGpt2(std::span<const CodePoint> text, std::vector<size_t> &lengths);

/// `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
/// @source Llama 3, tokenizer.json.
void splitLlama3(std::span<const CodePoint> text, std::vector<size_t> &lengths);

/// splitLlama3 with one number a piece: `\p{N}`.
/// @source Qwen2, tokenizer.json.
void splitQwen2(std::span<const CodePoint> text, std::vector<size_t> &lengths);

/// Every `\p{N}` is a piece, and so is what lies between (Digits with individual_digits).
/// @source SmolLM2, tokenizer.json.
void isolateNumbers(std::span<const CodePoint> text, std::vector<size_t> &lengths);

/// The splitter that writes out exactly this regular expression of a tokenizer.json; nullptr when none does.
Splitter splitterOf(std::string_view expression);

} // namespace winnow
