#include "core/model/tokenizer/decoded_spans.h"

#include <algorithm>
#include <string>

namespace winnow {
namespace {

    constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
    constexpr size_t kLongestCharacter = 4; // tokens, one a byte

} // namespace

Result<std::vector<std::pair<int64_t, int64_t>>> decodedSpans(const Tokenizer &tokenizer, std::span<const int32_t> ids)
{
    const auto whole = tokenizer.decode(ids, false);
    if (!whole)
        return fail(whole.error());
    const auto size = static_cast<int64_t>(whole->size());
    std::vector<std::pair<int64_t, int64_t>> spans;
    int64_t at = 0;
    for (size_t first = 0, next = 0; first < ids.size(); first = next) {
        const size_t context = first > 0 ? 1 : 0;
        const auto before = tokenizer.decode(ids.subspan(first - context, context), false);
        Result<std::string> part;
        do { // up to the end of a character
            ++next;
            part = tokenizer.decode(ids.subspan(first - context, context + next - first), false);
            if (!before || !part)
                return fail(before ? part.error() : before.error());
        } while (part->ends_with(kReplacement) && next < ids.size() && next - first < kLongestCharacter
            && std::string_view(*whole).substr(static_cast<size_t>(at), kReplacement.size()) != kReplacement);
        const int64_t end = std::clamp(at + static_cast<int64_t>(part->size()) - static_cast<int64_t>(before->size()), at, size);
        spans.insert(spans.end(), next - first, {at, end});
        at = end;
    }
    return spans;
}

} // namespace winnow
