#include "core/model/gguf_file.h"

#include "core/model/gguf_parser.h"

#include <bit>
#include <cstdio>
#include <cstring>
#include <optional>

static_assert(std::endian::native == std::endian::little, "GGUF values are read as they lie in the file");

namespace winnow {
namespace {

    template <typename T>
    T load(std::span<const std::byte> from)
    {
        T value;
        std::memcpy(&value, from.data(), sizeof value);
        return value;
    }

    std::optional<int64_t> asInteger(GgufType type, std::span<const std::byte> raw)
    {
        switch (type) {
        case GgufType::U8:
            return load<uint8_t>(raw);
        case GgufType::I8:
            return load<int8_t>(raw);
        case GgufType::U16:
            return load<uint16_t>(raw);
        case GgufType::I16:
            return load<int16_t>(raw);
        case GgufType::U32:
            return load<uint32_t>(raw);
        case GgufType::I32:
            return load<int32_t>(raw);
        case GgufType::I64:
            return load<int64_t>(raw);
        case GgufType::U64:
            if (const auto value = load<uint64_t>(raw); value <= static_cast<uint64_t>(INT64_MAX))
                return static_cast<int64_t>(value);
            return std::nullopt;
        default:
            return std::nullopt;
        }
    }

    std::optional<double> asNumber(GgufType type, std::span<const std::byte> raw)
    {
        if (type == GgufType::F32)
            return load<float>(raw);
        if (type == GgufType::F64)
            return load<double>(raw);
        if (const auto whole = asInteger(type, raw))
            return static_cast<double>(*whole);
        return std::nullopt;
    }

    std::string_view asText(std::span<const std::byte> raw)
    {
        return {reinterpret_cast<const char *>(raw.data()), raw.size()};
    }

    std::string typeText(const GgufValue &value)
    {
        if (value.type != GgufType::Array)
            return ggufTypeName(value.type);
        return std::string("array of ") + std::to_string(value.count) + " " + ggufTypeName(value.elementType);
    }

    /// Converts a value, or every element of an array; nullopt when one of them is of another type.
    template <typename T, typename Convert>
    std::optional<std::vector<T>> convertAll(const GgufValue &value, Convert convert)
    {
        const GgufType type = value.type == GgufType::Array ? value.elementType : value.type;
        const auto size = static_cast<size_t>(ggufTypeBytes(type));
        if (size == 0)
            return std::nullopt;
        std::vector<T> all;
        all.reserve(value.count);
        for (size_t i = 0; i < value.count; ++i) {
            const auto one = convert(type, value.raw.subspan(i * size, size));
            if (!one)
                return std::nullopt;
            all.push_back(*one);
        }
        return all;
    }

