#include "core/serve/commands_prompt.h"

#include "core/base/json_fields.h"
#include "core/methods/prompt/text_units.h"
#include "core/methods/prompt/word_labels.h"

namespace winnow {
namespace {

    constexpr size_t kMaxPairs = 10000;

    std::vector<std::string> wordsOf(const std::string &text)
    {
        std::vector<std::string> out;
        for (const auto &[begin, end] : whiteSpaceWords(text))
            out.push_back(text.substr(static_cast<size_t>(begin), static_cast<size_t>(end - begin)));
        return out;
    }

} // namespace

Result<Document> answerLabels(EngineState &, const Json &request, const RunContext &context, const PartSink &)
{
    const Json &pairs = childField(request, "pairs");
    if (!pairs.is_array() || pairs.empty() || pairs.size() > kMaxPairs)
        return fail(ErrorCode::BadInput, "pairs: expected a list of {original, shortened}, 1 to " + std::to_string(kMaxPairs));
    std::vector<WordLabels> labels;
    Json list = Json::array();
    for (const Json &pair : pairs) {
        if (context.cancelled())
            return fail(ErrorCode::Cancelled, "cancelled after " + std::to_string(labels.size()) + " pairs");
        const std::vector<std::string> original = wordsOf(stringField(pair, "original")), shortened = wordsOf(stringField(pair, "shortened"));
        if (original.empty())
            return fail(ErrorCode::BadInput, "pairs: number " + std::to_string(labels.size()) + " has no original text");
        labels.push_back(alignLabels(original, shortened));
        const WordLabels &own = labels.back();
        list.push_back({{"words", original}, {"shortWords", shortened}, {"keep", own.keep}, {"match", own.match}, {"variationRate", own.variation},
            {"hittingRate", own.hitting}, {"matchingRate", own.matching}, {"alignmentGap", own.gap}});
    }
    const std::vector<uint8_t> kept = keptPairs(labels);
    for (size_t i = 0; i < kept.size(); ++i)
        list[i]["kept"] = kept[i] != 0;
    return Document{{{"pairs", std::move(list)}}, {}};
}

} // namespace winnow
