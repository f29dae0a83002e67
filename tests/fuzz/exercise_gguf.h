#pragma once

#include "core/model/gguf_file.h"
#include "exercise_tokenizer.h"

#include <filesystem>
#include <string>
#include <vector>

namespace winnow::test {

/// Opens a file of any bytes and touches everything it offers: metadata, every tensor row, the tokenizer.
/// Returns "" after an error that says something, or after everything could be read; else what is wrong.
inline std::string exerciseGguf(const std::filesystem::path &path)
{
    const auto opened = GgufFile::open(path);
    if (!opened)
        return opened.error().message.empty() ? "an error without a message" : "";
    const GgufFile &file = **opened;
    for (const std::string_view key : file.keys()) {
        const GgufValue *value = file.find(key);
        if (!value)
            return "a key that is listed but not found";
        GgufFile::text(*value, 3);
        file.integers(key);
        file.numbers(key);
        file.strings(key);
    }
    std::vector<float> row;
    for (const GgufTensor &tensor : file.tensors()) {
        if (file.findTensor(tensor.name) != &tensor)
            return "a tensor that is listed but not found";
        const auto size = rowBytes(tensor.type, tensor.cols);
        if (!size || *size * tensor.rows != static_cast<int64_t>(tensor.bytes.size()))
            return "a tensor whose bytes do not match its shape";
        row.resize(static_cast<size_t>(tensor.cols));
        for (int64_t r = 0; r < tensor.rows; ++r) {
            const auto bytes = tensor.bytes.subspan(static_cast<size_t>(r * *size), static_cast<size_t>(*size));
            const auto read = dequantiseRows(tensor.type, bytes, 1, tensor.cols, row.data());
            if (!read && read.error().code != ErrorCode::Unsupported)
                return "a tensor that cannot be read: " + read.error().message;
            if (!read)
                break;
        }
    }
    const auto tokenizer = Tokenizer::fromGguf(file);
    if (!tokenizer)
        return tokenizer.error().message.empty() ? "an error without a message" : "";
    return exerciseTokenizer(**tokenizer);
}

} // namespace winnow::test
