#include "core/serve/segment_run.h"

#include "core/base/json_fields.h"
#include "core/serve/report_parts.h"
#include "core/serve/request_fields.h"
#include "core/serve/segment_report.h"
#include "core/serve/teach_request.h"
#include "core/words/reply_alignment.h"

#include <algorithm>

namespace winnow {
namespace {

    std::string repliesText(const std::vector<TaughtReply> &replies)
    {
        std::string text;
        for (const TaughtReply &reply : replies)
            text += jsonText({{"line", reply.line}, {"reply", reply.reply}}) + '\n';
        return text;
    }

    Result<void> saveReplies(const std::string &out, const SegmentRequest &read)
    {
        std::vector<TaughtReply> replies = read.source.replies;
        std::stable_sort(replies.begin(), replies.end(), [](const TaughtReply &a, const TaughtReply &b) { return a.line < b.line; });
        return out.empty() ? Result<void>() : writeTextFile(out, repliesText(replies));
    }

    TableArtifact replyTable(const SegmentRequest &read, const std::vector<TaughtLine> &asked)
    {
        TableArtifact table{"replies", "Replies",
            {"line", "reply", "altered", "hallucination", "rejected", "promptTokens", "replyTokens", "seconds"},
            {"", "", "", "", "words", "tokens", "tokens", "s"}, Json::array()};
        const WhiteSpaceMode mode = whiteSpaceModeOfLanguage(read.source.language);
        for (const TaughtReply &reply : read.source.replies) {
            if (reply.line < 0 || reply.line >= static_cast<int64_t>(read.source.taughtLines().size()))
                continue;
            const CutText text = cutText(read.source.taughtLines()[static_cast<size_t>(reply.line)], mode);
            const ReplyAlignment alignment = alignReply(text.characters, replyWords(reply.reply));
            const auto own
                = std::find_if(asked.begin(), asked.end(), [&](const TaughtLine &line) { return line.line == reply.line; });
            Json row{reply.line, reply.reply, alignment.altered, alignment.hallucination,
                std::count(alignment.used.begin(), alignment.used.end(), 0)};
            if (own == asked.end())
                row.insert(row.end(), {Json(), Json(), 0.0}); // a saved reply costs nothing now
            else
                row.insert(row.end(), {own->promptTokens, own->replyTokens, own->seconds});
            table.rows.push_back(std::move(row));
        }
        return table;
    }

    void addTeachingCosts(ReportBuilder &report, const std::vector<TaughtLine> &asked)
    {
        double promptTokens = 0, replyTokens = 0, seconds = 0, cutOff = 0;
        for (const TaughtLine &line : asked) {
            promptTokens += static_cast<double>(line.promptTokens);
            replyTokens += static_cast<double>(line.replyTokens);
            seconds += line.seconds;
            cutOff += !line.complete;
        }
        report.setMetric("requests", static_cast<double>(asked.size()));
        report.setMetric("promptTokens", promptTokens);
        report.setMetric("replyTokens", replyTokens);
        report.setMetric("teachSeconds", seconds);
        if (cutOff > 0)
            report.addNotice(std::to_string(int64_t(cutOff)) + " replies were cut off at three times the tokens of their line");
    }

    Result<std::string> outPath(const Json &request) { return requestText(request, "out", ""); }

} // namespace

namespace {

    /// The chat model's own words and those of the dictionary it taught, each with its scores.
    Result<void> addTaughtMethods(EngineState &state, const SegmentRequest &read, const std::vector<MethodRequest> &methods,
        const std::vector<TaughtLine> &asked, ReportBuilder &report, const RunContext &context)
    {
        double seconds = 0; // of the chat model
        for (const TaughtLine &line : asked)
            seconds += line.seconds;
        for (const MethodRequest &method : methods) {
            auto learned = learnSegmenter(state, read, method, context);
            if (!learned)
                return fail(learned.error());
            auto lines = segmentLines(read, *learned, context);
            if (!lines)
                return fail(lines.error());
            report.add(segmentationOf(read, *learned, *lines));
            std::optional<WordScores> scores;
            if (!read.gold.empty())
                scores = scoreWords(lines->lines, learned->model->wordList());
            TableArtifact table = scoreTable();
            table.id = "scores." + learned->method;
            table.rows.push_back(scoreRow(*learned, *lines, scores ? &*scores : nullptr));
            report.add(table);
            if (learned->method == "llm_direct") {
                if (scores)
                    report.setMetric("directF1", scores->f1);
                continue;
            }
            learned->model->describe(report);
            addSegmentMetrics(report, *learned, *lines, scores ? &*scores : nullptr);
            report.setExtra("segmenter", {{"id", learned->id}, {"method", learned->method}});
            if (lines->cutSeconds > 0 && asked.size() == lines->lines.size() && !asked.empty())
                report.setMetric("speedup", seconds / lines->cutSeconds);
        }
        return {};
    }

