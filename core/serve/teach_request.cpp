#include "core/serve/teach_request.h"

#include "core/base/json_fields.h"
#include "core/model/generate.h"
#include "core/serve/chat_input.h"
#include "core/serve/request_fields.h"
#include "core/words/characters.h"
#include "core/words/reply_alignment.h"

#include <algorithm>
#include <chrono>
#include <set>

namespace winnow {
namespace {

    constexpr int64_t kReplySlack = 24; // tokens beyond three times those of the line

    struct Teacher {
        ModelRequest wanted;
        std::shared_ptr<const Model> model;
        std::string system;
        Json chat = Json::object(); // further fields of `render`: template, variables
    };

    Result<Teacher> openTeacher(EngineState &state, const Json &request, const SegmentRequest &read, const RunContext &context)
    {
        auto wanted = modelRequest(request, state.options.modelFolder, state.options.threads);
        if (!wanted)
            return fail(wanted.error());
        auto system = requestText(request, "system", teachingMessage(read.source.language));
        if (!system)
            return fail(system.error());
        auto model = state.models.open(*wanted, context);
        if (!model)
            return fail(model.error());
        Teacher teacher{std::move(*wanted), std::move(*model), std::move(*system), Json::object()};
        for (const char *field : {"template", "variables"}) {
            if (request.contains(field))
                teacher.chat[field] = request.at(field);
        }
        return teacher;
    }

    Result<TaughtLine> askLine(const Teacher &teacher, const std::string &line, int64_t number, const RunContext &context)
    {
        const auto began = std::chrono::steady_clock::now();
        const Json messages{{{"role", "system"}, {"content", teacher.system}}, {{"role", "user"}, {"content", line}}};
        Json fields = teacher.chat;
        fields["messages"] = messages;
        auto prompt = renderedChat(teacher.wanted, fields, true);
        if (!prompt)
            return fail(prompt.error());
        const Tokenizer &tokenizer = *teacher.model->tokenizer();
        auto tokens = tokenizer.encode(*prompt, SpecialTokens::None); // the template has put in all special tokens there are
        if (!tokens)
            return fail(tokens.error());
        auto own = tokenizer.encode(line, SpecialTokens::None);
        if (!own)
            return fail(own.error());
        std::vector<int32_t> ids;
        for (const Token &token : *tokens)
            ids.push_back(token.id);
        GenerateOptions options;
        options.maxNew = 3 * static_cast<int64_t>(own->size()) + kReplySlack;
        auto generated = generate(*teacher.model, ids, options, {}, context);
        if (!generated)
            return fail(generated.error());
        auto text = tokenizer.decode(generated->ids, true);
        if (!text)
            return fail(text.error());
        const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
        return TaughtLine{number, std::move(*text), static_cast<int64_t>(ids.size()), static_cast<int64_t>(generated->ids.size()), seconds,
            generated->ended};
    }

    Json linePart(const SegmentRequest &read, const TaughtLine &taught)
    {
        const std::string &line = read.source.taughtLines()[static_cast<size_t>(taught.line)];
        const CutText text = cutText(line, whiteSpaceModeOfLanguage(read.source.language));
        const auto said = replyWords(taught.reply);
        const ReplyAlignment alignment = alignReply(text.characters, said);
        Json words = Json::array(), rejected = Json::array();
        int32_t first = 0;
        for (const int32_t end : alignment.ends) {
            words.push_back(toUtf8(text.word(first, end)));
            first = end;
        }
        for (size_t i = 0; i < said.size(); ++i) {
            if (alignment.used[i] == 0)
                rejected.push_back(toUtf8(said[i]));
        }
        return {{"line", taught.line}, {"text", line}, {"reply", taught.reply}, {"words", std::move(words)},
            {"accepted", alignment.accepted}, {"rejected", std::move(rejected)}, {"hallucination", alignment.hallucination},
            {"altered", alignment.altered}, {"complete", taught.complete}, {"promptTokens", taught.promptTokens},
            {"replyTokens", taught.replyTokens}, {"seconds", taught.seconds}};
    }

} // namespace

std::string teachingMessage(const std::string &language)
{
    if (language == "zh")
        return "把用户给出的文本切分成词，词与词之间用一个空格隔开，标点单独成词，只输出切分结果。";
    return "Split the user's text into words. Put exactly one space between words and treat every punctuation mark as its own word. Reply "
           "with the segmented text only.";
}

Result<void> askLines(EngineState &state, const Json &request, SegmentRequest &read, std::vector<TaughtLine> &replies,
    const RunContext &context, const PartSink &part)
{
    auto teacher = openTeacher(state, request, read, context);
    if (!teacher)
        return fail(teacher.error());
    std::set<int64_t> known;
    for (const TaughtReply &reply : read.source.replies)
        known.insert(reply.line);
    const std::vector<std::string> &lines = read.source.taughtLines();
    for (size_t i = 0; i < lines.size(); ++i) {
        const auto number = static_cast<int64_t>(i);
        context.progress("teach", number, static_cast<int64_t>(lines.size()), "lines");
        if (known.contains(number) || cutText(lines[i], WhiteSpaceMode::Strip).size() == 0)
            continue;
        auto taught = askLine(*teacher, lines[i], number, context);
        if (!taught)
            return fail(taught.error());
        if (part)
            part(Document{linePart(read, *taught), {}});
        if (!taught->reply.empty())
            read.source.replies.push_back({number, taught->reply});
        replies.push_back(std::move(*taught));
    }
    context.progress("teach", static_cast<int64_t>(lines.size()), static_cast<int64_t>(lines.size()), "lines");
    return {};
}

Result<void> teachWhereAsked(
    EngineState &state, const Json &request, SegmentRequest &read, const RunContext &context, const PartSink &part)
{
    if (!request.contains("model") || !read.source.replies.empty() || !read.teacher.empty() || read.source.dictionary
        || !read.source.model.is_null())
        return {};
    std::vector<TaughtLine> replies;
    if (auto asked = askLines(state, request, read, replies, context, part); !asked)
        return asked;
    read.trainingKey += stringField(request, "model") + stringField(request, "system");
    return {};
}

} // namespace winnow
