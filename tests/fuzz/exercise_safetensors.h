#pragma once

#include "core/model/safetensors_file.h"

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

namespace winnow::test {

/// Opens a file of any bytes and touches everything it offers: metadata and every row of every tensor.
/// Returns "" after an error that says something, or after everything could be read; else what is wrong.
inline std::string exerciseSafetensors(const std::filesystem::path &path)
{
    const auto opened = SafetensorsFile::open(path);
    if (!opened)
        return opened.error().message.empty() ? "an error without a message" : "";
    size_t indexed = 0;
    std::vector<float> row;
    for (const StoredTensor &tensor : (*opened)->tensors()) {
        if ((*opened)->find(tensor.name) != &tensor)
            return "a tensor that is listed but not found";
        indexed += tensor.bytes.size();
        if (!tensor.readable || tensor.elements() == 0)
            continue;
        const auto size = rowBytes(tensor.type, tensor.cols());
        if (!size || *size * tensor.rows() != static_cast<int64_t>(tensor.bytes.size()))
            return "a tensor whose bytes do not match its shape";
        row.resize(static_cast<size_t>(tensor.cols()));
        for (int64_t r = 0; r < tensor.rows(); ++r) {
            const auto bytes = tensor.bytes.subspan(static_cast<size_t>(r * *size), static_cast<size_t>(*size));
            if (const auto read = dequantiseRows(tensor.type, bytes, 1, tensor.cols(), row.data()); !read)
                return "a tensor that cannot be read: " + read.error().message;
        }
    }
    return indexed + 8 <= static_cast<size_t>((*opened)->fileBytes()) ? "" : "tensors that are larger than the file";
}

} // namespace winnow::test
