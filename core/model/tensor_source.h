#pragma once

#include "core/base/error.h"
#include "core/model/quant.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace winnow {

/// One tensor as it lies in a model file, whatever the format of the file. A view: valid as long as its source.
struct StoredTensor {
    std::string_view name; // as the file has it
    TensorType type = TensorType::F32; // for dequantiseRows; meaningless unless `readable`
    std::string_view typeName; // as the format calls it: "Q4_K", "BF16", "BOOL"
    bool readable = false; // dequantiseRows knows the type
    std::vector<int64_t> shape; // torch order, slowest first: a matrix is [out, in]; empty = one value
    std::span<const std::byte> bytes; // row-major and whole; at any address, so read it with memcpy or dequantiseRows

    /// Product of all extents but the last; 1 for vectors and single values.
    int64_t rows() const;
    /// The last extent; 1 for a single value.
    int64_t cols() const { return shape.empty() ? 1 : shape.back(); }
    int64_t elements() const { return rows() * cols(); }
};

/// "[2048, 512]".
std::string shapeText(std::span<const int64_t> shape);

/// The tensors of a model, from one file or several, over read-only mappings that live as long as this object. Immutable
/// once it is open; any thread. Opened and shared as shared_ptr<const ...>: whoever keeps a view keeps the pointer.
class TensorSource {
public:
    virtual ~TensorSource() = default;
    TensorSource(const TensorSource &) = delete;
    TensorSource &operator=(const TensorSource &) = delete;

    /// All tensors, in the order their bytes lie in the files.
    std::span<const StoredTensor> tensors() const { return m_tensors; }
    /// nullptr when there is no tensor of that name.
    const StoredTensor *find(std::string_view name) const;
    /// The file, or the folder of several.
    const std::filesystem::path &path() const { return m_path; }
    /// Bytes of all files that hold the tensors.
    int64_t fileBytes() const { return m_fileBytes; }

    /// BadModelFile about this source: "<path>: <what>".
    tl::unexpected<Error> bad(const std::string &what, std::string hint = {}) const;

protected:
    explicit TensorSource(std::filesystem::path path)
        : m_path(std::move(path))
    {
    }

    /// False, and nothing is added, when the name is taken. `tensor.name` must outlive this object: see keepName.
    bool add(StoredTensor tensor);
    /// A copy of a name that lives as long as this object.
    std::string_view keepName(std::string name);
    void addFileBytes(int64_t bytes) { m_fileBytes += bytes; }

private:
    std::filesystem::path m_path;
    int64_t m_fileBytes = 0;
    std::deque<std::string> m_names; // a deque never moves its elements
    std::vector<StoredTensor> m_tensors;
    std::unordered_map<std::string_view, size_t> m_index;
};

} // namespace winnow
