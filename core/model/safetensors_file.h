#pragma once

#include "core/model/mapped_file.h"
#include "core/model/tensor_source.h"

#include <map>
#include <memory>
#include <string>

namespace winnow {

/// A .safetensors file over a read-only mapping. Opening reads and checks the whole header: whatever the bytes are, it ends
/// with an object whose every view lies inside the file, or with an error. F32, F16 and BF16 can be read as weights; whole
/// numbers, bools, F64 and C64 are listed as not readable.
class SafetensorsFile final : public TensorSource {
public:
    /// @error NotFound, Io; BadModelFile naming file, tensor, expected and found: header longer than 100,000,000 bytes or
    ///        than the file, bad JSON, bytes that do not match dtype x shape, overlaps, gaps, bytes behind the last tensor;
    ///        Unsupported for 8-bit and smaller floats and for dtypes that are not known, with what to convert to.
    /// @cost  The header is read once; memory is proportional to its entries. Weights are not touched.
    /// @source The safetensors format, github.com/huggingface/safetensors README, "Format": no duplicate keys, the byte
    ///         buffer is indexed without holes.
    static Result<std::shared_ptr<const SafetensorsFile>> open(const std::filesystem::path &path);

    const std::map<std::string, std::string> &metadata() const { return m_metadata; }
    const MappedFile &file() const { return m_file; }

private:
    explicit SafetensorsFile(MappedFile file);
    Result<void> parse();

    MappedFile m_file;
    std::map<std::string, std::string> m_metadata;
};

} // namespace winnow
