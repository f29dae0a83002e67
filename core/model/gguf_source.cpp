#include "core/model/gguf_source.h"

namespace winnow {

GgufSource::GgufSource(std::shared_ptr<const GgufFile> file)
    : TensorSource(file->path())
    , m_file(std::move(file))
{
    addFileBytes(m_file->fileBytes());
    for (const GgufTensor &tensor : m_file->tensors()) {
        const TensorTypeInfo *info = tensorTypeInfo(tensor.type); // known: the parser refuses other types
        std::vector<int64_t> shape(tensor.ne.begin(), tensor.ne.begin() + tensor.dimensions);
        add(StoredTensor{tensor.name, tensor.type, info->name, info->readable,
            std::vector<int64_t>(shape.rbegin(), shape.rend()), tensor.bytes});
    }
}

std::shared_ptr<const GgufSource> GgufSource::over(std::shared_ptr<const GgufFile> file)
{
    return std::shared_ptr<const GgufSource>(new GgufSource(std::move(file)));
}

} // namespace winnow
