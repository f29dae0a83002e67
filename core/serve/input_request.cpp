#include "core/serve/input_request.h"

#include "core/base/json_fields.h"
#include "core/model/tokenizer/decoded_spans.h"
#include "core/serve/request_fields.h"

namespace winnow {
namespace {

    /// One of {"text": ..} and {"ids": [..]}.
    Result<PreparedInput> readPart(const Json &json, const char *where, const ModelConfig &config, const Tokenizer &tokenizer,
        SpecialTokens special)
    {
        if (json.contains("images") || json.contains("messages"))
            return fail(ErrorCode::Unsupported,
                std::string(where) + ": images and chat messages are not supported here for family " + config.family,
                "give a text or ids");
        if (json.contains("ids")) {
            auto ids = idList(json.at("ids"), config.vocab, where);
            return ids ? describeIds(std::move(*ids), tokenizer) : Result<PreparedInput>(fail(ids.error()));
        }
        const Json &text = childField(json, "text");
        if (!text.is_string())
            return fail(ErrorCode::BadInput, std::string(where) + ": expected \"text\" or \"ids\"");
        auto wantsSpecial = requestFlag(json, "special", special == SpecialTokens::Add);
        if (!wantsSpecial)
            return fail(wantsSpecial.error());
        auto tokens = tokenizer.encode(text.get_ref<const std::string &>(), *wantsSpecial ? SpecialTokens::Add : SpecialTokens::None);
        if (!tokens)
            return fail(tokens.error());
        PreparedInput part;
        part.text = text.get<std::string>();
        for (const Token &token : *tokens) {
            part.ids.push_back(token.id);
            part.pieces.push_back(tokenizer.piece(token.id));
            part.spans.emplace_back(token.begin, token.end);
        }
        return part;
    }

    void append(PreparedInput &input, const PreparedInput &part)
    {
        const auto shift = int64_t(input.text.size());
        input.ids.insert(input.ids.end(), part.ids.begin(), part.ids.end());
        input.pieces.insert(input.pieces.end(), part.pieces.begin(), part.pieces.end());
        for (const auto &[begin, end] : part.spans)
            input.spans.emplace_back(begin + shift, end + shift);
        input.text += part.text;
    }

    Result<void> splitScored(const Json &request, PreparedInput &input)
    {
        const auto total = int64_t(input.ids.size());
        input.contextTokens = total;
        const Json &last = childField(request, "scoreLast");
        const int64_t count = integerField(request, "scoreLast", -1);
        if (last.is_null() || count == 0)
            return {};
        if (count < 2 || count >= total)
            return fail(ErrorCode::BadInput,
                "scoreLast: expected 2 to " + std::to_string(total - 1) + " of the " + std::to_string(total)
                    + " input tokens, found " + jsonText(last),
                "at least one token stays as context");
        input.contextTokens = total - count;
        return {};
    }

} // namespace

Result<std::vector<int32_t>> idList(const Json &list, int64_t vocabulary, const char *where)
{
    if (!list.is_array())
        return fail(ErrorCode::BadInput, std::string(where) + ": \"ids\" is not a list");
    std::vector<int32_t> ids;
    ids.reserve(list.size());
    for (const Json &entry : list) {
        const bool whole = entry.is_number_integer();
        const int64_t id = whole ? entry.is_number_unsigned() && entry.get<uint64_t>() > INT32_MAX ? -1 : entry.get<int64_t>() : -1;
        if (id < 0 || id >= vocabulary)
            return fail(ErrorCode::BadInput,
                std::string(where) + ": id number " + std::to_string(ids.size()) + " is " + jsonText(entry)
                    + ", expected 0 to " + std::to_string(vocabulary - 1));
        ids.push_back(static_cast<int32_t>(id));
    }
    return ids;
}

Result<PreparedInput> describeIds(std::vector<int32_t> ids, const Tokenizer &tokenizer)
{
    PreparedInput input;
    auto text = tokenizer.decode(ids, false);
    if (!text)
        return fail(text.error());
    input.text = std::move(*text);
    auto spans = decodedSpans(tokenizer, ids);
    if (!spans)
        return fail(spans.error());
    input.spans = std::move(*spans);
    for (const int32_t id : ids)
        input.pieces.push_back(tokenizer.piece(id));
    input.ids = std::move(ids);
    return input;
}

Result<PreparedInput> prepareInput(const Json &request, const ModelConfig &config, const Tokenizer &tokenizer)
{
    const Json &given = childField(request, "input");
    if (!given.is_object())
        return fail(ErrorCode::BadInput, "the request has no input", "give --text, --text-file or --ids-file");
    auto input = readPart(given, "input", config, tokenizer, SpecialTokens::Add);
    if (!input)
        return input;
    const Json &continuation = childField(request, "continuation");
    if (continuation.is_null()) {
        if (auto split = splitScored(request, *input); !split)
            return fail(split.error());
    } else {
        auto part = readPart(continuation, "continuation", config, tokenizer, SpecialTokens::None);
        if (!part)
            return part;
        if (part->ids.size() < 2)
            return fail(ErrorCode::BadInput,
                "continuation: expected at least 2 tokens, found " + std::to_string(part->ids.size()));
        input->contextTokens = int64_t(input->ids.size());
        append(*input, *part);
    }
    if (input->contextTokens < 1)
        return fail(ErrorCode::BadInput, "the input has no token", "give a text that is not empty");
    const auto total = int64_t(input->ids.size());
    if (total > config.contextLength)
        return fail(ErrorCode::BadInput,
            "the input has " + std::to_string(total) + " tokens, the context of " + config.name + " holds at most "
                + std::to_string(config.contextLength),
            "shorten it");
    return input;
}

} // namespace winnow
