#include "core/model/safetensors_file.h"

#include "core/model/gguf_file.h"
#include "core/model/safetensors_header.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <optional>
#include <tuple>

static_assert(std::endian::native == std::endian::little, "weights are read as they lie in the file");

namespace winnow {
namespace {

    constexpr uint64_t kPrefix = 8; // length of the header, u64
    constexpr uint64_t kLongestHeader = 100'000'000; // of the reference reader
    constexpr const char *kDamaged = "the file is damaged or cut off: fetch or copy it again";

    struct Dtype {
        std::string_view name;
        uint64_t bytes;
        std::optional<TensorType> readable;
    };

    constexpr std::array<Dtype, 14> kDtypes{{
        {"F32", 4, TensorType::F32},
        {"F16", 2, TensorType::F16},
        {"BF16", 2, TensorType::BF16},
        {"F64", 8, {}},
        {"C64", 8, {}},
        {"I64", 8, {}},
        {"U64", 8, {}},
        {"I32", 4, {}},
        {"U32", 4, {}},
        {"I16", 2, {}},
        {"U16", 2, {}},
        {"I8", 1, {}},
        {"U8", 1, {}},
        {"BOOL", 1, {}},
    }};

    const Dtype *findDtype(std::string_view name)
    {
        const auto found = std::find_if(kDtypes.begin(), kDtypes.end(), [&](const Dtype &dtype) { return dtype.name == name; });
        return found == kDtypes.end() ? nullptr : &*found;
    }

    std::string inQuotes(std::string_view name) { return '"' + printable(name) + '"'; }

    tl::unexpected<Error> unknownDtype(const TensorSource &source, const SafetensorsEntry &entry)
    {
        const bool small = entry.dtype.starts_with("F8_") || entry.dtype.starts_with("F6_") || entry.dtype.starts_with("F4");
        const std::string where = source.path().string() + ": tensor " + inQuotes(entry.name);
        if (small)
            return fail(ErrorCode::Unsupported, where + " is " + printable(entry.dtype) + ": floats of 8 bits and fewer are not read",
                "take the model's BF16 files, or convert it to BF16, F16 or F32 (or to a GGUF file)");
        return fail(ErrorCode::Unsupported,
            where + ": dtype " + inQuotes(entry.dtype) + " is not known (known: F32, F16, BF16; whole numbers, BOOL, F64 and C64 as data)",
            "convert the model to BF16, F16 or F32");
    }

    /// Elements of a shape times the bytes of one; nullopt when a product on the way is no number a file can hold.
    std::optional<uint64_t> byteCount(const std::vector<uint64_t> &shape, uint64_t bytes)
    {
        auto product = static_cast<int64_t>(bytes);
        for (const uint64_t extent : shape) {
            if (extent > static_cast<uint64_t>(INT64_MAX)
                || __builtin_mul_overflow(product, static_cast<int64_t>(extent), &product))
                return std::nullopt;
        }
        return static_cast<uint64_t>(product);
    }

    std::vector<int64_t> signedShape(const std::vector<uint64_t> &shape)
    {
        std::vector<int64_t> result;
        for (const uint64_t extent : shape)
            result.push_back(static_cast<int64_t>(extent));
        return result;
    }

    std::string range(const SafetensorsEntry &entry)
    {
        return std::to_string(entry.begin) + " to " + std::to_string(entry.end);
    }

    /// dtype x shape against data_offsets, of one entry by itself.
    Result<void> checkSize(const TensorSource &source, const SafetensorsEntry &entry, uint64_t dataBytes)
    {
        const Dtype *dtype = findDtype(entry.dtype);
        if (!dtype)
            return unknownDtype(source, entry);
        const std::string tensor = "tensor " + inQuotes(entry.name);
        const auto size = byteCount(entry.shape, dtype->bytes);
        if (!size)
            return source.bad(tensor + ": a shape with more values than a file can hold", kDamaged);
        if (entry.begin > entry.end || entry.end - entry.begin != *size)
            return source.bad(tensor + ": " + entry.dtype + ' ' + shapeText(signedShape(entry.shape)) + " takes " + std::to_string(*size)
                    + " bytes, data_offsets are " + range(entry), kDamaged);
        if (entry.end > dataBytes)
            return source.bad(tensor + " lies at bytes " + range(entry) + " of the data, the file has only " + std::to_string(dataBytes),
                kDamaged);
        return {};
    }

