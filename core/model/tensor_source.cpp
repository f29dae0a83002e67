#include "core/model/tensor_source.h"

namespace winnow {

int64_t StoredTensor::rows() const
{
    int64_t product = 1;
    for (size_t i = 0; i + 1 < shape.size(); ++i)
        product *= shape[i];
    return product;
}

std::string shapeText(std::span<const int64_t> shape)
{
    std::string text = "[";
    for (size_t i = 0; i < shape.size(); ++i)
        text += (i ? ", " : "") + std::to_string(shape[i]);
    return text + ']';
}

const StoredTensor *TensorSource::find(std::string_view name) const
{
    const auto found = m_index.find(name);
    return found == m_index.end() ? nullptr : &m_tensors[found->second];
}

tl::unexpected<Error> TensorSource::bad(const std::string &what, std::string hint) const
{
    return fail(ErrorCode::BadModelFile, m_path.string() + ": " + what, std::move(hint));
}

bool TensorSource::add(StoredTensor tensor)
{
    if (!m_index.emplace(tensor.name, m_tensors.size()).second)
        return false;
    m_tensors.push_back(std::move(tensor));
    return true;
}

std::string_view TensorSource::keepName(std::string name) { return m_names.emplace_back(std::move(name)); }

} // namespace winnow
