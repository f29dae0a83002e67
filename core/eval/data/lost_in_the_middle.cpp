#include "core/base/json_fields.h"
#include "core/eval/data/data_lines.h"
#include "core/eval/data/json_records.h"
#include "core/eval/data/prompt_readers.h"
#include "core/eval/task_text.h"

#include <algorithm>

namespace winnow {
namespace {

    constexpr int64_t kMostDocuments = 100;

    int64_t pointsIn(std::string_view text) { return std::ssize(codePointOffsets(text)) - 1; }

    /// The object's text with one pair a line, as the published prompts have it.
    Result<PromptItem> pairsItem(const Json &record)
    {
        const auto key = requiredText(record, "key");
        const auto value = requiredText(record, "value");
        const auto pairs = requiredList(record, "ordered_kv_records");
        if (!key || !value || !pairs)
            return fail(!key ? key.error() : !value ? value.error() : pairs.error());
        PromptItem item;
        item.set = "lost_in_the_middle";
        item.task = "kv";
        item.question = *key;
        item.answers = {*value};
        item.meta = {{"metric", "qaF1"}, {"language", "en"}, {"cue", "\nAnswer:"}, {"firstLine", true}};
        std::string text = "{";
        for (size_t i = 0; i < (*pairs)->size(); ++i) {
            const Json &pair = (**pairs)[i];
            if (!pair.is_array() || pair.size() != 2 || !pair[0].is_string() || !pair[1].is_string())
                return fail(ErrorCode::BadInput, "field \"ordered_kv_records\": expected pairs of texts, found " + jsonText(pair));
            text += (i > 0 ? ",\n " : "") + jsonText(pair[0]) + ": ";
            const std::string quoted = jsonText(pair[1]);
            if (pair[0] == *key && pair[1] == *value) {
                const int64_t first = pointsIn(text) + 1;
                item.evidence = {{0, first, first + pointsIn(quoted) - 2}};
                item.meta["goldIndex"] = i;
            }
            text += quoted;
        }
        if (item.evidence.empty())
            return fail(ErrorCode::BadInput, "the key and its value are not among the pairs");
        item.contexts = {text + '}'};
        return item;
    }

    struct Question {
        std::string question, title, text, folded;
        std::vector<std::string> answers, foldedAnswers;
    };

    Result<Question> questionOf(const Json &record)
    {
        auto question = requiredText(record, "question");
        auto answers = requiredTexts(record, "answers");
        const auto passages = requiredList(record, "ctxs");
        if (!question || !answers || !passages)
            return fail(!question ? question.error() : !answers ? answers.error() : passages.error());
        if ((*passages)->empty())
            return fail(ErrorCode::BadInput, "field \"ctxs\": expected a passage, found none");
        const Json *gold = &(*passages)->front();
        for (const Json &passage : **passages) {
            if (flagField(passage, "isgold") || flagField(passage, "hasanswer")) {
                gold = &passage;
                break;
            }
        }
        auto text = requiredText(*gold, "text");
        if (!text)
            return fail(text.error());
        Question result{std::move(*question), stringField(*gold, "title"), std::move(*text), {}, std::move(*answers), {}};
        result.folded = lowerCaseText(result.text);
        for (const std::string &answer : result.answers)
            result.foldedAnswers.push_back(lowerCaseText(answer));
        return result;
    }

    bool holdsAnswer(const Question &passage, const Question &item)
    {
        return std::any_of(item.foldedAnswers.begin(), item.foldedAnswers.end(), [&](const std::string &answer) {
            return !answer.empty() && passage.folded.find(answer) != std::string::npos;
        });
    }

    /// Numbers of the items whose passages are the distractors of item i.
    std::vector<size_t> distractorsOf(const std::vector<Question> &questions, size_t i, size_t wanted)
    {
        std::vector<size_t> chosen;
        for (size_t step = 1; step < questions.size() && chosen.size() < wanted; ++step) {
            const size_t other = (i + step) % questions.size();
            if (!holdsAnswer(questions[other], questions[i]))
                chosen.push_back(other);
        }
        return chosen;
    }

