#include "core/methods/segment/common.h"

#include "core/base/json_fields.h"
#include "core/words/characters.h"
#include "core/words/cpu_clock.h"
#include "core/words/reply_alignment.h"
#include "core/words/simulated_teacher.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <unordered_map>

namespace winnow::segment {
namespace {

    constexpr size_t kMostTableRows = 20000;

    double numberOr(const Parameters &parameters, const char *name, double fallback)
    {
        return parameters.has(name) ? parameters.number(name) : fallback;
    }

    std::vector<std::u32string> wordsOf(const CutText &text, const std::vector<int32_t> &ends)
    {
        std::vector<std::u32string> words;
        int32_t first = 0;
        for (const int32_t end : ends) {
            words.emplace_back(text.word(first, end));
            first = end;
        }
        return words;
    }

    TaughtLines simulatedLines(const SegmentSource &source, const Parameters &parameters, size_t used)
    {
        TaughtLines lines;
        SimulatedTeacher teacher(static_cast<uint64_t>(parameters.has("seed") ? parameters.integer("seed") : 1),
            numberOr(parameters, "pMerge", kMerge.defaultValue), numberOr(parameters, "pSplit", kSplit.defaultValue));
        for (size_t i = 0; i < used; ++i) {
            const CutText text = cutText(source.taughtLines()[i], source.whiteSpace);
            lines.ends.push_back(teacher.next((*source.simulatedGold)[i]));
            lines.words.push_back(wordsOf(text, lines.ends.back()));
            lines.line.push_back(static_cast<int64_t>(i));
        }
        return lines;
    }

    void addReply(const SegmentSource &source, const TaughtReply &reply, bool align, TaughtLines &lines)
    {
        const CutText text = cutText(source.taughtLines()[static_cast<size_t>(reply.line)], source.whiteSpace);
        std::vector<std::u32string> said = replyWords(reply.reply);
        ReplyAlignment alignment = alignReply(text.characters, said);
        lines.hallucination += alignment.hallucination;
        lines.altered += alignment.altered;
        if (align) {
            std::vector<std::u32string> accepted;
            for (size_t i = 0; i < said.size(); ++i) {
                if (alignment.used[i] != 0)
                    accepted.push_back(std::move(said[i]));
            }
            said = std::move(accepted);
        }
        lines.words.push_back(std::move(said));
        lines.ends.push_back(std::move(alignment.ends));
        lines.line.push_back(reply.line);
    }