    /// The chat model's own words, and the method that learns from them: LLACA unless the request names another.
    Result<std::vector<MethodRequest>> taughtMethods(const Json &request)
    {
        auto direct = segmentMethod(Json("llm_direct"), request);
        if (!direct)
            return fail(direct.error());
        auto taught = segmentMethod(request.contains("method") ? request : Json("llaca"), request);
        if (!taught)
            return fail(taught.error());
        return std::vector{std::move(*direct), std::move(*taught)};
    }

} // namespace

Result<Document> answerTeach(EngineState &state, const Json &request, const RunContext &context, const PartSink &part)
{
    const RunClock clock;
    auto methods = taughtMethods(request);
    if (!methods)
        return fail(methods.error());
    auto out = outPath(request);
    if (!out)
        return fail(out.error());
    auto read = segmentRequest(request, context);
    if (!read)
        return fail(read.error());
    auto wanted = modelRequest(request, state.options.modelFolder, state.options.threads);
    if (!wanted)
        return fail(wanted.error());
    std::vector<TaughtLine> asked;
    const auto done = askLines(state, request, *read, asked, context, part);
    if (auto saved = saveReplies(*out, *read); !saved)
        return fail(saved.error());
    if (!done && done.error().code == ErrorCode::Cancelled && !out->empty())
        return fail(ErrorCode::Cancelled, "interrupted",
            "replies so far are in " + *out + "; the same request with them as replies goes on from there");
    if (!done)
        return fail(done.error());
    read->trainingKey += stringField(request, "model") + stringField(request, "system");
    read->source.dictionary.reset();
    auto model = state.modelObject(*wanted, context);
    if (!model)
        return fail(model.error());
    ReportBuilder report;
    Json canonical = canonicalSegment(request, *read, methods->back());
    canonical["command"] = "teach";
    report.setRequest(std::move(canonical));
    report.setModel(*model);
    report.setInput({}, {}, "");
    if (auto added = addTaughtMethods(state, *read, *methods, asked, report, context); !added)
        return fail(added.error());
    if (!read->gold.empty())
        report.add(goldSegmentation(*read));
    report.add(replyTable(*read, asked));
    addTeachingCosts(report, asked);
    report.setProvenance(clock.provenance(wanted->threads, read->seed, stringField(*model, "device")));
    return report.build()->document();
}

namespace {

    /// Words of the request's own gold lines: `train` takes them where nothing else teaches. A run never learns from what it is scored
    /// with.
    void trainOnGold(SegmentRequest &read)
    {
        for (size_t i = 0; i < read.gold.size(); ++i) {
            const CutText text = cutText(read.source.lines[i], WhiteSpaceMode::Strip);
            std::vector<std::u32string> words;
            int32_t first = 0;
            for (const int32_t end : wordEnds(text, read.gold[i])) {
                words.emplace_back(text.word(first, end));
                first = end;
            }
            read.source.trainingGold.push_back(std::move(words));
        }
        read.trainingKey += " gold";
    }

} // namespace

Result<Document> answerTrain(EngineState &state, const Json &request, const RunContext &context, const PartSink &)
{
    const RunClock clock;
    auto method = segmentMethod(request, request);
    if (!method)
        return fail(method.error());
    auto out = outPath(request);
    if (!out)
        return fail(out.error());
    auto read = segmentRequest(request, context);
    if (!read)
        return fail(read.error());
    if (read->source.trainingGold.empty() && read->teacher.empty() && read->source.replies.empty())
        trainOnGold(*read);
    auto learned = learnSegmenter(state, *read, *method, context);
    if (!learned)
        return fail(learned.error());
    const std::string saved = learned->model->saved();
    if (saved.empty())
        return fail(ErrorCode::Unsupported, std::string(method->spec->title) + " has nothing to save",
            "it learns from the lines of each run");
    if (!out->empty()) {
        if (auto written = writeTextFile(*out, saved); !written)
            return fail(written.error());
    }
    ReportBuilder report;
    Json canonical = canonicalSegment(request, *read, *method);
    canonical["command"] = "train";
    report.setRequest(std::move(canonical));
    report.setModel(Json::object());
    report.setInput({}, {}, "");
    learned->model->describe(report);
    report.setMetric("trainSeconds", learned->trainSeconds);
    report.setMetric("modelBytes", static_cast<double>(learned->model->bytes()));
    report.setMetric("savedBytes", static_cast<double>(saved.size()));
    report.setExtra("segmenter", {{"id", learned->id}, {"method", learned->method}, {"file", *out}});
    report.setProvenance(clock.provenance(1, read->seed, "cpu"));
    return report.build()->document();
}

} // namespace winnow