    /// Where the first answer that stands in the text as it is written stands; else the whole text.
    Evidence goldEvidence(const Question &question, const std::string &context, int64_t index)
    {
        const size_t body = context.size() - question.text.size();
        for (const std::string &answer : question.answers) {
            if (const size_t at = context.find(answer, body); !answer.empty() && at != std::string::npos) {
                const int64_t first = pointsIn(std::string_view(context).substr(0, at));
                return {static_cast<int32_t>(index), first, first + pointsIn(answer)};
            }
        }
        return {static_cast<int32_t>(index), pointsIn(std::string_view(context).substr(0, body)), pointsIn(context)};
    }

    PromptItem documentsItem(const std::vector<Question> &questions, size_t i, const DataSettings &settings)
    {
        const Question &own = questions[i];
        std::vector<size_t> order = distractorsOf(questions, i, static_cast<size_t>(settings.documents - 1));
        const auto position = std::min<int64_t>(settings.goldPosition, std::ssize(order));
        PromptItem item;
        item.meta = {{"metric", "qaF1"}, {"language", "en"}, {"cue", "\nAnswer:"}, {"firstLine", true}, {"distractors", order}, {"goldIndex", position},
            {"note", "other documents come from other questions: easier than retrieved ones"}};
        order.insert(order.begin() + position, i);
        item.id = "nq-" + std::to_string(i);
        item.set = "lost_in_the_middle";
        item.task = "nq";
        item.question = own.question;
        item.answers = own.answers;
        for (size_t k = 0; k < order.size(); ++k)
            item.contexts.push_back("Document [" + std::to_string(k + 1) + "](Title: " + questions[order[k]].title + ") " + questions[order[k]].text);
        item.evidence = {goldEvidence(own, item.contexts[static_cast<size_t>(position)], position)};
        return item;
    }

    Result<void> checkDocuments(const DataSettings &settings)
    {
        if (settings.documents < 2 || settings.documents > kMostDocuments)
            return fail(ErrorCode::BadInput, "documents: expected 2..100, found " + std::to_string(settings.documents));
        if (settings.goldPosition < 0 || settings.goldPosition >= settings.documents)
            return fail(ErrorCode::BadInput,
                "gold position: expected 0.." + std::to_string(settings.documents - 1) + ", found " + std::to_string(settings.goldPosition));
        return {};
    }

} // namespace

Result<DataNotes> readKeyValues(
    const std::filesystem::path &path, const DataSettings &settings, const ItemSink<PromptItem> &sink, const RunContext &context)
{
    DataNotes notes;
    const auto read = readJsonLines(path, settings, notes, [&](const Json &record, int64_t) -> Result<bool> {
        auto item = pairsItem(record);
        if (!item)
            return fail(item.error());
        item->id = "kv-" + std::to_string(notes.items++);
        return sink(std::move(*item));
    }, context);
    return read ? Result<DataNotes>(std::move(notes)) : fail(read.error());
}

Result<DataNotes> readDocuments(
    const std::filesystem::path &path, const DataSettings &settings, const ItemSink<PromptItem> &sink, const RunContext &context)
{
    if (auto good = checkDocuments(settings); !good)
        return fail(good.error());
    DataNotes notes;
    std::vector<Question> questions; // distractors come from any item, so one passage of each is held
    const auto read = readJsonLines(path, settings, notes, [&](const Json &record, int64_t) -> Result<bool> {
        auto question = questionOf(record);
        if (!question)
            return fail(question.error());
        questions.push_back(std::move(*question));
        return true;
    }, context);
    if (!read)
        return fail(read.error());
    for (size_t i = 0; i < questions.size(); ++i) {
        if (context.cancelled())
            return fail(ErrorCode::Cancelled, "cancelled while reading " + path.string());
        PromptItem item = documentsItem(questions, i, settings);
        if (std::ssize(item.contexts) < settings.documents)
            notes.warn(path.string(), 0, item.id + ": only " + std::to_string(item.contexts.size()) + " documents, the file has no more without an answer");
        ++notes.items;
        if (!sink(std::move(item)))
            break;
    }
    return notes;
}

} // namespace winnow
