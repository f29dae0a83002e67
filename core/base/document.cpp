#include "core/base/document.h"

#include "core/base/cbor_scan.h"
#include "core/base/json_fields.h"
#include "core/base/utf8.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

namespace winnow {
namespace {

    constexpr size_t kPrefixBytes = 12;
    constexpr uint64_t kMaxHeaderBytes = uint64_t(64) << 20;
    constexpr uint64_t kMaxBlobBytes = uint64_t(16) << 30;
    constexpr size_t kMaxRank = 8;
    constexpr int64_t kMaxEmptyShape = 1 << 16;
    constexpr std::array<const char *, 6> kTypeNames{"f32", "f64", "i32", "i64", "u8", "bits"};

    /// Little-endian number of `width` bytes at the start of `bytes`.
    uint64_t readLittle(std::span<const std::byte> bytes, size_t width)
    {
        uint64_t value = 0;
        for (size_t i = 0; i < width; ++i)
            value |= uint64_t(static_cast<uint8_t>(bytes[i])) << (8 * i);
        return value;
    }

    void writeLittle(std::byte *out, uint64_t value, size_t width)
    {
        for (size_t i = 0; i < width; ++i)
            out[i] = static_cast<std::byte>(value >> (8 * i));
    }

    uint64_t padded(uint64_t bytes) { return (bytes + 7) / 8 * 8; }

    /// Bytes of `elements` values; nullopt when the number does not fit.
    std::optional<uint64_t> typeBytes(ArrayType type, uint64_t elements)
    {
        if (elements > kMaxBlobBytes * 8)
            return std::nullopt;
        switch (type) {
        case ArrayType::F32:
        case ArrayType::I32:
            return elements * 4;
        case ArrayType::F64:
        case ArrayType::I64:
            return elements * 8;
        case ArrayType::U8:
            return elements;
        case ArrayType::Bits:
            return (elements + 7) / 8;
        }
        return std::nullopt;
    }

    /// Product of the shape, refusing overflow and shapes that would unfold into a large nest of empty lists.
    std::optional<uint64_t> shapeElements(const std::vector<int64_t> &shape)
    {
        uint64_t elements = 1;
        uint64_t outer = 1; // product without the zeros
        for (const int64_t size : shape) {
            if (size < 0 || uint64_t(size) > kMaxBlobBytes * 8)
                return std::nullopt;
            if (size > 0 && outer > kMaxBlobBytes * 8 / uint64_t(size))
                return std::nullopt;
            outer *= size > 0 ? uint64_t(size) : 1;
            elements *= uint64_t(size);
        }
        if (elements == 0 && outer > uint64_t(kMaxEmptyShape))
            return std::nullopt;
        return elements;
    }

    struct Place {
        Array array; // no bytes yet
        uint64_t begin = 0, end = 0;
    };

    Result<Place> readPlace(const Json &entry, size_t index, uint64_t blobBytes)
    {
        const std::string where = "array " + std::to_string(index) + ": ";
        const std::string type = stringField(entry, "dtype");
        const auto found = std::find(kTypeNames.begin(), kTypeNames.end(), type);
        if (found == kTypeNames.end())
            return fail(ErrorCode::BadInput, where + "unknown dtype \"" + type + "\"");
        Place place;
        place.array.type = static_cast<ArrayType>(found - kTypeNames.begin());
        const Json &shape = childField(entry, "shape");
        if (!shape.is_array() || shape.size() > kMaxRank)
            return fail(ErrorCode::BadInput, where + "shape is not a list of at most 8 sizes");
        for (const Json &size : shape) {
            if (!size.is_number_integer())
                return fail(ErrorCode::BadInput, where + "shape holds something that is no whole number");
            place.array.shape.push_back(size.is_number_unsigned() && size.get<uint64_t>() > kMaxBlobBytes * 8
                    ? -1
                    : size.get<int64_t>());
        }
        const auto elements = shapeElements(place.array.shape);
        const auto bytes = elements ? typeBytes(place.array.type, *elements) : std::nullopt;
        if (!bytes)
            return fail(ErrorCode::BadInput, where + "impossible shape");
        const int64_t offset = integerField(entry, "offset", -1);
        if (offset < 0 || offset % 8 != 0)
            return fail(ErrorCode::BadInput, where + "offset is not a multiple of 8");
        place.begin = uint64_t(offset);
        if (place.begin > blobBytes || *bytes > blobBytes - place.begin)
            return fail(ErrorCode::BadInput,
                where + "needs bytes " + std::to_string(place.begin) + ".." + std::to_string(place.begin + *bytes)
                    + ", the data has " + std::to_string(blobBytes));
        place.end = place.begin + *bytes;
        return place;
    }

