#include "sessions/json_text.h"

namespace winnow {

Result<Json> parseJson(std::string_view text, const std::string &where)
{
    constexpr int kDeepest = 200;
    bool tooDeep = false;
    const auto bounded = [&](int depth, Json::parse_event_t, Json &) {
        tooDeep = tooDeep || depth > kDeepest;
        return !tooDeep;
    };
    Json json = Json::parse(text, bounded, false);
    if (tooDeep)
        return fail(ErrorCode::BadInput,
            where + ": JSON is nested deeper than " + std::to_string(kDeepest) + " levels");
    if (json.is_discarded())
        return fail(ErrorCode::BadInput, where + ": not valid JSON");
    return json;
}

} // namespace winnow
