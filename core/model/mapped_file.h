#pragma once

#include "core/base/error.h"

#include <cstddef>
#include <filesystem>
#include <span>

namespace winnow {

/// How a mapping is about to be read; the kernel reads ahead accordingly.
enum class ReadPattern { Sequential, Random, WillNeed };

/// A file mapped read-only. Pages come in as they are touched; the bytes stay valid as long as the object lives.
class MappedFile {
public:
    /// @error NotFound when there is no such file, Io when it cannot be opened, is no regular file or cannot be mapped.
    static Result<MappedFile> open(const std::filesystem::path &path);

    MappedFile(MappedFile &&other) noexcept;
    MappedFile &operator=(MappedFile &&other) noexcept;
    MappedFile(const MappedFile &) = delete;
    MappedFile &operator=(const MappedFile &) = delete;
    ~MappedFile();

    std::span<const std::byte> bytes() const { return m_bytes; }
    const std::filesystem::path &path() const { return m_path; }

    /// Tells the kernel how `part` (a part of bytes()) is read next. Advice only: it never fails.
    void advise(std::span<const std::byte> part, ReadPattern pattern) const;

private:
    MappedFile() = default;

    std::filesystem::path m_path;
    std::span<const std::byte> m_bytes;
};

} // namespace winnow
