#include "core/model/tokenizer/json_parts.h"
#include "core/model/tokenizer/json_reader.h"

namespace winnow {
namespace {

    Result<void> readReplace(const JsonNode &node, std::vector<NormalizeStep> &steps)
    {
        auto pattern = readPattern(node.at("pattern"));
        auto content = node.at("content").string();
        if (!pattern || !content)
            return fail(pattern ? content.error() : pattern.error());
        if (!pattern->regex) {
            steps.push_back(replaceText(std::move(pattern->text), std::move(*content)));
            return {};
        }
        if (content->find('$') != std::string::npos)
            return node.at("content").unsupported("groups in a replacement (\"" + *content + "\") are not known");
        steps.push_back(replaceMatches(std::move(pattern->regex), std::move(*content)));
        return {};
    }

    Result<void> readStrip(const JsonNode &node, std::vector<NormalizeStep> &steps)
    {
        const auto left = node.at("strip_left").booleanOr(true), right = node.at("strip_right").booleanOr(true);
        if (!left || !right)
            return fail(left ? right.error() : left.error());
        steps.push_back(stripSpace(*left ? (*right ? Sides::Both : Sides::Left) : (*right ? Sides::Right : Sides::None)));
        return {};
    }

    Result<void> readBert(const JsonNode &node, std::vector<NormalizeStep> &steps)
    {
        const auto clean = node.at("clean_text").booleanOr(true), chinese = node.at("handle_chinese_chars").booleanOr(true);
        const auto lower = node.at("lowercase").booleanOr(true);
        const auto accents = node.at("strip_accents").booleanOr(lower.value_or(true)); // null: goes with lowercase
        for (const auto *read : {&clean, &chinese, &lower, &accents}) {
            if (!*read)
                return fail(read->error());
        }
        appendBertRules({*clean, *chinese, *accents, *lower}, steps);
        return {};
    }

    Result<void> readCharsmap(const JsonNode &node, std::vector<NormalizeStep> &steps)
    {
        const auto text = node.at("precompiled_charsmap").string();
        if (!text)
            return fail(text.error());
        auto bytes = decodeBase64(*text);
        if (!bytes)
            return node.at("precompiled_charsmap").wrong("Base64");
        auto step = precompiledCharsmap(std::move(*bytes), CharsmapRule::Clusters);
        if (!step)
            return node.bad(step.error().message);
        steps.push_back(std::move(*step));
        return {};
    }

    Result<void> readNormalize(const JsonNode &node, std::vector<NormalizeStep> &steps)
    {
        const std::string type = *node.at("type").string();
        if (type == "NFC")
            steps.push_back(normalForm(NormalForm::Nfc));
        else if (type == "NFD")
            steps.push_back(normalForm(NormalForm::Nfd));
        else if (type == "NFKC")
            steps.push_back(normalForm(NormalForm::Nfkc));
        else if (type == "NFKD")
            steps.push_back(normalForm(NormalForm::Nfkd));
        else if (type == "Lowercase")
            steps.push_back(lowercase());
        else if (type == "StripAccents")
            steps.push_back(stripAccents());
        else if (type == "Nmt")
            steps.push_back(nmtRules());
        else if (type == "ByteLevel")
            steps.push_back(mapBytes());
        else if (type == "Strip")
            return readStrip(node, steps);
        else if (type == "Replace")
            return readReplace(node, steps);
        else if (type == "BertNormalizer")
            return readBert(node, steps);
        else if (type == "Precompiled")
            return readCharsmap(node, steps);
        else if (type != "Prepend")
            return unknownType(node, "normalizer", type);
        else {
            auto text = node.at("prepend").string();
            if (!text)
                return fail(text.error());
            steps.push_back(prependText(std::move(*text)));
        }
        return {};
    }

} // namespace

Result<void> readNormalizer(const JsonNode &node, std::vector<NormalizeStep> &steps)
{
    const auto nodes = flattenSequence(node, "normalizers");
    if (!nodes)
        return fail(nodes.error());
    for (const JsonNode &part : *nodes) {
        if (const auto done = readNormalize(part, steps); !done)
            return done;
    }
    return {};
}

} // namespace winnow
