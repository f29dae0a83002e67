#include "core/model/tokenizer/json_parts.h"
#include "core/model/tokenizer/json_reader.h"

#include <limits>

namespace winnow {
namespace {

    Result<void> readReplaceDecoder(const JsonNode &node, std::vector<DecodeStep> &steps)
    {
        auto pattern = readPattern(node.at("pattern"));
        auto content = node.at("content").string();
        if (!pattern || !content)
            return fail(pattern ? content.error() : pattern.error());
        if (pattern->regex && content->find('$') != std::string::npos)
            return node.at("content").unsupported("groups in a replacement (\"" + *content + "\") are not known");
        steps.push_back(pattern->regex ? replaceMatchesInTexts(std::move(pattern->regex), std::move(*content))
                                       : replaceInTexts(std::move(pattern->text), std::move(*content)));
        return {};
    }

    Result<void> readStripDecoder(const JsonNode &node, std::vector<DecodeStep> &steps)
    {
        auto content = node.at("content").string();
        const auto start = node.at("start").integer(0, std::numeric_limits<int32_t>::max());
        const auto stop = node.at("stop").integer(0, std::numeric_limits<int32_t>::max());
        if (!content || !start || !stop)
            return fail(!content ? content.error() : !start ? start.error() : stop.error());
        if (content->empty())
            return node.at("content").wrong("one character");
        steps.push_back(stripTexts(std::move(*content), static_cast<size_t>(*start), static_cast<size_t>(*stop)));
        return {};
    }

    Result<void> readWordPieceDecoder(const JsonNode &node, std::vector<DecodeStep> &steps)
    {
        auto prefix = node.at("prefix").stringOr("##");
        const auto clean = node.at("cleanup").booleanOr(true);
        if (!prefix || !clean)
            return fail(prefix ? clean.error() : prefix.error());
        steps.push_back(decodeWordPiece(std::move(*prefix), *clean));
        return {};
    }

    Result<void> readDecode(const JsonNode &node, std::vector<DecodeStep> &steps)
    {
        const std::string type = *typeOf(node);
        if (type == "ByteLevel") {
            steps.push_back(decodeBytes());
        } else if (type == "ByteFallback") {
            steps.push_back(decodeByteFallback());
        } else if (type == "Fuse") {
            steps.push_back(fuseTexts());
        } else if (type == "Replace") {
            return readReplaceDecoder(node, steps);
        } else if (type == "Strip") {
            return readStripDecoder(node, steps);
        } else if (type == "WordPiece") {
            return readWordPieceDecoder(node, steps);
        } else if (type == "Metaspace") {
            auto read = readMetaspace(node);
            if (!read)
                return fail(read.error());
            steps.push_back(decodeMetaspace(std::move(read->replacement), read->scheme));
        } else if (type == "BPEDecoder") {
            auto suffix = node.at("suffix").stringOr("</w>");
            if (!suffix)
                return fail(suffix.error());
            steps.push_back(decodeBpeSuffix(std::move(*suffix)));
        } else {
            return unknownType(node, "decoder", type);
        }
        return {};
    }

    /// [text, id] of BertProcessing and RobertaProcessing.
    Result<int32_t> readPairId(const JsonNode &node)
    {
        const auto parts = node.list();
        if (!parts)
            return fail(parts.error());
        if (parts->size() != 2)
            return node.wrong("a list of a text and an id");
        const auto id = (*parts)[1].integer(0, Vocabulary::kLargestId);
        if (!id)
            return fail(id.error());
        return static_cast<int32_t>(*id);
    }

    Result<void> readBertProcessing(const JsonNode &node, TokenizerParts &parts)
    {
        const auto first = readPairId(node.at("cls")), last = readPairId(node.at("sep"));
        if (!first || !last)
            return fail(first ? last.error() : first.error());
        parts.before.insert(parts.before.begin(), *first);
        parts.behind.push_back(*last);
        return {};
    }

    Result<void> appendTemplateIds(const JsonNode &special, const std::string &name, std::vector<int32_t> &ids)
    {
        const auto list = special.at(name).at("ids").list();
        if (!list)
            return fail(list.error());
        for (const JsonNode &item : *list) {
            const auto id = item.integer(0, Vocabulary::kLargestId);
            if (!id)
                return fail(id.error());
            ids.push_back(static_cast<int32_t>(*id));
        }
        return {};
    }

    Result<void> readTemplate(const JsonNode &node, TokenizerParts &parts)
    {
        const auto pieces = node.at("single").list();
        if (!pieces)
            return fail(pieces.error());
        std::vector<int32_t> before, behind;
        bool met = false;
        for (const JsonNode &piece : *pieces) {
            const JsonNode sequence = piece.at("Sequence"), special = piece.at("SpecialToken");
            if (!sequence.isNull()) {
                if (met)
                    return piece.unsupported("a template with the text twice is not known");
                met = true;
                continue;
            }
            const auto name = special.at("id").string();
            if (!name)
                return fail(name.error());
            if (const auto read = appendTemplateIds(node.at("special_tokens"), *name, met ? behind : before); !read)
                return read;
        }
        if (!met)
            return node.at("single").wrong("a template with the text in it");
        parts.before.insert(parts.before.begin(), before.begin(), before.end());
        parts.behind.insert(parts.behind.end(), behind.begin(), behind.end());
        return {};
    }

} // namespace

Result<void> readDecoder(const JsonNode &node, std::vector<DecodeStep> &steps)
{
    const auto nodes = flattenSequence(node, "decoders");
    if (!nodes)
        return fail(nodes.error());
    for (const JsonNode &part : *nodes) {
        if (const auto done = readDecode(part, steps); !done)
            return done;
    }
    return {};
}

Result<void> readPieceDecoder(const JsonNode &node, std::vector<DecodeStep> &steps)
{
    const auto nodes = flattenSequence(node, "decoders");
    if (!nodes)
        return fail(nodes.error());
    for (const JsonNode &part : *nodes) {
        const std::string type = *typeOf(part);
        if (type == "Strip" || type == "WordPiece" || type == "BPEDecoder")
            continue; // about the ends of words and texts
        if (type == "Metaspace") {
            auto read = readMetaspace(part);
            if (!read)
                return fail(read.error());
            steps.push_back(replaceInTexts(std::move(read->replacement), " "));
        } else if (const auto done = readDecode(part, steps); !done) {
            return done;
        }
    }
    return {};
}

Result<void> readPostProcessor(const JsonNode &node, TokenizerParts &parts)
{
    const auto nodes = flattenSequence(node, "processors");
    if (!nodes)
        return fail(nodes.error());
    for (const JsonNode &part : *nodes) {
        const std::string type = *typeOf(part);
        Result<void> done;
        if (type == "TemplateProcessing")
            done = readTemplate(part, parts);
        else if (type == "BertProcessing" || type == "RobertaProcessing")
            done = readBertProcessing(part, parts);
        else if (type != "ByteLevel") // trims offsets, and ours cover white space too
            return unknownType(part, "post-processor", type);
        if (!done)
            return done;
    }
    return {};
}

} // namespace winnow
