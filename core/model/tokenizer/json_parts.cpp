#include "core/model/tokenizer/json_parts.h"

namespace winnow {
namespace {

    Result<void> appendFlat(const JsonNode &node, const char *key, std::vector<JsonNode> &nodes)
    {
        const auto type = typeOf(node);
        if (!type)
            return fail(type.error());
        if (type->empty())
            return {};
        if (*type != "Sequence") {
            nodes.push_back(node);
            return {};
        }
        const auto parts = node.at(key).list();
        if (!parts)
            return fail(parts.error());
        for (const JsonNode &part : *parts) {
            if (const auto done = appendFlat(part, key, nodes); !done)
                return done;
        }
        return {};
    }

    int base64Digit(char character)
    {
        if (character >= 'A' && character <= 'Z')
            return character - 'A';
        if (character >= 'a' && character <= 'z')
            return character - 'a' + 26;
        if (character >= '0' && character <= '9')
            return character - '0' + 52;
        return character == '+' ? 62 : character == '/' ? 63 : -1;
    }

} // namespace

Result<PatternRead> readPattern(const JsonNode &node)
{
    const JsonNode regex = node.at("Regex");
    const JsonNode literal = node.value().is_string() ? node : node.at("String");
    auto text = regex.isNull() ? literal.string() : regex.string();
    if (!text)
        return fail(text.error());
    PatternRead result{std::move(*text), nullptr};
    if (regex.isNull())
        return result;
    auto compiled = Regex::compile(result.text);
    if (!compiled)
        return compiled.error().code == ErrorCode::Unsupported ? node.unsupported(compiled.error().message) : node.bad(compiled.error().message);
    result.regex = std::move(*compiled);
    return result;
}

Result<MetaspaceRead> readMetaspace(const JsonNode &node)
{
    const auto replacement = node.at("replacement").stringOr("\xE2\x96\x81");
    const auto scheme = node.at("prepend_scheme").stringOr("");
    const auto prefix = node.at("add_prefix_space").booleanOr(true); // how files say it that are older than the scheme
    const auto split = node.at("split").booleanOr(true);
    if (!replacement || !scheme)
        return fail(replacement ? scheme.error() : replacement.error());
    if (!prefix || !split)
        return fail(prefix ? split.error() : prefix.error());
    if (replacement->empty())
        return node.at("replacement").wrong("one character");
    MetaspaceRead result{*replacement, *prefix ? PrependScheme::Always : PrependScheme::Never, *split};
    if (*scheme == "first")
        result.scheme = PrependScheme::First;
    else if (*scheme == "never")
        result.scheme = PrependScheme::Never;
    else if (*scheme == "always")
        result.scheme = PrependScheme::Always;
    else if (!scheme->empty())
        return node.unsupported("prepend_scheme \"" + *scheme + "\" is not known");
    return result;
}

Result<std::string> typeOf(const JsonNode &node)
{
    if (node.isNull())
        return std::string();
    if (const auto object = node.object(); !object)
        return fail(object.error());
    return node.at("type").string();
}

Result<std::vector<JsonNode>> flattenSequence(const JsonNode &node, const char *key)
{
    std::vector<JsonNode> nodes;
    if (const auto done = appendFlat(node, key, nodes); !done)
        return fail(done.error());
    return nodes;
}

tl::unexpected<Error> unknownType(const JsonNode &node, const std::string &kind, const std::string &type)
{
    return node.unsupported(kind + " \"" + type + "\" is not known");
}

std::optional<std::string> decodeBase64(std::string_view text)
{
    while (text.ends_with('='))
        text.remove_suffix(1);
    if (text.size() % 4 == 1)
        return std::nullopt;
    std::string bytes;
    bytes.reserve(text.size() / 4 * 3 + 2);
    uint32_t bits = 0;
    int count = 0;
    for (const char character : text) {
        const int digit = base64Digit(character);
        if (digit < 0)
            return std::nullopt;
        bits = bits << 6 | static_cast<uint32_t>(digit);
        count += 6;
        if (count >= 8) {
            count -= 8;
            bytes += static_cast<char>(static_cast<uint8_t>(bits >> count & 0xFFu));
        }
    }
    return bytes;
}

} // namespace winnow
