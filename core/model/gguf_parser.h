#pragma once

#include "core/model/gguf_file.h"

#include <string>
#include <vector>

namespace winnow {

/// Fills a GgufFile from its mapped bytes: one pass over the header, every length checked before it is used.
class GgufParser {
public:
    explicit GgufParser(GgufFile &file);
    Result<void> parse();

private:
    struct Counts {
        uint64_t keys = 0, tensors = 0;
    };

    // What is read, in file order. `what` names it in errors.
    Result<Counts> header();
    Result<void> key(uint64_t index);
    Result<GgufType> takeType(const std::string &what);
    Result<GgufValue> value(GgufType type, const std::string &what, int depth);
    Result<GgufValue> array(const std::string &what, int depth);
    Result<int64_t> dataAlignment() const;
    Result<uint64_t> tensorInfo(uint64_t index); // the offset of its data
    Result<void> measure(GgufTensor &tensor, const std::string &what) const;
    Result<void> placeTensors(const std::vector<uint64_t> &offsets, int64_t alignment);
    Result<void> checkOverlaps() const;

    uint64_t left() const { return m_bytes.size() - m_at; }
    Result<std::span<const std::byte>> take(uint64_t count, const std::string &what);
    template <typename T>
    Result<T> takeNumber(const std::string &what);
    Result<std::string_view> takeString(const std::string &what);
    Result<std::string_view> takeName(const std::string &what);
    tl::unexpected<Error> damaged(const std::string &what) const;
    tl::unexpected<Error> cutOff(const std::string &what, uint64_t needed) const;

    GgufFile &m_out;
    std::span<const std::byte> m_bytes;
    size_t m_at = 0;
};

} // namespace winnow
