#include "sessions/markup.h"

#include <array>
#include <utility>

namespace winnow {
namespace {

    constexpr std::array<std::pair<std::string_view, char>, 5> kEntities { { { "&amp;", '&' },
        { "&lt;", '<' }, { "&gt;", '>' }, { "&quot;", '"' }, { "&#39;", '\'' } } };

} // namespace

std::string escapedMarkup(std::string_view text)
{
    std::string escaped;
    escaped.reserve(text.size() + text.size() / 8);
    for (const char c : text) {
        bool replaced = false;
        for (const auto &[entity, plain] : kEntities) {
            if (c == plain) {
                escaped += entity;
                replaced = true;
            }
        }
        const auto code = static_cast<unsigned char>(c);
        if (!replaced && ((code < 32 && c != '\n' && c != '\t' && c != '\r') || code == 127))
            escaped += "\xEF\xBF\xBD";
        else if (!replaced)
            escaped += c;
    }
    return escaped;
}

std::string unescapedMarkup(std::string_view text)
{
    std::string plain;
    while (!text.empty()) {
        size_t used = 1;
        char c = text.front();
        if (c == '&') {
            for (const auto &[entity, meant] : kEntities) {
                if (text.starts_with(entity)) {
                    used = entity.size();
                    c = meant;
                    break;
                }
            }
        }
        plain += c;
        text.remove_prefix(used);
    }
    return plain;
}

} // namespace winnow
