#pragma once

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::test {

/// Builds GGUF bytes by hand, so that tests can also build what no writer would write.
class GgufBytes {
public:
    template <typename T>
    GgufBytes &put(T value)
    {
        m_bytes.append(reinterpret_cast<const char *>(&value), sizeof value);
        return *this;
    }
    GgufBytes &text(std::string_view value)
    {
        put(static_cast<uint64_t>(value.size()));
        m_bytes.append(value);
        return *this;
    }
    GgufBytes &raw(std::string_view value)
    {
        m_bytes.append(value);
        return *this;
    }
    GgufBytes &header(uint64_t tensors, uint64_t keys, uint32_t version = 3)
    {
        return raw("GGUF").put(version).put(tensors).put(keys);
    }
    template <typename T>
    GgufBytes &key(std::string_view name, uint32_t type, T value)
    {
        return text(name).put(type).put(value);
    }
    GgufBytes &stringKey(std::string_view name, std::string_view value) { return text(name).put(uint32_t{8}).text(value); }
    GgufBytes &stringsKey(std::string_view name, const std::vector<std::string> &values)
    {
        text(name).put(uint32_t{9}).put(uint32_t{8}).put(static_cast<uint64_t>(values.size()));
        for (const std::string &value : values)
            text(value);
        return *this;
    }
    GgufBytes &intsKey(std::string_view name, const std::vector<int32_t> &values)
    {
        text(name).put(uint32_t{9}).put(uint32_t{5}).put(static_cast<uint64_t>(values.size()));
        for (const int32_t value : values)
            put(value);
        return *this;
    }
    GgufBytes &tensor(std::string_view name, const std::vector<uint64_t> &ne, uint32_t type, uint64_t offset)
    {
        text(name).put(static_cast<uint32_t>(ne.size()));
        for (const uint64_t length : ne)
            put(length);
        return put(type).put(offset);
    }
    /// Zeros up to a multiple of `alignment`.
    GgufBytes &align(size_t alignment = 32)
    {
        m_bytes.resize((m_bytes.size() + alignment - 1) / alignment * alignment);
        return *this;
    }
    GgufBytes &zeros(size_t count)
    {
        m_bytes.append(count, '\0');
        return *this;
    }
    const std::string &bytes() const { return m_bytes; }

private:
    std::string m_bytes;
};

inline void writeFile(const std::filesystem::path &path, std::string_view bytes)
{
    std::ofstream stream(path, std::ios::binary | std::ios::trunc);
    stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

inline std::string readFile(const std::filesystem::path &path)
{
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

} // namespace winnow::test
