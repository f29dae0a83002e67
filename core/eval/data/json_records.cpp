#include "core/eval/data/json_records.h"

#include "core/base/json_fields.h"
#include "core/eval/data/data_lines.h"
#include "core/model/json_file.h"

#include <algorithm>
#include <iterator>
#include <optional>

namespace winnow {
namespace {

    constexpr int kDepth = 64;
    constexpr int64_t kRecordBytes = int64_t{64} << 20;

    /// Bytes of a text for the parser; counts in `read` how many it took.
    class CountedBytes {
    public:
        using iterator_category = std::input_iterator_tag;
        using value_type = char;
        using difference_type = std::ptrdiff_t;
        using pointer = const char *;
        using reference = const char &;

        CountedBytes(const char *at, const char **read)
            : m_at(at)
            , m_read(read)
        {
        }
        reference operator*() const { return *m_at; }
        CountedBytes &operator++()
        {
            *m_read = ++m_at;
            return *this;
        }
        bool operator==(const CountedBytes &other) const { return m_at == other.m_at; }
        bool operator!=(const CountedBytes &other) const { return m_at != other.m_at; }

    private:
        const char *m_at;
        const char **m_read;
    };

    /// Follows the parser's events, builds one element of the wanted array at a time and hands it on.
    class Elements final : public nlohmann::json_sax<Json> {
    public:
        Elements(std::string_view key, std::function<bool(Json)> element)
            : m_wanted(key)
            , m_element(std::move(element))
        {
        }
        bool found() const { return m_found; }
        const std::string &error() const { return m_error; }

        bool null() override { return value(nullptr); }
        bool boolean(bool v) override { return value(v); }
        bool number_integer(number_integer_t v) override { return value(v); }
        bool number_unsigned(number_unsigned_t v) override { return value(v); }
        bool number_float(number_float_t v, const string_t &) override { return value(v); }
        bool string(string_t &v) override { return value(std::move(v)); }
        bool binary(binary_t &) override { return false; } // JSON text has none
        bool key(string_t &v) override
        {
            m_key = std::move(v);
            return true;
        }
        bool start_object(std::size_t) override { return open(Json::object()); }
        bool start_array(std::size_t) override { return open(Json::array()); }
        bool end_object() override { return close(); }
        bool end_array() override { return close(); }
        bool parse_error(std::size_t, const std::string &, const nlohmann::detail::exception &error) override
        {
            m_error = "not valid JSON: " + jsonErrorText(error.what());
            return false;
        }

    private:
        size_t arrayDepth() const { return m_wanted.empty() ? 1 : 2; }
        bool inElement() const { return m_inArray && m_depth >= arrayDepth(); }

        Json *place(Json v)
        {
            if (m_open.empty()) {
                m_root = std::move(v);
                return &m_root;
            }
            Json &parent = *m_open.back();
            if (parent.is_array())
                return &parent.emplace_back(std::move(v));
            Json &slot = parent[m_key];
            slot = std::move(v);
            return &slot;
        }
        bool value(Json v)
        {
            if (!inElement())
                return true;
            place(std::move(v));
            return m_open.empty() ? m_element(std::move(m_root)) : true;
        }
        bool open(Json container)
        {
            if (m_depth >= kDepth) {
                m_error = "more than " + std::to_string(kDepth) + " arrays and objects inside each other";
                return false;
            }
            if (inElement())
                m_open.push_back(place(std::move(container))); // a parent does not grow while a child is open
            else if (container.is_array() && m_depth + 1 == arrayDepth() && (m_wanted.empty() || m_key == m_wanted))
                m_inArray = m_found = true;
            ++m_depth;
            return true;
        }
        bool close()
        {
            --m_depth;
            if (m_open.empty()) {
                m_inArray = m_inArray && m_depth >= arrayDepth();
                return true;
            }
            m_open.pop_back();
            return m_open.empty() ? m_element(std::move(m_root)) : true;
        }

        std::string m_wanted;
        std::function<bool(Json)> m_element;
        size_t m_depth = 0;
        bool m_inArray = false, m_found = false;
        Json m_root;
        std::vector<Json *> m_open;
        std::string m_key, m_error;
    };