    /// Length in the file of the value that begins at `from`, already checked.
    size_t extent(GgufType type, std::span<const std::byte> from)
    {
        if (const auto size = ggufTypeBytes(type); size > 0)
            return static_cast<size_t>(size);
        if (type == GgufType::String)
            return 8 + load<uint64_t>(from);
        const auto elementType = static_cast<GgufType>(load<uint32_t>(from));
        const auto count = load<uint64_t>(from.subspan(4));
        size_t length = 12;
        if (const auto size = static_cast<size_t>(ggufTypeBytes(elementType)); size > 0)
            return length + count * size;
        for (uint64_t i = 0; i < count; ++i)
            length += extent(elementType, from.subspan(length));
        return length;
    }

} // namespace

const char *ggufTypeName(GgufType type)
{
    constexpr std::array<const char *, 13> names{
        "u8", "i8", "u16", "i16", "u32", "i32", "f32", "bool", "string", "array", "u64", "i64", "f64"};
    return names.at(static_cast<size_t>(type));
}

int64_t ggufTypeBytes(GgufType type)
{
    constexpr std::array<int64_t, 13> bytes{1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
    return bytes.at(static_cast<size_t>(type));
}

std::string printable(std::string_view name)
{
    constexpr size_t kLongest = 80;
    std::string shown;
    for (const char c : name) {
        if (shown.size() >= kLongest)
            return shown + "...";
        if (c >= ' ' && c <= '~') {
            shown += c;
        } else {
            char escaped[5];
            std::snprintf(escaped, sizeof escaped, "\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
            shown += escaped;
        }
    }
    return shown;
}

GgufFile::GgufFile(MappedFile file)
    : m_file(std::move(file))
{
}

Result<std::shared_ptr<const GgufFile>> GgufFile::open(const std::filesystem::path &path)
{
    auto mapped = MappedFile::open(path);
    if (!mapped)
        return fail(mapped.error());
    std::shared_ptr<GgufFile> file(new GgufFile(std::move(*mapped)));
    if (const auto parsed = GgufParser(*file).parse(); !parsed)
        return fail(parsed.error());
    return file;
}

tl::unexpected<Error> GgufFile::bad(const std::string &what, std::string hint) const
{
    return fail(ErrorCode::BadModelFile, path().string() + ": " + what, std::move(hint));
}

tl::unexpected<Error> GgufFile::badKey(std::string_view key, const std::string &expected) const
{
    const GgufValue *value = find(key);
    return bad("key \"" + printable(key) + "\": expected " + expected + ", found "
            + (value ? typeText(*value) + " " + text(*value, 4) : std::string("nothing")),
        value ? "" : "the file lacks metadata that its architecture needs: convert the model again");
}

const GgufValue *GgufFile::find(std::string_view key) const
{
    const auto found = m_values.find(key);
    return found == m_values.end() ? nullptr : &found->second;
}

Result<std::string_view> GgufFile::string(std::string_view key) const
{
    const GgufValue *value = find(key);
    if (!value || value->type != GgufType::String)
        return badKey(key, "a string");
    return asText(value->raw);
}

Result<int64_t> GgufFile::integer(std::string_view key) const
{
    const GgufValue *value = find(key);
    const auto whole = value ? asInteger(value->type, value->raw) : std::nullopt;
    if (!whole)
        return badKey(key, "an integer");
    return *whole;
}

Result<int64_t> GgufFile::integer(std::string_view key, int64_t fallback) const
{
    return has(key) ? integer(key) : fallback;
}

Result<double> GgufFile::number(std::string_view key) const
{
    const GgufValue *value = find(key);
    const auto read = value ? asNumber(value->type, value->raw) : std::nullopt;
    if (!read)
        return badKey(key, "a number");
    return *read;
}

Result<double> GgufFile::number(std::string_view key, double fallback) const
{
    return has(key) ? number(key) : fallback;
}

Result<bool> GgufFile::boolean(std::string_view key, bool fallback) const
{
    const GgufValue *value = find(key);
    if (!value)
        return fallback;
    if (value->type != GgufType::Bool)
        return badKey(key, "a bool");
    return load<uint8_t>(value->raw) != 0;
}

Result<std::vector<int64_t>> GgufFile::integers(std::string_view key) const
{
    const GgufValue *value = find(key);
    auto all = value ? convertAll<int64_t>(*value, asInteger) : std::nullopt;
    if (!all)
        return badKey(key, "an integer or an array of integers");
    return std::move(*all);
}

Result<std::vector<double>> GgufFile::numbers(std::string_view key) const
{
    const GgufValue *value = find(key);
    auto all = value ? convertAll<double>(*value, asNumber) : std::nullopt;
    if (!all)
        return badKey(key, "a number or an array of numbers");
    return std::move(*all);
}

Result<std::vector<std::string_view>> GgufFile::strings(std::string_view key) const
{
    const GgufValue *value = find(key);
    if (!value || value->type != GgufType::Array || value->elementType != GgufType::String)
        return badKey(key, "an array of strings");
    std::vector<std::string_view> all;
    all.reserve(value->count);
    size_t at = 0;
    for (uint64_t i = 0; i < value->count; ++i) {
        const auto length = load<uint64_t>(value->raw.subspan(at));
        all.push_back(asText(value->raw.subspan(at + 8, length)));
        at += 8 + length;
    }
    return all;
}

std::vector<GgufValue> GgufFile::elements(const GgufValue &array)
{
    std::vector<GgufValue> all;
    if (array.type != GgufType::Array)
        return all;
    size_t at = 0;
    for (uint64_t i = 0; i < array.count; ++i) {
        const auto rest = array.raw.subspan(at);
        const size_t length = extent(array.elementType, rest);
        GgufValue element{array.elementType, GgufType::U8, 1, rest.first(length)};
        if (array.elementType == GgufType::String) {
            element.raw = element.raw.subspan(8);
        } else if (array.elementType == GgufType::Array) {
            element.elementType = static_cast<GgufType>(load<uint32_t>(rest));
            element.count = load<uint64_t>(rest.subspan(4));
            element.raw = element.raw.subspan(12);
        }
        all.push_back(element);
        at += length;
    }
    return all;
}

std::string GgufFile::text(const GgufValue &value, size_t maxElements)
{
    if (value.type == GgufType::String)
        return std::string("\"").append(printable(asText(value.raw))).append("\"");
    if (value.type == GgufType::Bool)
        return load<uint8_t>(value.raw) != 0 ? "true" : "false";
    if (value.type == GgufType::U64)
        return std::to_string(load<uint64_t>(value.raw));
    if (value.type != GgufType::Array) {
        if (const auto whole = asInteger(value.type, value.raw))
            return std::to_string(*whole);
        char shown[32];
        std::snprintf(shown, sizeof shown, "%.9g", asNumber(value.type, value.raw).value_or(0));
        return shown;
    }
    // Elements beyond the shown ones are not visited.
    GgufValue head = value;
    head.count = std::min<uint64_t>(value.count, maxElements);
    std::string shown = "[";
    for (const GgufValue &element : elements(head)) {
        if (shown.size() > 1)
            shown += ", ";
        shown += text(element, maxElements);
    }
    return shown + (head.count < value.count ? ", ...]" : "]");
}

const GgufTensor *GgufFile::findTensor(std::string_view name) const
{
    const auto found = m_tensorIndex.find(name);
    return found == m_tensorIndex.end() ? nullptr : &m_tensors[found->second];
}

Result<const GgufTensor *> GgufFile::tensor(std::string_view name) const
{
    if (const GgufTensor *found = findTensor(name))
        return found;
    return bad("tensor \"" + printable(name) + "\" is missing among " + std::to_string(m_tensors.size()) + " tensors",
        "the file is incomplete or of another architecture than it says");
}

} // namespace winnow