    WordDictionary countedWords(const std::vector<std::vector<std::u32string>> &lines)
    {
        std::unordered_map<std::u32string, uint64_t> counts;
        for (const auto &line : lines) {
            for (const std::u32string &word : line)
                ++counts[word];
        }
        return WordDictionary(counts);
    }

} // namespace

Result<TaughtLines> taughtLines(const SegmentSource &source, const Parameters &parameters)
{
    const std::vector<std::string> &taught = source.taughtLines();
    const auto used = static_cast<size_t>(std::floor(numberOr(parameters, "share", 1) * static_cast<double>(taught.size())));
    TaughtLines lines;
    if (source.simulatedGold) {
        lines = simulatedLines(source, parameters, used);
    } else {
        std::map<int64_t, const TaughtReply *> byLine; // the last reply to a line counts
        for (const TaughtReply &reply : source.replies) {
            if (reply.line < 0 || reply.line >= static_cast<int64_t>(taught.size()))
                return fail(ErrorCode::BadInput, "replies: a reply to line " + std::to_string(reply.line) + ", but there are lines 0 to "
                        + std::to_string(int64_t(taught.size()) - 1), "replies and lines must come from the same text");
            byLine[reply.line] = &reply;
        }
        const bool align = !parameters.has("align") || parameters.flag("align");
        for (const auto &[line, reply] : byLine) {
            if (line < static_cast<int64_t>(used))
                addReply(source, *reply, align, lines);
        }
    }
    lines.missing = static_cast<int64_t>(taught.size() - lines.line.size());
    lines.hallucination /= std::max(1.0, static_cast<double>(lines.line.size()));
    return lines;
}

Result<UsedDictionary> usedDictionary(const SegmentSource &source, const Parameters &parameters, const RunContext &context)
{
    const double began = threadSeconds();
    UsedDictionary used;
    if (source.dictionary) {
        used.origin = "given";
        used.dictionary = *source.dictionary;
    } else if (!source.trainingGold.empty()) {
        used.origin = "segmented lines";
        used.dictionary = countedWords(source.trainingGold);
    } else if (!source.replies.empty() || source.simulatedGold) {
        auto lines = taughtLines(source, parameters);
        if (!lines)
            return fail(lines.error());
        TeachingRule rule;
        rule.topRatio = numberOr(parameters, "topRatio", rule.topRatio);
        rule.batch = parameters.has("batch") ? parameters.integer("batch") : rule.batch;
        rule.passes = parameters.has("passes") ? parameters.integer("passes") : rule.passes;
        rule.seed = static_cast<uint64_t>(parameters.has("seed") ? parameters.integer("seed") : 1);
        auto taught = teachDictionary(lines->words, rawText(source.taughtLines(), source.whiteSpace), rule, context);
        if (!taught)
            return fail(taught.error());
        used.origin = "replies";
        used.dictionary = taught->dictionary;
        used.taught = std::move(*taught);
        used.lines = std::move(*lines);
    } else {
        return fail(ErrorCode::BadInput, "the method needs a dictionary and the request has none",
            "give a dictionary, segmented training lines, replies of a chat model, or the simulated teacher with gold words");
    }
    used.seconds = threadSeconds() - began;
    return used;
}

TableArtifact dictionaryTable(const UsedDictionary &used)
{
    TableArtifact table{"dictionary", "Dictionary", {"word", "count", "pmi", "kept"}, {"", "", "nats", ""}, Json::array()};
    std::vector<TaughtWord> words;
    if (used.taught) {
        words = used.taught->types;
    } else {
        for (const WordCount &entry : used.dictionary.words())
            words.push_back({entry.word, entry.count, entry.count, std::nan("")});
    }
    std::stable_sort(words.begin(), words.end(), [](const TaughtWord &a, const TaughtWord &b) { return a.count > b.count; });
    words.resize(std::min(words.size(), kMostTableRows));
    for (const TaughtWord &word : words) {
        const Json information = std::isnan(word.information) ? Json() : Json(word.information);
        table.rows.push_back({toUtf8(word.word), word.count, information, word.kept});
    }
    return table;
}

void describeDictionary(const UsedDictionary &used, ReportBuilder &report)
{
    report.setMetric("dictionaryWords", static_cast<double>(used.dictionary.size()));
    report.setMetric("dictionaryTotal", static_cast<double>(used.dictionary.total()));
    report.setMetric("dictionarySeconds", used.seconds);
    report.add(dictionaryTable(used));
    if (used.dictionary.size() > kMostTableRows)
        report.addNotice("the table shows the " + std::to_string(kMostTableRows) + " most frequent of "
            + std::to_string(used.dictionary.size()) + " words");
    if (!used.taught)
        return;
    report.setMetric("hallucination", used.lines.hallucination);
    const auto taught = static_cast<double>(used.lines.line.size());
    report.setMetric("taughtLines", taught);
    report.setMetric("alteredRate", taught == 0 ? 0 : static_cast<double>(used.lines.altered) / taught);
    report.setMetric("batchLines", static_cast<double>(used.taught->batch));
    report.setMetric("mixedTypes", static_cast<double>(used.taught->mixed));
    report.setMetric("substringTableBytes", static_cast<double>(used.taught->tableBytes));
    report.setMetric("suffixArrayBytes", static_cast<double>(used.taught->suffixArrayBytes));
    if (used.lines.missing > 0)
        report.addNotice(std::to_string(used.lines.missing) + " lines have no reply in use");
}

Result<TagModel> usedTags(const SegmentSource &source, const Parameters &parameters)
{
    if (stringField(source.model, "kind") == "tags")
        return TagModel::fromJson(source.model);
    if (const Json &saved = childField(source.model, "tagModel"); saved.is_object())
        return TagModel::fromJson(saved);
    if (source.trainingGold.empty())
        return fail(ErrorCode::BadInput, "the tag model is counted on segmented lines and the request has none",
            "give segmented training lines, or a tag model that train wrote");
    return TagModel(source.trainingGold, parameters.number("smoothing"));
}

PreChunking preChunking(const Parameters &parameters)
{
    return parameters.flag("chunks") ? PreChunking::On : PreChunking::Off;
}

ChunkCounts chunksOfSource(const SegmentSource &source, PreChunking chunking)
{
    std::vector<CutText> lines;
    lines.reserve(source.taughtLines().size());
    for (const std::string &line : source.taughtLines())
        lines.push_back(cutText(line, source.whiteSpace));
    return ChunkCounts(lines, chunking);
}

double ChunkCutter::cut(const CutText &line, std::vector<int32_t> &ends)
{
    ends.clear();
    chunksOf(line, m_chunking, m_chunks);
    double score = 0;
    for (const WordChunk &chunk : m_chunks) {
        if (chunk.kind == ChunkKind::Chunk)
            score += m_cut(line.word(chunk.first, chunk.end), chunk.first, ends);
        else
            ends.push_back(chunk.end);
    }
    return score;
}

} // namespace winnow::segment
