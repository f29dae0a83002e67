#include "core/base/json_fields.h"
#include "core/eval/data/data_lines.h"
#include "core/eval/data/json_records.h"
#include "core/eval/data/prompt_readers.h"
#include "core/model/json_file.h"

#include <charconv>
#include <optional>

namespace winnow {
namespace {

    /// "{vocalsound}" and its like with the space behind it.
    std::string withoutBraceMarks(std::string_view text)
    {
        std::string plain;
        for (size_t at = 0; at < text.size();) {
            if (text[at] == '{') {
                size_t end = at + 1;
                while (end < text.size() && ((text[end] >= 'a' && text[end] <= 'z') || (text[end] >= 'A' && text[end] <= 'Z') || text[end] == '_'))
                    ++end;
                if (end > at + 1 && end < text.size() && text[end] == '}') {
                    at = end + 1;
                    if (at < text.size() && text[at] == ' ')
                        ++at;
                    continue;
                }
            }
            plain += text[at++];
        }
        return std::string(trimmedText(plain));
    }

    struct Meeting {
        std::string text; // "speaker: content" a line
        std::vector<std::pair<int64_t, int64_t>> turns; // [first, end) code points of each line
    };

    Result<Meeting> meetingOf(const Json &record, BraceMarks marks)
    {
        const auto turns = requiredList(record, "meeting_transcripts");
        if (!turns)
            return fail(turns.error());
        Meeting meeting;
        int64_t at = 0;
        for (const Json &turn : **turns) {
            const auto speaker = requiredText(turn, "speaker");
            const auto content = requiredText(turn, "content");
            if (!speaker || !content)
                return fail(speaker ? content.error() : speaker.error());
            if (!meeting.turns.empty()) {
                meeting.text += '\n';
                ++at;
            }
            const std::string line = *speaker + ": " + (marks == BraceMarks::Remove ? withoutBraceMarks(*content) : *content);
            const int64_t length = std::ssize(codePointOffsets(line)) - 1;
            meeting.turns.emplace_back(at, at + length);
            meeting.text += line;
            at += length;
        }
        return meeting;
    }

    /// Turn numbers come as text.
    std::optional<int64_t> turnNumber(const Json &value)
    {
        if (value.is_number_integer())
            return value.get<int64_t>();
        if (!value.is_string())
            return std::nullopt;
        const auto &text = value.get_ref<const std::string &>();
        int64_t number = 0;
        const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
        return read.ec == std::errc() && read.ptr == text.data() + text.size() ? std::optional(number) : std::nullopt;
    }

    class QmsumReader {
    public:
        QmsumReader(std::string file, const DataSettings &settings, const ItemSink<PromptItem> &sink, DataNotes &notes)
            : m_file(std::move(file))
            , m_settings(settings)
            , m_sink(sink)
            , m_notes(notes)
        {
        }

        Result<bool> meeting(const Json &record, int64_t line, const std::string &name)
        {
            const auto meeting = meetingOf(record, m_settings.braceMarks);
            if (!meeting)
                return fail(meeting.error());
            Json topics = Json::array();
            for (const Json &topic : childField(record, "topic_list"))
                topics.push_back(stringField(topic, "topic"));
            for (const char *kind : {"general", "specific"}) {
                const Json &queries = childField(record, (std::string(kind) + "_query_list").c_str());
                for (size_t i = 0; queries.is_array() && i < queries.size(); ++i) {
                    auto item = itemOf(queries[i], *meeting, line);
                    if (!item) {
                        ++m_notes.rejected;
                        m_notes.warn(m_file, line, std::string(kind) + " query " + std::to_string(i + 1) + ": " + item.error().message);
                        continue;
                    }
                    item->id = name + '-' + kind + '-' + std::to_string(i + 1);
                    item->task = kind;
                    item->meta["topics"] = topics;
                    item->meta["turns"] = meeting->turns.size();
                    ++m_notes.items;
                    if (!m_sink(std::move(*item)))
                        return false;
                }
            }
            return true;
        }

    private:
        Result<PromptItem> itemOf(const Json &query, const Meeting &meeting, int64_t line)
        {
            const auto question = requiredText(query, "query");
            const auto answer = requiredText(query, "answer");
            if (!question || !answer)
                return fail(question ? answer.error() : question.error());
            PromptItem item;
            item.set = "qmsum";
            item.contexts = {meeting.text};
            item.question = *question;
            item.answers = {*answer};
            item.meta = {{"metric", "rougeL"}, {"language", "en"}, {"cue", "\nAnswer:"}};
            for (const Json &span : childField(query, "relevant_text_span")) {
                const auto first = span.is_array() && span.size() == 2 ? turnNumber(span[0]) : std::nullopt;
                const auto last = first ? turnNumber(span[1]) : std::nullopt;
                if (!last || *first < 0 || *last < *first || *last >= std::ssize(meeting.turns)) {
                    m_notes.warn(m_file, line, "relevant_text_span: expected turns within 0.." + std::to_string(std::ssize(meeting.turns) - 1) + ", found " + jsonText(span));
                    continue;
                }
                item.evidence.push_back({0, meeting.turns[static_cast<size_t>(*first)].first, meeting.turns[static_cast<size_t>(*last)].second});
            }
            return item;
        }

        std::string m_file;
        const DataSettings &m_settings;
        const ItemSink<PromptItem> &m_sink;
        DataNotes &m_notes;
    };

} // namespace

Result<DataNotes> readQmsum(
    const std::filesystem::path &path, const DataSettings &settings, const ItemSink<PromptItem> &sink, const RunContext &context)
{
    DataNotes notes;
    QmsumReader reader(path.string(), settings, sink, notes);
    const std::string name = path.stem().string();
    if (path.extension() == ".jsonl") {
        int64_t meetings = 0;
        const auto read = readJsonLines(path, settings, notes, [&](const Json &record, int64_t line) {
            return reader.meeting(record, line, name + '-' + std::to_string(++meetings));
        }, context);
        return read ? Result<DataNotes>(std::move(notes)) : fail(read.error());
    }
    const auto text = readDataText(path, settings, notes, context);
    if (!text)
        return fail(text.error());
    const auto record = parseJson(*text, path.string(), {.bytes = kLargeFileBytes});
    if (!record)
        return fail(ErrorCode::BadInput, record.error().message, record.error().hint);
    if (const auto read = reader.meeting(*record, 1, name); !read)
        return fail(ErrorCode::BadInput, path.string() + ": " + read.error().message);
    return notes;
}

} // namespace winnow
