#include "core/base/json_fields.h"
#include "core/eval/data/data_lines.h"
#include "core/eval/data/json_records.h"
#include "core/eval/data/prompt_readers.h"

#include <algorithm>

namespace winnow {
namespace {

    /// xquad.zh.json is Chinese; a name without a language says nothing.
    std::string languageOf(const std::filesystem::path &path, const DataSettings &settings)
    {
        if (!settings.language.empty())
            return settings.language;
        const std::string tail = path.stem().extension().string();
        return tail.size() == 3 ? tail.substr(1) : std::string("auto");
    }

    /// One paragraph with where its code points begin, made once for its questions.
    struct Paragraph {
        std::string title, context;
        std::vector<uint32_t> offsets;
    };

    class SquadReader {
    public:
        SquadReader(const std::filesystem::path &path, const DataSettings &settings, const ItemSink<PromptItem> &sink, DataNotes &notes)
            : m_file(path.string())
            , m_language(languageOf(path, settings))
            , m_sink(sink)
            , m_notes(notes)
        {
        }

        Result<bool> article(const Json &article, int64_t line)
        {
            const auto paragraphs = requiredList(article, "paragraphs");
            if (!paragraphs)
                return fail(paragraphs.error());
            for (const Json &entry : **paragraphs) {
                const auto context = requiredText(entry, "context");
                const auto questions = context ? requiredList(entry, "qas") : fail(context.error());
                if (!questions) {
                    refuse(line, questions.error());
                    continue;
                }
                const Paragraph paragraph{stringField(article, "title"), *context, codePointOffsets(*context)};
                for (const Json &question : **questions) {
                    auto item = itemOf(paragraph, question, line);
                    if (!item) {
                        refuse(line, item.error());
                        continue;
                    }
                    ++m_notes.items;
                    if (!m_sink(std::move(*item)))
                        return false;
                }
            }
            return true;
        }

    private:
        void refuse(int64_t line, const Error &error)
        {
            ++m_notes.rejected;
            m_notes.warn(m_file, line, error.message);
        }

        Result<PromptItem> itemOf(const Paragraph &paragraph, const Json &question, int64_t line)
        {
            const auto id = requiredText(question, "id");
            if (!id)
                return fail(id.error());
            const auto text = requiredText(question, "question");
            if (!text)
                return fail(text.error());
            const auto answers = requiredList(question, "answers");
            if (!answers)
                return fail(answers.error());
            PromptItem item;
            item.id = *id;
            item.set = "xquad";
            item.task = "qa";
            item.contexts = {paragraph.context};
            item.question = *text;
            item.meta = {{"metric", "qaF1"}, {"language", m_language}, {"cue", "\nAnswer:"}, {"firstLine", true}, {"title", paragraph.title}};
            for (const Json &answer : **answers) {
                const auto gold = requiredText(answer, "text");
                if (!gold)
                    return fail(gold.error());
                addAnswer(item, paragraph, *gold, integerField(answer, "answer_start", -1), line);
            }
            return item;
        }

        void addAnswer(PromptItem &item, const Paragraph &paragraph, const std::string &gold, int64_t start, int64_t line)
        {
            if (std::find(item.answers.begin(), item.answers.end(), gold) == item.answers.end())
                item.answers.push_back(gold);
            const int64_t length = std::ssize(codePointOffsets(gold)) - 1;
            const int64_t points = std::ssize(paragraph.offsets) - 1;
            const bool inside = start >= 0 && start <= points && length <= points - start && length > 0;
            if (!inside || paragraph.context.compare(paragraph.offsets[static_cast<size_t>(start)], gold.size(), gold) != 0) {
                m_notes.warn(m_file, line, "question " + item.id + ": the answer does not stand at code point " + std::to_string(start) + " of its context");
                return;
            }
            const Evidence evidence{0, start, start + length};
            if (std::find(item.evidence.begin(), item.evidence.end(), evidence) == item.evidence.end())
                item.evidence.push_back(evidence);
        }

        std::string m_file, m_language;
        const ItemSink<PromptItem> &m_sink;
        DataNotes &m_notes;
    };

} // namespace

Result<DataNotes> readSquad(
    const std::filesystem::path &path, const DataSettings &settings, const ItemSink<PromptItem> &sink, const RunContext &context)
{
    DataNotes notes;
    SquadReader reader(path, settings, sink, notes);
    const auto read = readJsonElements(
        path, "data", settings, notes, [&](const Json &article, int64_t line) { return reader.article(article, line); }, context);
    return read ? Result<DataNotes>(std::move(notes)) : fail(read.error());
}

} // namespace winnow
