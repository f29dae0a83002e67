#include "core/base/cbor_scan.h"

#include "core/base/utf8.h"

#include <array>
#include <cstdint>
#include <string>

namespace winnow {
namespace {

    enum Major : uint8_t { Unsigned = 0, Negative = 1, Bytes = 2, Text = 3, List = 4, Map = 5, Tag = 6, Simple = 7 };

    struct Head {
        uint8_t major = 0;
        uint8_t low = 0; // additional information, RFC 8949 section 3
        uint64_t argument = 0;
    };

    class Scanner {
    public:
        explicit Scanner(std::span<const std::byte> bytes) : m_bytes(bytes) { }

        Result<void> run()
        {
            do {
                if (auto step = item(); !step)
                    return step;
                closeFinished();
            } while (m_depth > 0);
            if (m_at != m_bytes.size())
                return bad("bytes after the end of the value");
            return {};
        }

    private:
        struct Level {
            uint64_t left = 0; // items still to come; a map counts keys and values
            bool map = false;
        };

        tl::unexpected<Error> bad(const std::string &what) const
        {
            return fail(ErrorCode::BadInput, "header: " + what + " at byte " + std::to_string(m_at));
        }

        Result<Head> head()
        {
            if (m_at >= m_bytes.size())
                return bad("cut off");
            const auto first = static_cast<uint8_t>(m_bytes[m_at]);
            Head result{static_cast<uint8_t>(first >> 5), static_cast<uint8_t>(first & 31), 0};
            if (result.low < 24) {
                result.argument = result.low;
                ++m_at;
                return result;
            }
            if (result.low > 27)
                return bad("indefinite or reserved length");
            const size_t width = size_t(1) << (result.low - 24);
            if (m_bytes.size() - m_at - 1 < width)
                return bad("cut off");
            for (size_t i = 0; i < width; ++i)
                result.argument = result.argument << 8 | static_cast<uint8_t>(m_bytes[m_at + 1 + i]);
            m_at += 1 + width;
            return result;
        }

        Result<void> text(uint64_t length)
        {
            if (length > m_bytes.size() - m_at)
                return bad("text of " + std::to_string(length) + " bytes is cut off");
            const std::string_view view(reinterpret_cast<const char *>(m_bytes.data()) + m_at, length);
            if (firstInvalidUtf8(view) != view.size())
                return bad("text that is not UTF-8");
            m_at += length;
            return {};
        }

        Result<void> open(uint64_t items, bool map)
        {
            // Every item takes at least one byte, so a count that cannot fit is refused before anything is reserved.
            const uint64_t room = m_bytes.size() - m_at;
            if (items > room || (map && items > room / 2))
                return bad("list of " + std::to_string(items) + " items is cut off");
            if (m_depth == kMaxCborDepth)
                return bad("more than " + std::to_string(kMaxCborDepth) + " levels");
            m_levels[size_t(m_depth++)] = {map ? 2 * items : items, map};
            return {};
        }

        Result<void> item()
        {
            const bool key = m_depth > 0 && top().map && top().left % 2 == 0;
            auto read = head();
            if (!read)
                return fail(read.error());
            if (m_depth > 0)
                --top().left;
            if (key && read->major != Text)
                return bad("key that is not text");
            switch (read->major) {
            case Unsigned:
            case Negative:
                return {};
            case Text:
                return text(read->argument);
            case List:
                return open(read->argument, false);
            case Map:
                return open(read->argument, true);
            case Simple:
                // false, true, null and the three widths of floats
                if ((read->low >= 20 && read->low <= 22) || (read->low >= 25 && read->low <= 27))
                    return {};
                return bad("value of unknown kind");
            default:
                return bad("tag or byte string");
            }
        }

        void closeFinished()
        {
            while (m_depth > 0 && top().left == 0)
                --m_depth;
        }

        Level &top() { return m_levels[size_t(m_depth - 1)]; }

        std::span<const std::byte> m_bytes;
        size_t m_at = 0;
        std::array<Level, kMaxCborDepth> m_levels{};
        int m_depth = 0;
    };

} // namespace

Result<void> checkCbor(std::span<const std::byte> bytes) { return Scanner(bytes).run(); }

} // namespace winnow