    /// "x.jsonl: not valid JSON: .." without the name, which the warning has already.
    std::string reasonOf(const Error &error, const std::string &name)
    {
        return error.message.starts_with(name + ": ") ? error.message.substr(name.size() + 2) : error.message;
    }

    Error mistyped(const char *name, const char *expected, const Json &found)
    {
        return {ErrorCode::BadInput, "field \"" + std::string(name) + "\": expected " + expected + ", found "
                + (found.is_null() ? "nothing" : found.type_name()), {}};
    }

} // namespace

Result<void> readJsonLines(const std::filesystem::path &path, const DataSettings &settings, DataNotes &notes, const RecordReader &reader,
    const RunContext &context)
{
    auto lines = DataLines::open(path, settings, notes, context);
    if (!lines)
        return fail(lines.error());
    std::string_view line;
    while (true) {
        auto more = lines->next(line);
        if (!more)
            return fail(more.error());
        if (!*more)
            return {};
        if (trimmedText(line).empty())
            continue;
        const auto record = parseJson(line, lines->name(), {.bytes = kRecordBytes, .depth = kDepth});
        const auto verdict = record ? reader(*record, lines->line()) : Result<bool>(fail(record.error()));
        if (!verdict) {
            ++notes.rejected;
            const bool cut = !record && lines->endsWithoutLineEnd();
            lines->warn(reasonOf(verdict.error(), lines->name()) + (cut ? "; the last line is cut off" : ""));
        } else if (!*verdict) {
            return {};
        }
    }
}

Result<void> readJsonElements(const std::filesystem::path &path, std::string_view key, const DataSettings &settings, DataNotes &notes,
    const RecordReader &reader, const RunContext &context)
{
    auto text = readDataText(path, settings, notes, context);
    if (!text)
        return fail(text.error());
    const std::string name = path.string();
    const char *read = text->data(), *counted = text->data();
    int64_t line = 1, elements = 0;
    bool enough = false, cancelled = false;
    Elements handler(key, [&](Json element) {
        line += std::count(counted, read, '\n');
        counted = read;
        if (++elements % 16 == 0 && context.cancelled()) {
            cancelled = true;
            return false;
        }
        const auto verdict = reader(element, line);
        if (!verdict) {
            ++notes.rejected;
            notes.warn(name, line, verdict.error().message);
        }
        enough = verdict && !*verdict;
        return !enough;
    });
    const char *end = text->data() + text->size();
    const bool whole = Json::sax_parse(CountedBytes(text->data(), &read), CountedBytes(end, &read), &handler);
    if (cancelled)
        return fail(ErrorCode::Cancelled, "cancelled while reading " + name);
    if (whole || enough) {
        if (handler.found())
            return {};
        return fail(ErrorCode::BadInput, name + ": expected " + (key.empty() ? "an array" : "an object with the array \"" + std::string(key) + "\""));
    }
    if (read == end && elements > 0) {
        notes.warn(name, line + std::count(counted, end, '\n'), "the file is cut off; " + std::to_string(elements) + " records before are kept");
        return {};
    }
    return fail(ErrorCode::BadInput, name + ": " + handler.error(), "the file is damaged or of another format");
}

Result<std::string> requiredText(const Json &record, const char *name)
{
    const Json &field = childField(record, name);
    if (!field.is_string())
        return fail(mistyped(name, "text", field));
    return field.get<std::string>();
}

Result<std::vector<std::string>> requiredTexts(const Json &record, const char *name)
{
    const auto list = requiredList(record, name);
    if (!list)
        return fail(list.error());
    std::vector<std::string> texts;
    for (const Json &entry : **list) {
        if (!entry.is_string())
            return fail(mistyped(name, "a list of texts", entry));
        texts.push_back(entry.get<std::string>());
    }
    return texts;
}

Result<const Json *> requiredList(const Json &record, const char *name)
{
    const Json &field = childField(record, name);
    if (!field.is_array())
        return fail(mistyped(name, "a list", field));
    return &field;
}

} // namespace winnow
