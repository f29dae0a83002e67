#include "core/base/report.h"

#include "core/base/json_fields.h"
#include "core/base/report_artifacts.h"

#include <cstring>

namespace winnow {
namespace {

    template <typename T>
    T valueAt(const Array &array, size_t index)
    {
        T value;
        std::memcpy(&value, array.bytes.data() + index * sizeof(T), sizeof(T));
        return value;
    }

    Json elementJson(const Array &array, size_t index)
    {
        switch (array.type) {
        case ArrayType::F32:
            return jsonFloat(valueAt<float>(array, index));
        case ArrayType::F64:
            return jsonNumber(valueAt<double>(array, index));
        case ArrayType::I32:
            return valueAt<int32_t>(array, index);
        case ArrayType::I64:
            return valueAt<int64_t>(array, index);
        case ArrayType::U8:
            return valueAt<uint8_t>(array, index);
        case ArrayType::Bits:
            break;
        }
        return {};
    }

    /// The last axis: a list of values, or of the positions of ones.
    Json rowJson(const Array &array, size_t first, size_t count)
    {
        Json row = Json::array();
        for (size_t i = 0; i < count; ++i) {
            if (array.type != ArrayType::Bits) {
                row.push_back(elementJson(array, first + i));
            } else {
                const auto byte = static_cast<uint8_t>(array.bytes[(first + i) / 8]);
                if (byte >> ((first + i) % 8) & 1)
                    row.push_back(i);
            }
        }
        return row;
    }

    Json nestedJson(const Array &array, size_t axis, size_t first, size_t stride)
    {
        const auto size = size_t(array.shape[axis]);
        if (axis + 1 == array.shape.size())
            return rowJson(array, first, size);
        Json list = Json::array();
        const size_t inner = size == 0 ? 0 : stride / size;
        for (size_t i = 0; i < size; ++i)
            list.push_back(nestedJson(array, axis + 1, first + i * inner, inner));
        return list;
    }

    size_t elementBits(ArrayType type)
    {
        switch (type) {
        case ArrayType::F32:
        case ArrayType::I32:
            return 32;
        case ArrayType::F64:
        case ArrayType::I64:
            return 64;
        case ArrayType::U8:
            return 8;
        case ArrayType::Bits:
            return 1;
        }
        return 64;
    }

    Json arrayJson(const Array &array)
    {
        const auto elements = size_t(array.elements());
        if (array.bytes.size() != (elements * elementBits(array.type) + 7) / 8)
            return {};
        if (array.shape.empty())
            return array.type == ArrayType::Bits ? Json(static_cast<uint8_t>(array.bytes[0]) & 1) : elementJson(array, 0);
        return nestedJson(array, 0, 0, elements);
    }

    Json expanded(const Json &value, const Document &document)
    {
        if (value.is_object() && value.size() == 1 && value.contains("$array")) {
            const Array *array = arrayOf(value, document);
            return array ? arrayJson(*array) : Json();
        }
        if (value.is_object()) {
            Json result = Json::object();
            for (const auto &[key, child] : value.items())
                result[key] = expanded(child, document);
            return result;
        }
        if (value.is_array()) {
            Json result = Json::array();
            for (const Json &child : value)
                result.push_back(expanded(child, document));
            return result;
        }
        return value;
    }

} // namespace

Json expandArrays(const Document &document) { return expanded(document.body, document); }

} // namespace winnow
