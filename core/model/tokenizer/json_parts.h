#pragma once

#include "core/model/tokenizer/json_node.h"
#include "core/model/tokenizer/text_steps.h"

#include <memory>
#include <string>
#include <vector>

namespace winnow {

// What several kinds of nodes of a tokenizer.json have in common.

/// `pattern` of Replace and Split: {"String": ...} or {"Regex": ...}; older files have the text itself.
struct PatternRead {
    std::string text;
    std::shared_ptr<const Regex> regex; // null: the text is meant literally
};
Result<PatternRead> readPattern(const JsonNode &node);

struct MetaspaceRead {
    std::string replacement;
    PrependScheme scheme = PrependScheme::Always;
    bool split = true;
};
Result<MetaspaceRead> readMetaspace(const JsonNode &node);

/// A node's type; empty for a node that is null.
Result<std::string> typeOf(const JsonNode &node);
/// The nodes a node stands for: those of a Sequence (its list is at `key`), itself, or none when it is null.
Result<std::vector<JsonNode>> flattenSequence(const JsonNode &node, const char *key);
tl::unexpected<Error> unknownType(const JsonNode &node, const std::string &kind, const std::string &type);

/// Bytes of a text in Base64; nullopt when it is none.
/// @source RFC 4648, section 4.
std::optional<std::string> decodeBase64(std::string_view text);

} // namespace winnow
