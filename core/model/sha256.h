#pragma once

#include "core/base/error.h"
#include "core/base/run_context.h"

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace winnow {

/// SHA-256 (FIPS 180-4) of bytes that come in pieces.
class Sha256 {
public:
    Sha256();
    Sha256(Sha256 &&) noexcept;
    Sha256 &operator=(Sha256 &&) noexcept;
    ~Sha256();

    void add(std::span<const std::byte> bytes);
    void add(std::string_view text) { add(std::as_bytes(std::span(text))); }
    /// 64 lower-case hexadecimal digits; nothing may be added afterwards.
    std::string finish();

private:
    struct State;
    std::unique_ptr<State> m_state;
};

/// Of bytes at hand, in one step.
std::string sha256(std::span<const std::byte> bytes);

/// Of a whole file, read once in pieces. Progress stage "checksum", unit bytes.
/// @error NotFound, Io, Cancelled.
/// @cost  Reads the file: about 1 s per 1.5 GB where the processor has SHA instructions.
Result<std::string> sha256File(const std::filesystem::path &path, const RunContext &context);

} // namespace winnow
