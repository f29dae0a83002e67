#pragma once

#include "core/base/error.h"
#include "core/model/gguf_value.h"
#include "core/model/mapped_file.h"
#include "core/model/quant.h"

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace winnow {

/// One tensor of a file. `ne` is ggml's order, fastest first: a matrix [out, in] has ne = {in, out}.
struct GgufTensor {
    std::string_view name;
    TensorType type = TensorType::F32;
    int dimensions = 1;
    std::array<int64_t, 4> ne{1, 1, 1, 1};
    int64_t rows = 1; // ne[1] * ne[2] * ne[3]
    int64_t cols = 1; // ne[0]
    std::span<const std::byte> bytes; // rows * rowBytes(type, cols)

    int64_t elements() const { return rows * cols; }
};

/// A GGUF file (versions 2 and 3, little endian) over a read-only mapping. Opening reads and checks the whole header:
/// whatever the bytes are, it ends with an object whose every view lies inside the file, or with an error. Immutable;
/// any thread.
class GgufFile {
public:
    /// @error NotFound, Io; BadModelFile naming file, key or tensor, expected and found; Unsupported for a version or
    ///        tensor type that is not known.
    /// @cost  The header is read once; memory is proportional to its entries. Weights are not touched.
    /// @source The GGUF specification, ggml-org/ggml docs/gguf.md.
    static Result<std::shared_ptr<const GgufFile>> open(const std::filesystem::path &path);

    const std::filesystem::path &path() const { return m_file.path(); }
    uint32_t version() const { return m_version; }
    int64_t fileBytes() const { return static_cast<int64_t>(m_file.bytes().size()); }
    const MappedFile &file() const { return m_file; }

    // Metadata. Every getter fails with BadModelFile (file, key, expected, found) when the key is missing or holds
    // another type; the forms with a fallback only for another type. Integers of all widths are integers, floats and
    // integers are numbers.
    const GgufValue *find(std::string_view key) const;
    bool has(std::string_view key) const { return find(key) != nullptr; }
    Result<std::string_view> string(std::string_view key) const;
    Result<int64_t> integer(std::string_view key) const;
    Result<int64_t> integer(std::string_view key, int64_t fallback) const;
    Result<double> number(std::string_view key) const;
    Result<double> number(std::string_view key, double fallback) const;
    Result<bool> boolean(std::string_view key, bool fallback) const;
    /// Arrays; a single value counts as an array of one (keys such as attention.head_count come in both forms).
    Result<std::vector<int64_t>> integers(std::string_view key) const;
    Result<std::vector<double>> numbers(std::string_view key) const;
    /// Views into the mapping: valid as long as this object.
    Result<std::vector<std::string_view>> strings(std::string_view key) const;
    /// The elements of an array value, also of nested arrays.
    static std::vector<GgufValue> elements(const GgufValue &array);
    /// A value as text for lists and tooltips: arrays are cut after `maxElements`.
    static std::string text(const GgufValue &value, size_t maxElements);
    /// All keys in file order.
    std::span<const std::string_view> keys() const { return m_keys; }

    /// All tensors in file order.
    std::span<const GgufTensor> tensors() const { return m_tensors; }
    const GgufTensor *findTensor(std::string_view name) const;
    /// @error BadModelFile naming file and tensor when it is not there.
    Result<const GgufTensor *> tensor(std::string_view name) const;

    /// BadModelFile about this file: "a.gguf: <what>".
    tl::unexpected<Error> bad(const std::string &what, std::string hint = {}) const;

private:
    friend class GgufParser;
    explicit GgufFile(MappedFile file);

    tl::unexpected<Error> badKey(std::string_view key, const std::string &expected) const;

    MappedFile m_file;
    uint32_t m_version = 0;
    std::vector<std::string_view> m_keys;
    std::unordered_map<std::string_view, GgufValue> m_values;
    std::vector<GgufTensor> m_tensors;
    std::unordered_map<std::string_view, size_t> m_tensorIndex;
};

/// A name of a file as it can be printed: bytes that are no printable ASCII as \xNN, cut after 80 characters.
std::string printable(std::string_view name);

} // namespace winnow