    Result<std::vector<Place>> readPlaces(const Json &arrays, uint64_t blobBytes)
    {
        if (!arrays.is_array())
            return fail(ErrorCode::BadInput, "header: \"arrays\" is not a list");
        std::vector<Place> places;
        places.reserve(arrays.size());
        for (size_t i = 0; i < arrays.size(); ++i) {
            auto place = readPlace(arrays[i], i, blobBytes);
            if (!place)
                return fail(place.error());
            places.push_back(std::move(*place));
        }
        std::vector<std::pair<uint64_t, uint64_t>> ranges;
        for (const Place &place : places) {
            if (place.end > place.begin)
                ranges.emplace_back(place.begin, place.end);
        }
        std::sort(ranges.begin(), ranges.end());
        uint64_t end = 0;
        for (const auto &range : ranges) {
            if (range.first < end)
                return fail(ErrorCode::BadInput, "arrays overlap at byte " + std::to_string(range.first) + " of the data");
            end = range.second;
        }
        if (blobBytes > padded(end))
            return fail(ErrorCode::BadInput,
                "the data has " + std::to_string(blobBytes) + " bytes, its arrays end at " + std::to_string(end));
        return places;
    }

    /// Every {"$array": k} names an array that is there.
    Result<void> checkReferences(const Json &value, size_t arrays)
    {
        if (value.is_object() && value.size() == 1 && value.contains("$array")) {
            const int64_t index = integerField(value, "$array", -1);
            if (index < 0 || uint64_t(index) >= arrays)
                return fail(ErrorCode::BadInput,
                    "the body names array " + jsonText(value.at("$array")) + " of " + std::to_string(arrays));
            return {};
        }
        if (value.is_structured()) {
            for (const Json &child : value) {
                if (auto checked = checkReferences(child, arrays); !checked)
                    return checked;
            }
        }
        return {};
    }

    bool hasInvalidText(const Json &value)
    {
        if (value.is_string()) {
            const auto &text = value.get_ref<const std::string &>();
            return firstInvalidUtf8(text) != text.size();
        }
        if (value.is_object()) {
            for (const auto &[key, child] : value.items()) {
                if (firstInvalidUtf8(key) != key.size() || hasInvalidText(child))
                    return true;
            }
        }
        return value.is_array() && std::any_of(value.begin(), value.end(), hasInvalidText);
    }

