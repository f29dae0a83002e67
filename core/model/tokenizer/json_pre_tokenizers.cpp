#include "core/model/tokenizer/json_parts.h"
#include "core/model/tokenizer/json_reader.h"

#include <algorithm>
#include <limits>

namespace winnow {
namespace {

    Result<MatchedText> readBehavior(const JsonNode &node, MatchedText fallback)
    {
        if (node.isNull())
            return fallback;
        const auto name = node.string();
        if (!name)
            return fail(name.error());
        struct Named {
            const char *name;
            MatchedText rule;
        };
        static constexpr Named kNames[] = {{"Removed", MatchedText::Removed}, {"Isolated", MatchedText::Isolated},
            {"MergedWithPrevious", MatchedText::MergedWithPrevious}, {"MergedWithNext", MatchedText::MergedWithNext},
            {"Contiguous", MatchedText::Contiguous}};
        for (const Named &known : kNames) {
            if (*name == known.name)
                return known.rule;
        }
        return node.unsupported("behavior \"" + *name + "\" is not known");
    }

    Result<void> readSplit(const JsonNode &node, std::vector<CutStep> &steps)
    {
        auto pattern = readPattern(node.at("pattern"));
        const auto rule = readBehavior(node.at("behavior"), MatchedText::Isolated);
        const auto invert = node.at("invert").booleanOr(false);
        if (!pattern || !rule)
            return fail(pattern ? rule.error() : pattern.error());
        if (!invert)
            return fail(invert.error());
        if (const Splitter splitter = pattern->regex && *rule == MatchedText::Isolated ? splitterOf(pattern->text) : nullptr) {
            steps.push_back(splitByRule(splitter));
            return {};
        }
        steps.push_back(splitStep(pattern->regex ? matchesOf(std::move(pattern->regex)) : matchesOf(std::move(pattern->text)), *rule,
            *invert ? MatchSense::Inverted : MatchSense::AsFound));
        return {};
    }

    Result<void> readDelimiter(const JsonNode &node, std::vector<CutStep> &steps)
    {
        auto delimiter = node.at("delimiter").string();
        if (!delimiter)
            return fail(delimiter.error());
        steps.push_back(splitStep(matchesOf(std::move(*delimiter)), MatchedText::Removed, MatchSense::AsFound));
        return {};
    }

    Result<void> readByteLevel(const JsonNode &node, bool keepBytes, std::vector<CutStep> &steps)
    {
        const auto prefix = node.at("add_prefix_space").booleanOr(true), regex = node.at("use_regex").booleanOr(true);
        if (!prefix || !regex)
            return fail(prefix ? regex.error() : prefix.error());
        if (*prefix)
            steps.push_back(prefixSpace());
        if (*regex)
            steps.push_back(splitByRule(splitGpt2));
        if (!keepBytes)
            steps.push_back(mapBytesOfPieces());
        return {};
    }

    /// One node that is no Sequence.
    Result<void> readCut(const JsonNode &node, const std::string &type, bool keepBytes, std::vector<CutStep> &steps)
    {
        if (type == "ByteLevel")
            return readByteLevel(node, keepBytes, steps);
        if (type == "Split")
            return readSplit(node, steps);
        if (type == "CharDelimiterSplit")
            return readDelimiter(node, steps);
        if (type == "Metaspace") {
            const auto read = readMetaspace(node);
            if (!read)
                return fail(read.error());
            steps.push_back(metaspace(read->replacement, read->scheme, read->split));
        } else if (type == "Digits") {
            const auto individually = node.at("individual_digits").booleanOr(false);
            if (!individually)
                return fail(individually.error());
            steps.push_back(splitDigits(*individually));
        } else if (type == "Punctuation") {
            const auto rule = readBehavior(node.at("behavior"), MatchedText::Isolated);
            if (!rule)
                return fail(rule.error());
            steps.push_back(splitPunctuation(*rule));
        } else if (type == "BertPreTokenizer") {
            steps.push_back(splitAtWhiteSpace());
            steps.push_back(splitPunctuation(MatchedText::Isolated));
        } else if (type == "Whitespace") {
            steps.push_back(splitWords());
        } else if (type == "WhitespaceSplit") {
            steps.push_back(splitAtWhiteSpace());
        } else if (type == "UnicodeScripts") {
            steps.push_back(splitUnicodeScripts());
        } else if (type == "FixedLength") {
            const JsonNode length = node.at("length");
            const auto value = length.isNull() ? Result<int64_t>(5) : length.integer(1, std::numeric_limits<int32_t>::max());
            if (!value)
                return fail(value.error());
            steps.push_back(splitFixedLength(static_cast<size_t>(*value)));
        } else {
            return unknownType(node, "pre-tokenizer", type);
        }
        return {};
    }

} // namespace

Result<PreTokenizerRead> readPreTokenizer(const JsonNode &node, PieceForm form)
{
    const auto nodes = flattenSequence(node, "pretokenizers");
    if (!nodes)
        return fail(nodes.error());
    PreTokenizerRead result;
    const auto isByteLevel = [](const JsonNode &part) { return *typeOf(part) == "ByteLevel"; };
    // Bytes stay bytes where nothing looks at their mapped form but the vocabulary.
    result.byteLevel = form == PieceForm::BytesWherePossible && !nodes->empty() && isByteLevel(nodes->back())
        && std::count_if(nodes->begin(), nodes->end(), isByteLevel) == 1;
    for (const JsonNode &part : *nodes) {
        const std::string type = *typeOf(part);
        if (const auto done = readCut(part, type, result.byteLevel, result.steps); !done)
            return fail(done.error());
        result.detail += (result.detail.empty() ? "" : " + ") + type;
    }
    return result;
}

} // namespace winnow