    /// Sorted by place, every entry must begin where the one before ends.
    Result<void> checkPlaces(const TensorSource &source, const std::vector<SafetensorsEntry> &entries, uint64_t dataBytes)
    {
        uint64_t at = 0;
        std::string before = "the header";
        for (const SafetensorsEntry &entry : entries) {
            const std::string tensor = "tensor " + inQuotes(entry.name);
            if (entry.begin < at)
                return source.bad(tensor + " at bytes " + range(entry) + " overlaps " + before + ", which ends at byte " + std::to_string(at),
                    kDamaged);
            if (entry.begin > at)
                return source.bad(std::to_string(entry.begin - at) + " bytes between " + before + " and " + tensor + " belong to no tensor",
                    kDamaged);
            at = entry.end;
            before = tensor;
        }
        if (at != dataBytes)
            return source.bad(std::to_string(dataBytes - at) + " bytes behind " + before + " belong to no tensor", kDamaged);
        return {};
    }

} // namespace

SafetensorsFile::SafetensorsFile(MappedFile file)
    : TensorSource(file.path())
    , m_file(std::move(file))
{
    addFileBytes(static_cast<int64_t>(m_file.bytes().size()));
}

Result<std::shared_ptr<const SafetensorsFile>> SafetensorsFile::open(const std::filesystem::path &path)
{
    auto mapped = MappedFile::open(path);
    if (!mapped)
        return fail(mapped.error());
    std::shared_ptr<SafetensorsFile> file(new SafetensorsFile(std::move(*mapped)));
    if (const auto parsed = file->parse(); !parsed)
        return fail(parsed.error());
    return file;
}

Result<void> SafetensorsFile::parse()
{
    const auto bytes = m_file.bytes();
    if (bytes.size() < kPrefix)
        return bad("expected at least 8 bytes, found " + std::to_string(bytes.size()), kDamaged);
    uint64_t length;
    std::memcpy(&length, bytes.data(), sizeof length);
    if (length > kLongestHeader)
        return bad("the header says it is " + std::to_string(length) + " bytes long: expected at most " + std::to_string(kLongestHeader),
            "this is not a safetensors file, or it is damaged");
    if (length > bytes.size() - kPrefix)
        return bad("cut off in the header: expected " + std::to_string(length) + " bytes, found " + std::to_string(bytes.size() - kPrefix),
            kDamaged);
    auto header = parseSafetensorsHeader({reinterpret_cast<const char *>(bytes.data()) + kPrefix, length});
    if (!header)
        return bad(header.error(), kDamaged);

    const auto data = bytes.subspan(kPrefix + length);
    for (const SafetensorsEntry &entry : header->entries) {
        if (auto fits = checkSize(*this, entry, data.size()); !fits)
            return fits;
    }
    std::sort(header->entries.begin(), header->entries.end(), [](const SafetensorsEntry &a, const SafetensorsEntry &b) {
        return std::tie(a.begin, a.end) < std::tie(b.begin, b.end);
    });
    if (auto placed = checkPlaces(*this, header->entries, data.size()); !placed)
        return placed;
    for (SafetensorsEntry &entry : header->entries) {
        const Dtype &dtype = *findDtype(entry.dtype);
        add(StoredTensor{keepName(std::move(entry.name)), dtype.readable.value_or(TensorType::F32), dtype.name,
            dtype.readable.has_value(), signedShape(entry.shape), data.subspan(entry.begin, entry.end - entry.begin)});
    }
    m_metadata = std::move(header->metadata);
    return {};
}

} // namespace winnow