    Json withValidText(const Json &value)
    {
        if (value.is_string())
            return validUtf8(value.get_ref<const std::string &>());
        Json result = value;
        if (value.is_array()) {
            for (Json &child : result)
                child = withValidText(child);
        } else if (value.is_object()) {
            result = Json::object();
            for (const auto &[key, child] : value.items())
                result[validUtf8(key)] = withValidText(child);
        }
        return result;
    }

} // namespace

int64_t Array::elements() const
{
    int64_t count = 1;
    for (const int64_t size : shape)
        count *= size;
    return count;
}

Array Array::fromFloats(std::span<const float> values, std::vector<int64_t> shape)
{
    Array array{ArrayType::F32, std::move(shape), {}};
    const auto bytes = std::as_bytes(values);
    array.bytes.assign(bytes.begin(), bytes.end());
    return array;
}

Array Array::fromInts(std::span<const int32_t> values, std::vector<int64_t> shape)
{
    Array array{ArrayType::I32, std::move(shape), {}};
    const auto bytes = std::as_bytes(values);
    array.bytes.assign(bytes.begin(), bytes.end());
    return array;
}

Result<std::span<const float>> Array::floats() const
{
    if (type != ArrayType::F32 || bytes.size() != size_t(elements()) * sizeof(float))
        return fail(ErrorCode::BadInput, "array: expected f32 that fills its shape");
    return std::span(reinterpret_cast<const float *>(bytes.data()), size_t(elements()));
}

Result<std::span<const int32_t>> Array::ints() const
{
    if (type != ArrayType::I32 || bytes.size() != size_t(elements()) * sizeof(int32_t))
        return fail(ErrorCode::BadInput, "array: expected i32 that fills its shape");
    return std::span(reinterpret_cast<const int32_t *>(bytes.data()), size_t(elements()));
}

std::vector<std::byte> encodeDocument(const Document &document)
{
    Json places = Json::array();
    uint64_t blobBytes = 0;
    for (const Array &array : document.arrays) {
        places.push_back({{"dtype", kTypeNames[size_t(array.type)]}, {"shape", array.shape}, {"offset", blobBytes}});
        blobBytes += padded(array.bytes.size());
    }
    Json header{{"arrays", std::move(places)}};
    header["body"] = hasInvalidText(document.body) ? withValidText(document.body) : document.body;
    const std::vector<uint8_t> cbor = Json::to_cbor(header);

    std::vector<std::byte> frame(kPrefixBytes + cbor.size() + blobBytes);
    writeLittle(frame.data(), cbor.size(), 4);
    writeLittle(frame.data() + 4, blobBytes, 8);
    std::memcpy(frame.data() + kPrefixBytes, cbor.data(), cbor.size());
    std::byte *blob = frame.data() + kPrefixBytes + cbor.size();
    for (const Array &array : document.arrays) {
        if (!array.bytes.empty())
            std::memcpy(blob, array.bytes.data(), array.bytes.size());
        blob += padded(array.bytes.size());
    }
    return frame;
}

Result<uint64_t> frameLength(std::span<const std::byte> bytes)
{
    if (bytes.size() < kPrefixBytes)
        return 0;
    const uint64_t header = readLittle(bytes, 4);
    const uint64_t blob = readLittle(bytes.subspan(4), 8);
    if (header > kMaxHeaderBytes)
        return fail(ErrorCode::BadInput,
            "frame header of " + std::to_string(header) + " bytes, at most 64 MiB are allowed", "is this a frame at all?");
    if (blob > kMaxBlobBytes)
        return fail(ErrorCode::BadInput,
            "frame data of " + std::to_string(blob) + " bytes, at most 16 GiB are allowed", "is this a frame at all?");
    return kPrefixBytes + header + blob;
}

Result<Document> decodeDocument(std::span<const std::byte> bytes)
{
    auto length = frameLength(bytes);
    if (!length)
        return fail(length.error());
    if (*length == 0 || *length != bytes.size())
        return fail(ErrorCode::BadInput,
            "document of " + std::to_string(bytes.size()) + " bytes, its head announces "
                + std::to_string(*length == 0 ? kPrefixBytes : *length));
    const uint64_t headerBytes = readLittle(bytes, 4);
    const auto header = bytes.subspan(kPrefixBytes, headerBytes);
    if (auto checked = checkCbor(header); !checked)
        return fail(checked.error());
    const auto *first = reinterpret_cast<const uint8_t *>(header.data());
    Json json = Json::from_cbor(first, first + header.size(), true, false);
    if (!json.is_object() || !json.contains("body"))
        return fail(ErrorCode::BadInput, "header: expected an object with \"body\" and \"arrays\"");

    const auto blob = bytes.subspan(kPrefixBytes + headerBytes);
    auto places = readPlaces(childField(json, "arrays"), blob.size());
    if (!places)
        return fail(places.error());
    Document document;
    document.body = std::move(json["body"]);
    if (auto checked = checkReferences(document.body, places->size()); !checked)
        return fail(checked.error());
    document.arrays.reserve(places->size());
    for (Place &place : *places) {
        const auto part = blob.subspan(place.begin, place.end - place.begin);
        place.array.bytes.assign(part.begin(), part.end());
        document.arrays.push_back(std::move(place.array));
    }
    return document;
}

} // namespace winnow
