#include "core/model/sha256.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <new>
#include <openssl/evp.h>
#include <vector>

namespace winnow {

struct Sha256::State {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    State()
    {
        if (!context || EVP_DigestInit_ex(context, EVP_sha256(), nullptr) != 1)
            throw std::bad_alloc();
    }
    State(const State &) = delete;
    State &operator=(const State &) = delete;
    ~State() { EVP_MD_CTX_free(context); }
};

Sha256::Sha256()
    : m_state(std::make_unique<State>())
{
}
Sha256::Sha256(Sha256 &&) noexcept = default;
Sha256 &Sha256::operator=(Sha256 &&) noexcept = default;
Sha256::~Sha256() = default;

void Sha256::add(std::span<const std::byte> bytes) { EVP_DigestUpdate(m_state->context, bytes.data(), bytes.size()); }

std::string Sha256::finish()
{
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned length = 0;
    EVP_DigestFinal_ex(m_state->context, digest.data(), &length);
    constexpr const char *kDigits = "0123456789abcdef";
    std::string text;
    for (unsigned i = 0; i < length; ++i) {
        text += kDigits[digest[i] >> 4];
        text += kDigits[digest[i] & 15];
    }
    return text;
}

std::string sha256(std::span<const std::byte> bytes)
{
    Sha256 hash;
    hash.add(bytes);
    return hash.finish();
}

Result<std::string> sha256File(const std::filesystem::path &path, const RunContext &context)
{
    const std::unique_ptr<std::FILE, int (*)(std::FILE *)> file(std::fopen(path.c_str(), "rbe"), &std::fclose);
    if (!file) {
        return fail(errno == ENOENT ? ErrorCode::NotFound : ErrorCode::Io,
            "cannot open " + path.string() + ": " + std::strerror(errno), "check the path and that you may read the file");
    }
    std::error_code ignored;
    const auto total = static_cast<int64_t>(std::filesystem::file_size(path, ignored));
    std::vector<std::byte> buffer(1 << 20);
    Sha256 hash;
    int64_t done = 0;
    while (const size_t count = std::fread(buffer.data(), 1, buffer.size(), file.get())) {
        if (context.cancelled())
            return fail(ErrorCode::Cancelled, "checksum of " + path.string() + " cancelled");
        hash.add(std::span(buffer).first(count));
        done += static_cast<int64_t>(count);
        context.progress("checksum", done, total, "bytes");
    }
    if (std::ferror(file.get()))
        return fail(ErrorCode::Io, "cannot read " + path.string() + ": " + std::strerror(errno));
    return hash.finish();
}

} // namespace winnow
