#include "core/base/utf8.h"
#include "core/model/tokenizer/text_steps.h"
#include "core/model/unicode.h"

#include <cstring>
#include <unicode/brkiter.h>
#include <unicode/unistr.h>

namespace winnow {
namespace {

    constexpr size_t kLongestCluster = 6; // bytes; longer ones are looked up character by character only

    /// A double array of texts to places in a list of texts that end with a zero byte.
    class Charsmap {
    public:
        /// False when the bytes are no such map.
        bool read(std::string_view bytes)
        {
            uint32_t size = 0;
            if (bytes.size() < sizeof size)
                return false;
            std::memcpy(&size, bytes.data(), sizeof size);
            if (size % sizeof(uint32_t) != 0 || size > bytes.size() - sizeof size)
                return false;
            m_units.resize(size / sizeof(uint32_t));
            std::memcpy(m_units.data(), bytes.data() + sizeof size, size);
            m_texts = bytes.substr(sizeof size + size);
            return firstInvalidUtf8(m_texts) == m_texts.size();
        }

        struct Found {
            size_t length = 0; // of what is replaced; 0: nothing is
            std::string_view by;
        };

        /// The entry of the beginning of `text` that has one: the shortest or the longest.
        Found find(std::string_view text, CharsmapRule rule) const
        {
            Found best;
            size_t node = m_units.empty() ? 0 : offset(m_units[0]);
            for (size_t at = 0; at < text.size(); ++at) {
                const auto byte = static_cast<uint8_t>(text[at]);
                node ^= byte;
                if (byte == 0 || node >= m_units.size() || label(m_units[node]) != byte)
                    break;
                const uint32_t unit = m_units[node];
                node ^= offset(unit);
                if (!hasLeaf(unit))
                    continue;
                if (node >= m_units.size() || (m_units[node] & 0x7FFFFFFFu) >= m_texts.size())
                    break;
                const std::string_view rest = std::string_view(m_texts).substr(m_units[node] & 0x7FFFFFFFu);
                if ((static_cast<uint8_t>(rest[0]) & 0xC0u) == 0x80u) // inside a character: the map is damaged
                    break;
                best = {at + 1, rest.substr(0, rest.find('\0'))};
                if (rule == CharsmapRule::Clusters)
                    break;
            }
            return best;
        }

    private:
        static bool hasLeaf(uint32_t unit) { return (unit >> 8 & 1) != 0; }
        static uint32_t label(uint32_t unit) { return unit & 0x800000FFu; }
        static size_t offset(uint32_t unit) { return static_cast<size_t>(unit >> 10) << ((unit & 0x200u) >> 6); }

        std::vector<uint32_t> m_units;
        std::string m_texts;
    };

    /// Ends of the grapheme clusters of a text, in bytes.
    /// @source UAX #29, extended grapheme clusters.
    Result<std::vector<size_t>> clusterEnds(std::string_view text)
    {
        UErrorCode status = U_ZERO_ERROR;
        const icu::UnicodeString units = icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<int32_t>(text.size())));
        const std::unique_ptr<icu::BreakIterator> breaks(icu::BreakIterator::createCharacterInstance(icu::Locale::getRoot(), status));
        if (U_FAILURE(status))
            return fail(ErrorCode::Internal, std::string("grapheme clusters cannot be found: ") + u_errorName(status));
        breaks->setText(units);
        std::vector<size_t> ends;
        size_t at = 0;
        int32_t unit = 0;
        for (int32_t end = breaks->next(); end != icu::BreakIterator::DONE; end = breaks->next()) {
            while (unit < end)
                unit += takeCodePoint(text, at) > 0xFFFF ? 2 : 1;
            ends.push_back(at);
        }
        return ends;
    }

    /// The reference's way: a cluster is replaced when its beginning is in the map, else its characters one by one.
    Result<void> rewriteClusters(const Charsmap &map, TextRewriter &rewriter)
    {
        const std::string_view from = rewriter.text();
        const auto ends = clusterEnds(from);
        if (!ends)
            return fail(ends.error());
        size_t begin = 0;
        for (const size_t end : *ends) {
            const std::string_view cluster = from.substr(begin, end - begin);
            const auto whole = cluster.size() < kLongestCluster ? map.find(cluster, CharsmapRule::Clusters) : Charsmap::Found();
            if (whole.length > 0) {
                rewriter.replace(begin, end, whole.by);
                begin = end;
            }
            while (begin < end) {
                size_t next = begin;
                takeCodePoint(from, next);
                const auto found = map.find(from.substr(begin, next - begin), CharsmapRule::Clusters);
                if (found.length > 0)
                    rewriter.replace(begin, next, found.by);
                else
                    rewriter.keep(begin, next);
                begin = next;
            }
        }
        return {};
    }

    void rewriteLongest(const Charsmap &map, TextRewriter &rewriter)
    {
        const std::string_view from = rewriter.text();
        for (size_t begin = 0, end = 0; begin < from.size(); begin = end) {
            takeCodePoint(from, end);
            const auto found = map.find(from.substr(begin), CharsmapRule::Longest);
            // A damaged map could end inside a character.
            const size_t stop = begin + found.length;
            if (found.length > 0 && (stop == from.size() || (static_cast<uint8_t>(from[stop]) & 0xC0u) != 0x80u)) {
                end = stop;
                rewriter.replace(begin, end, found.by);
            } else {
                rewriter.keep(begin, end);
            }
        }
    }

} // namespace

Result<NormalizeStep> precompiledCharsmap(std::string bytes, CharsmapRule rule)
{
    auto map = std::make_shared<Charsmap>();
    if (!map->read(bytes))
        return fail(ErrorCode::BadModelFile, "precompiled_charsmap: expected a double array and texts in " + std::to_string(bytes.size()) + " bytes");
    return NormalizeStep([map, rule](AlignedText text) -> Result<AlignedText> {
        TextRewriter rewriter(std::move(text));
        if (rule == CharsmapRule::Longest)
            rewriteLongest(*map, rewriter);
        else if (const auto done = rewriteClusters(*map, rewriter); !done)
            return fail(done.error());
        return std::move(rewriter).finish();
    });
}

} // namespace winnow
