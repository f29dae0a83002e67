#pragma once

#include "core/model/gguf_file.h"
#include "core/model/tensor_source.h"

#include <memory>

namespace winnow {

/// The tensors of a GGUF file under the names it stores, with shapes turned round to torch order.
class GgufSource final : public TensorSource {
public:
    /// Keeps the file open as long as the source lives.
    static std::shared_ptr<const GgufSource> over(std::shared_ptr<const GgufFile> file);

    const GgufFile &file() const { return *m_file; }

private:
    explicit GgufSource(std::shared_ptr<const GgufFile> file);

    std::shared_ptr<const GgufFile> m_file;
};

} // namespace winnow
