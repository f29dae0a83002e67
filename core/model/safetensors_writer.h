#pragma once

#include "core/base/error.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace winnow {

enum class StoredType { F32, I32 };

/// Writes a .safetensors file in two steps: all tensors are declared, then their values come in any order and in pieces, so
/// that a file may be larger than memory. The file is written beside its name and renamed by finish(); anything else
/// leaves no file behind.
class SafetensorsWriter {
public:
    explicit SafetensorsWriter(std::filesystem::path path);
    ~SafetensorsWriter();
    SafetensorsWriter(const SafetensorsWriter &) = delete;
    SafetensorsWriter &operator=(const SafetensorsWriter &) = delete;

    /// Before begin(). Names must be new.
    void declare(const std::string &name, std::vector<int64_t> shape, StoredType type = StoredType::F32);
    bool declared(const std::string &name) const { return m_entries.contains(name); }

    /// Writes the header and reserves the file's size.
    /// @error Io: cannot create, or not enough room on the disk (both numbers).
    Result<void> begin();

    /// Values of a declared tensor from flat element `offset` on; f32 or i32 as declared, any strides.
    /// @error Io, Internal when the values do not fit the declaration.
    Result<void> write(const std::string &name, const at::Tensor &values, int64_t offset = 0);

    /// Makes the file appear under its name.
    Result<void> finish();

    std::vector<std::string> names() const;
    int64_t fileBytes() const { return m_dataBegin + m_dataBytes; }

private:
    struct Entry {
        StoredType type;
        std::vector<int64_t> shape;
        int64_t elements = 0;
        int64_t offset = 0; // of the data part
    };
    std::string header() const;

    std::filesystem::path m_path, m_partPath;
    std::map<std::string, Entry> m_entries;
    int64_t m_dataBegin = 0, m_dataBytes = 0;
    int m_file = -1;
};

} // namespace winnow
