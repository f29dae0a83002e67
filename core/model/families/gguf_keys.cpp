#include "core/model/families/gguf_keys.h"

#include <algorithm>
#include <cmath>

namespace winnow {
namespace {

    constexpr int64_t kLargest = int64_t{1} << 31;

    std::string withLayer(std::string_view name, int64_t layer)
    {
        std::string text(name);
        if (const size_t at = text.find("{i}"); at != std::string::npos)
            text.replace(at, 3, std::to_string(layer));
        return text;
    }

} // namespace

void GgufKeys::keep(Error error)
{
    if (!m_error)
        m_error = std::move(error);
}

void GgufKeys::refuse(const std::string &what) { keep(Error{ErrorCode::Unsupported, m_file.path().string() + ": " + what, {}}); }

void GgufKeys::bad(const std::string &what) { keep(m_file.bad(what).value()); }

int64_t GgufKeys::checked(const char *key, const Result<int64_t> &value, int64_t least)
{
    if (!value)
        return keep(value.error()), std::max<int64_t>(1, least);
    if (*value < least || *value > kLargest)
        return bad("key " + m_prefix + key + ": expected " + std::to_string(least) + " to 2147483648, found " + std::to_string(*value)),
               std::max<int64_t>(1, least);
    return *value;
}

int64_t GgufKeys::size(const char *key) { return checked(key, m_file.integer(m_prefix + key), 1); }
int64_t GgufKeys::size(const char *key, int64_t fallback) { return checked(key, m_file.integer(m_prefix + key, fallback), 1); }
int64_t GgufKeys::count(const char *key, int64_t fallback) { return checked(key, m_file.integer(m_prefix + key, fallback), 0); }

double GgufKeys::positive(const char *key, double fallback)
{
    const Result<double> value = m_file.number(m_prefix + key, fallback);
    if (!value)
        return keep(value.error()), fallback;
    if (!(*value > 0.0) || !std::isfinite(*value))
        bad("key " + m_prefix + key + ": expected a positive number, found " + std::to_string(*value));
    return *value;
}

double GgufKeys::positive(const char *key)
{
    const Result<double> value = m_file.number(m_prefix + key);
    if (!value)
        return keep(value.error()), 1.0;
    return positive(key, 1.0);
}

bool GgufKeys::flag(const char *key, bool fallback)
{
    const Result<bool> value = m_file.boolean(m_prefix + key, fallback);
    if (!value)
        return keep(value.error()), fallback;
    return *value;
}

std::string GgufKeys::text(const char *key, const std::string &fallback)
{
    if (!has(key))
        return fallback;
    const Result<std::string_view> value = m_file.string(m_prefix + key);
    if (!value)
        return keep(value.error()), fallback;
    return std::string(*value);
}

std::vector<int64_t> GgufKeys::integers(const char *key)
{
    if (!has(key))
        return {};
    Result<std::vector<int64_t>> values = m_file.integers(m_prefix + key);
    if (!values)
        return keep(values.error()), std::vector<int64_t>{};
    return *values;
}

int64_t GgufKeys::uniform(const char *key, int64_t fallback)
{
    if (fallback > 0 && !has(key))
        return fallback;
    const Result<std::vector<int64_t>> values = m_file.integers(m_prefix + key);
    if (!values)
        return keep(values.error()), 1;
    if (values->empty())
        return bad("key " + m_prefix + key + ": expected a value per layer, found an empty list"), 1;
    if (std::adjacent_find(values->begin(), values->end(), std::not_equal_to<>()) != values->end())
        return refuse("key " + m_prefix + key + " differs between layers; only one value for all layers is supported"), 1;
    return checked(key, values->front(), 1);
}

const GgufTensor *GgufKeys::layerTensor(std::string_view name, int64_t layers) const
{
    const int64_t most = std::min<int64_t>(layers, static_cast<int64_t>(m_file.tensors().size()));
    for (int64_t layer = 0; layer < most; ++layer) {
        if (const GgufTensor *tensor = m_file.findTensor(withLayer(name, layer)))
            return tensor;
    }
    return nullptr;
}

bool GgufKeys::hasLayerTensor(std::string_view name, int64_t layers) const { return layerTensor(name, layers) != nullptr; }

int64_t GgufKeys::layerExtent(std::string_view name, int64_t layers, int fromLast, int64_t fallback) const
{
    const GgufTensor *tensor = layerTensor(name, layers);
    return tensor ? tensor->ne[static_cast<size_t>(fromLast)] : fallback;
}

} // namespace winnow
