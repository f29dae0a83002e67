#include "core/model/gguf_parser.h"

#include <algorithm>
#include <cstring>
#include <string>

namespace winnow {
namespace {

    constexpr uint64_t kMinimumKeyBytes = 8 + 1 + 4 + 1; // length, a name, type, the smallest value
    constexpr uint64_t kMinimumTensorBytes = 8 + 1 + 4 + 8 + 4 + 8; // length, a name, dimensions, one, type, offset
    constexpr uint64_t kLongestName = 65535; // of the specification
    constexpr int kDeepestArray = 8;
    constexpr int64_t kLargestAlignment = 1 << 20;
    constexpr const char *kDamaged = "the file is damaged or cut off: fetch or copy it again";

    std::string number(uint64_t value) { return std::to_string(value); }

    bool overlaps(const GgufTensor &earlier, const GgufTensor &later)
    {
        return earlier.bytes.data() + earlier.bytes.size() > later.bytes.data();
    }

} // namespace

GgufParser::GgufParser(GgufFile &file)
    : m_out(file)
    , m_bytes(file.m_file.bytes())
{
}

tl::unexpected<Error> GgufParser::damaged(const std::string &what) const { return m_out.bad(what, kDamaged); }

tl::unexpected<Error> GgufParser::cutOff(const std::string &what, uint64_t needed) const
{
    return damaged("cut off in " + what + ": expected " + number(needed) + " more bytes at byte " + number(m_at)
        + ", found " + number(left()));
}

Result<std::span<const std::byte>> GgufParser::take(uint64_t count, const std::string &what)
{
    if (count > left())
        return cutOff(what, count);
    const auto part = m_bytes.subspan(m_at, count);
    m_at += count;
    return part;
}

template <typename T>
Result<T> GgufParser::takeNumber(const std::string &what)
{
    const auto part = take(sizeof(T), what);
    if (!part)
        return fail(part.error());
    T value;
    std::memcpy(&value, part->data(), sizeof value);
    return value;
}

Result<std::string_view> GgufParser::takeString(const std::string &what)
{
    const auto length = takeNumber<uint64_t>(what);
    if (!length)
        return fail(length.error());
    const auto part = take(*length, what);
    if (!part)
        return fail(part.error());
    return std::string_view(reinterpret_cast<const char *>(part->data()), part->size());
}

Result<std::string_view> GgufParser::takeName(const std::string &what)
{
    const auto name = takeString(what);
    if (name && (name->empty() || name->size() > kLongestName)) {
        return damaged(what + " has " + number(name->size()) + " bytes: expected 1 to " + number(kLongestName));
    }
    return name;
}

Result<void> GgufParser::parse()
{
    const auto counts = header();
    if (!counts)
        return fail(counts.error());
    for (uint64_t i = 0; i < counts->keys; ++i) {
        if (const auto read = key(i); !read)
            return read;
    }
    const auto alignment = dataAlignment();
    if (!alignment)
        return fail(alignment.error());
    std::vector<uint64_t> offsets;
    for (uint64_t i = 0; i < counts->tensors; ++i) {
        const auto offset = tensorInfo(i);
        if (!offset)
            return fail(offset.error());
        offsets.push_back(*offset);
    }
    return placeTensors(offsets, *alignment);
}

Result<GgufParser::Counts> GgufParser::header()
{
    const auto magic = take(4, "the header");
    if (!magic)
        return fail(magic.error());
    if (std::memcmp(magic->data(), "GGUF", 4) != 0) {
        const std::string_view found(reinterpret_cast<const char *>(magic->data()), 4);
        return m_out.bad("not a GGUF file: expected it to begin with \"GGUF\", found \"" + printable(found) + "\"",
            "open a .gguf model file");
    }
    const auto version = takeNumber<uint32_t>("the header");
    if (!version)
        return fail(version.error());
    m_out.m_version = *version;
    if (*version == 0x02000000u || *version == 0x03000000u)
        return fail(ErrorCode::Unsupported, m_out.path().string() + ": big-endian GGUF file", "convert it to little endian");
    if (*version != 2 && *version != 3) {
        return fail(ErrorCode::Unsupported,
            m_out.path().string() + ": GGUF version: expected 2 or 3, found " + number(*version),
            "convert the model with a current converter");
    }
    const auto tensors = takeNumber<uint64_t>("the header");
    const auto keys = takeNumber<uint64_t>("the header");
    if (!tensors || !keys)
        return fail(tensors ? keys.error() : tensors.error());
    // Before anything is reserved: more entries than the bytes left could hold are not there.
    if (*keys > left() / kMinimumKeyBytes)
        return damaged(number(*keys) + " metadata keys do not fit in a file of " + number(m_bytes.size()) + " bytes");
    if (*tensors > left() / kMinimumTensorBytes)
        return damaged(number(*tensors) + " tensors do not fit in a file of " + number(m_bytes.size()) + " bytes");
    return Counts{*keys, *tensors};
}

Result<void> GgufParser::key(uint64_t index)
{
    const auto name = takeName("the name of metadata key " + number(index));
    if (!name)
        return fail(name.error());
    const std::string what = "key \"" + printable(*name) + "\"";
    const auto type = takeType(what);
    if (!type)
        return fail(type.error());
    const auto read = value(*type, what, 0);
    if (!read)
        return fail(read.error());
    if (!m_out.m_values.emplace(*name, *read).second)
        return damaged(what + " is there twice");
    m_out.m_keys.push_back(*name);
    return {};
}

Result<GgufType> GgufParser::takeType(const std::string &what)
{
    const auto type = takeNumber<uint32_t>(what);
    if (!type)
        return fail(type.error());
    if (*type > static_cast<uint32_t>(GgufType::F64))
        return damaged(what + ": expected a value type from 0 to 12, found " + number(*type));
    return static_cast<GgufType>(*type);
}

Result<GgufValue> GgufParser::value(GgufType type, const std::string &what, int depth)
{
    GgufValue read;
    read.type = type;
    if (type == GgufType::Array)
        return array(what, depth);
    if (type == GgufType::String) {
        const auto text = takeString(what);
        if (!text)
            return fail(text.error());
        read.raw = std::as_bytes(std::span(*text));
        return read;
    }
    const auto part = take(static_cast<uint64_t>(ggufTypeBytes(type)), what);
    if (!part)
        return fail(part.error());
    read.raw = *part;
    return read;
}

Result<GgufValue> GgufParser::array(const std::string &what, int depth)
{
    if (depth >= kDeepestArray)
        return damaged(what + ": arrays nested deeper than " + std::to_string(kDeepestArray));
    const auto elementType = takeType(what);
    if (!elementType)
        return fail(elementType.error());
    const auto count = takeNumber<uint64_t>(what);
    if (!count)
        return fail(count.error());
    GgufValue read{GgufType::Array, *elementType, *count, {}};
    const size_t begin = m_at;
    // A string has at least its length, an array its type and length.
    const auto size = static_cast<uint64_t>(ggufTypeBytes(*elementType));
    const uint64_t least = size > 0 ? size : *elementType == GgufType::String ? 8 : 12;
    if (*count > left() / least)
        return cutOff(what + " of " + number(*count) + " values", *count > UINT64_MAX / least ? UINT64_MAX : *count * least);
    if (size > 0) {
        m_at += *count * size;
    } else {
        for (uint64_t i = 0; i < *count; ++i) {
            const auto element = value(*elementType, what, depth + 1);
            if (!element)
                return fail(element.error());
        }
    }
    read.raw = m_bytes.subspan(begin, m_at - begin);
    return read;
}

Result<int64_t> GgufParser::dataAlignment() const
{
    const auto alignment = m_out.integer("general.alignment", 32);
    if (!alignment)
        return alignment;
    if (*alignment < 1 || *alignment > kLargestAlignment || (*alignment & (*alignment - 1)) != 0) {
        return damaged("key \"general.alignment\": expected a power of two up to " + std::to_string(kLargestAlignment)
            + ", found " + std::to_string(*alignment));
    }
    return alignment;
}

Result<uint64_t> GgufParser::tensorInfo(uint64_t index)
{
    const auto name = takeName("the name of tensor " + number(index));
    if (!name)
        return fail(name.error());
    const std::string what = "tensor \"" + printable(*name) + "\"";
    GgufTensor tensor;
    tensor.name = *name;
    const auto dimensions = takeNumber<uint32_t>(what);
    if (!dimensions)
        return fail(dimensions.error());
    if (*dimensions < 1 || *dimensions > tensor.ne.size())
        return damaged(what + ": expected 1 to 4 dimensions, found " + number(*dimensions));
    tensor.dimensions = static_cast<int>(*dimensions);
    for (size_t i = 0; i < *dimensions; ++i) {
        const auto length = takeNumber<uint64_t>(what);
        if (!length)
            return fail(length.error());
        if (*length < 1 || *length > static_cast<uint64_t>(INT64_MAX))
            return damaged(what + ": dimension " + std::to_string(i) + " is " + number(*length));
        tensor.ne[i] = static_cast<int64_t>(*length);
    }
    const auto type = takeNumber<uint32_t>(what);
    const auto offset = takeNumber<uint64_t>(what);
    if (!type || !offset)
        return fail(type ? offset.error() : type.error());
    tensor.type = static_cast<TensorType>(*type);
    if (const auto sized = measure(tensor, what); !sized)
        return fail(sized.error());
    if (!m_out.m_tensorIndex.emplace(*name, m_out.m_tensors.size()).second)
        return damaged(what + " is there twice");
    m_out.m_tensors.push_back(tensor);
    return *offset;
}

Result<void> GgufParser::measure(GgufTensor &tensor, const std::string &what) const
{
    if (!tensorTypeInfo(tensor.type)) {
        return fail(ErrorCode::Unsupported,
            m_out.path().string() + ": " + what + ": unknown " + tensorTypeName(tensor.type),
            "use a file in F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0 or Q2_K to Q6_K");
    }
    tensor.cols = tensor.ne[0];
    tensor.rows = 1;
    for (size_t i = 1; i < tensor.ne.size(); ++i) {
        if (__builtin_mul_overflow(tensor.rows, tensor.ne[i], &tensor.rows))
            return damaged(what + ": its dimensions overflow");
    }
    int64_t elements = 0;
    if (__builtin_mul_overflow(tensor.rows, tensor.cols, &elements))
        return damaged(what + ": its dimensions overflow");
    const auto perRow = rowBytes(tensor.type, tensor.cols);
    if (!perRow)
        return damaged(what + ": " + perRow.error().message);
    int64_t size = 0;
    if (__builtin_mul_overflow(*perRow, tensor.rows, &size))
        return damaged(what + ": its dimensions overflow");
    return {};
}

Result<void> GgufParser::placeTensors(const std::vector<uint64_t> &offsets, int64_t alignment)
{
    if (offsets.empty())
        return {};
    const auto step = static_cast<uint64_t>(alignment);
    const uint64_t begin = (m_at + step - 1) / step * step;
    const uint64_t available = begin < m_bytes.size() ? m_bytes.size() - begin : 0;
    for (size_t i = 0; i < offsets.size(); ++i) {
        GgufTensor &tensor = m_out.m_tensors[i];
        const std::string what = "tensor \"" + printable(tensor.name) + "\"";
        const uint64_t offset = offsets[i];
        if (offset % step != 0)
            return damaged(what + ": expected an offset that is a multiple of " + number(step) + ", found " + number(offset));
        const auto size = static_cast<uint64_t>(*rowBytes(tensor.type, tensor.cols) * tensor.rows);
        if (offset > available || size > available - offset) {
            return damaged(what + " is cut off: expected " + number(size) + " bytes at offset " + number(offset)
                + " of the data, found " + number(offset > available ? 0 : available - offset) + " of "
                + number(available));
        }
        tensor.bytes = m_bytes.subspan(begin + offset, size);
    }
    return checkOverlaps();
}

Result<void> GgufParser::checkOverlaps() const
{
    std::vector<const GgufTensor *> ordered;
    for (const GgufTensor &tensor : m_out.m_tensors)
        ordered.push_back(&tensor);
    std::sort(ordered.begin(), ordered.end(),
        [](const GgufTensor *a, const GgufTensor *b) { return a->bytes.data() < b->bytes.data(); });
    for (size_t i = 1; i < ordered.size(); ++i) {
        if (overlaps(*ordered[i - 1], *ordered[i])) {
            return damaged("tensors \"" + printable(ordered[i - 1]->name) + "\" and \"" + printable(ordered[i]->name)
                + "\" overlap");
        }
    }
    return {};
}

} // namespace winnow
