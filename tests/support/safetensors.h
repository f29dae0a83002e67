#pragma once

#include "core/base/error.h"
#include "core/base/json.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <map>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace winnow::test {

/// A .safetensors file read whole, for tests: strict about the header, typed access by name.
class SafetensorsFile {
public:
    struct Entry {
        std::string dtype; // "F32", "F16", "I32", "I64", "U8", ...
        std::vector<int64_t> shape;
        size_t begin = 0, end = 0; // into the data part

        int64_t count() const
        {
            int64_t product = 1;
            for (int64_t size : shape)
                product *= size;
            return product;
        }
    };

    /// @error Io (cannot read), BadInput (header too long, not JSON, a dtype or range that does not fit, overlap or gap).
    static Result<SafetensorsFile> open(const std::string &path)
    {
        std::ifstream file(path, std::ios::binary);
        if (!file)
            return fail(ErrorCode::Io, "cannot open " + path);
        std::string all((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
        uint64_t length = 0;
        if (all.size() < sizeof length)
            return fail(ErrorCode::BadInput, path + ": shorter than its 8-byte length field");
        std::memcpy(&length, all.data(), sizeof length);
        if (length > all.size() - sizeof length || length > 100'000'000)
            return fail(ErrorCode::BadInput, path + ": header length " + std::to_string(length) + " exceeds the file");
        SafetensorsFile out;
        out.m_path = path;
        out.m_data = all.substr(sizeof length + length);
        const Json header = Json::parse(all.substr(sizeof length, length), nullptr, false);
        if (!header.is_object())
            return fail(ErrorCode::BadInput, path + ": the header is not a JSON object");
        return out.readHeader(header);
    }

    bool has(const std::string &name) const { return m_entries.count(name) > 0; }
    /// Names in sorted order.
    std::vector<std::string> names() const
    {
        std::vector<std::string> out;
        for (const auto &[name, entry] : m_entries)
            out.push_back(name);
        return out;
    }
    /// Throws std::out_of_range for an unknown name (a test should stop there).
    const Entry &entry(const std::string &name) const { return m_entries.at(name); }
    const Json &metadata() const { return m_metadata; }

    /// F32 or F16 values as float, row-major; empty when the name is missing or has another type.
    std::vector<float> floats(const std::string &name) const
    {
        const auto found = m_entries.find(name);
        if (found == m_entries.end())
            return {};
        if (found->second.dtype == "F32")
            return raw<float>(found->second);
        if (found->second.dtype != "F16")
            return {};
        std::vector<float> out;
        for (uint16_t half : raw<uint16_t>(found->second))
            out.push_back(fromHalf(half));
        return out;
    }
    std::vector<int32_t> ints(const std::string &name) const { return typed<int32_t>(name, "I32"); }
    std::vector<int64_t> longs(const std::string &name) const { return typed<int64_t>(name, "I64"); }
    std::vector<uint8_t> bytes(const std::string &name) const { return typed<uint8_t>(name, "U8"); }

private:
    static size_t sizeOf(const std::string &dtype)
    {
        static const std::map<std::string, size_t> sizes{{"F64", 8}, {"I64", 8}, {"U64", 8}, {"F32", 4}, {"I32", 4},
            {"U32", 4}, {"F16", 2}, {"BF16", 2}, {"I16", 2}, {"U16", 2}, {"I8", 1}, {"U8", 1}, {"BOOL", 1}};
        const auto found = sizes.find(dtype);
        return found == sizes.end() ? 0 : found->second;
    }

    Result<SafetensorsFile> readHeader(const Json &header)
    {
        std::vector<std::pair<size_t, size_t>> ranges;
        for (const auto &[name, value] : header.items()) {
            if (name == "__metadata__") {
                m_metadata = value;
                continue;
            }
            auto parsed = readEntry(value);
            if (!parsed)
                return fail(ErrorCode::BadInput, m_path + ": tensor " + name + ": " + parsed.error().message);
            ranges.emplace_back(parsed->begin, parsed->end);
            m_entries.emplace(name, std::move(*parsed));
        }
        std::sort(ranges.begin(), ranges.end());
        size_t at = 0;
        for (const auto &[begin, end] : ranges) {
            if (begin != at)
                return fail(ErrorCode::BadInput, m_path + ": overlap or gap in the data at byte " + std::to_string(at));
            at = end;
        }
        if (at != m_data.size())
            return fail(ErrorCode::BadInput, m_path + ": data ends at " + std::to_string(at) + ", the file at "
                    + std::to_string(m_data.size()));
        return std::move(*this);
    }

    Result<Entry> readEntry(const Json &value) const
    {
        Entry entry;
        try {
            entry.dtype = value.at("dtype").get<std::string>();
            entry.shape = value.at("shape").get<std::vector<int64_t>>();
            entry.begin = value.at("data_offsets").at(0).get<size_t>();
            entry.end = value.at("data_offsets").at(1).get<size_t>();
        } catch (const Json::exception &exception) {
            return fail(ErrorCode::BadInput, exception.what());
        }
        const size_t size = sizeOf(entry.dtype);
        if (size == 0)
            return fail(ErrorCode::BadInput, "unknown dtype " + entry.dtype);
        if (std::any_of(entry.shape.begin(), entry.shape.end(), [](int64_t n) { return n < 0; }))
            return fail(ErrorCode::BadInput, "negative size");
        if (entry.begin > entry.end || entry.end > m_data.size()
            || entry.end - entry.begin != size * static_cast<size_t>(entry.count()))
            return fail(ErrorCode::BadInput, "its byte range does not fit its shape and dtype");
        return entry;
    }

    template <typename T>
    std::vector<T> raw(const Entry &entry) const
    {
        std::vector<T> out(static_cast<size_t>(entry.count()));
        if (!out.empty())
            std::memcpy(out.data(), m_data.data() + entry.begin, entry.end - entry.begin);
        return out;
    }

    template <typename T>
    std::vector<T> typed(const std::string &name, const char *dtype) const
    {
        const auto found = m_entries.find(name);
        if (found == m_entries.end() || found->second.dtype != dtype)
            return {};
        return raw<T>(found->second);
    }

    static float fromHalf(uint16_t half)
    {
        const uint32_t sign = static_cast<uint32_t>(half & 0x8000u) << 16;
        const uint32_t exponent = (half >> 10) & 31u;
        const uint32_t fraction = half & 0x3ffu;
        if (exponent == 0) { // zero and subnormals: fraction * 2^-24
            const float value = static_cast<float>(fraction) * 5.9604644775390625e-8f;
            return sign ? -value : value;
        }
        const uint32_t wide = exponent == 31 ? 255u : exponent + 112u;
        const uint32_t bits = sign | (wide << 23) | (fraction << 13);
        float value = 0;
        std::memcpy(&value, &bits, sizeof value);
        return value;
    }

    std::string m_path;
    std::string m_data;
    std::map<std::string, Entry> m_entries;
    Json m_metadata = Json::object();
};

} // namespace winnow::test
