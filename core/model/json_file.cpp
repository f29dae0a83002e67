#include "core/model/json_file.h"

#include "core/model/mapped_file.h"

#include <cstdio>
#include <vector>

namespace winnow {
namespace {

    constexpr const char *kDamaged = "the file is damaged or cut off: fetch or copy it again";

    /// Builds a value from the parser's events and stops at the first thing that is not allowed.
    class Builder final : public nlohmann::json_sax<Json> {
    public:
        explicit Builder(int depth)
            : m_depth(static_cast<size_t>(depth))
        {
        }
        Json take() { return std::move(m_root); }
        const std::string &error() const { return m_error; }

        bool null() override { return put(nullptr); }
        bool boolean(bool value) override { return put(value); }
        bool number_integer(number_integer_t value) override { return put(value); }
        bool number_unsigned(number_unsigned_t value) override { return put(value); }
        bool number_float(number_float_t value, const string_t &) override { return put(value); }
        bool string(string_t &value) override { return put(std::move(value)); }
        bool binary(binary_t &) override { return false; } // JSON text has none
        bool start_object(std::size_t) override { return open(Json::object()); }
        bool start_array(std::size_t) override { return open(Json::array()); }
        bool end_object() override { return close(); }
        bool end_array() override { return close(); }
        bool key(string_t &value) override
        {
            m_key = std::move(value);
            return true;
        }
        bool parse_error(std::size_t, const std::string &, const nlohmann::detail::exception &error) override
        {
            m_error = "not valid JSON: " + jsonErrorText(error.what());
            return false;
        }

    private:
        Json *place(Json value)
        {
            if (m_open.empty()) {
                m_root = std::move(value);
                return &m_root;
            }
            Json &parent = *m_open.back();
            if (parent.is_array())
                return &parent.emplace_back(std::move(value));
            Json &slot = parent[m_key];
            slot = std::move(value);
            return &slot;
        }
        bool put(Json value)
        {
            place(std::move(value));
            return true;
        }
        bool open(Json container)
        {
            if (m_open.size() >= m_depth) {
                m_error = "more than " + std::to_string(m_depth) + " arrays and objects inside each other";
                return false;
            }
            // A parent does not grow while a child is open, so the pointer stays right.
            m_open.push_back(place(std::move(container)));
            return true;
        }
        bool close()
        {
            m_open.pop_back();
            return true;
        }

        size_t m_depth;
        Json m_root;
        std::vector<Json *> m_open;
        std::string m_key;
        std::string m_error;
    };

    tl::unexpected<Error> tooLong(const std::string &where, int64_t bytes, int64_t limit)
    {
        return fail(ErrorCode::BadModelFile,
            where + ": expected at most " + std::to_string(limit) + " bytes, found " + std::to_string(bytes),
            "this is not the file its name says");
    }

} // namespace

std::string jsonErrorText(std::string_view message)
{
    constexpr size_t kLongest = 200;
    if (const size_t end = message.find("] "); message.starts_with('[') && end != std::string_view::npos)
        message.remove_prefix(end + 2);
    if (message.starts_with("parse error "))
        message.remove_prefix(std::string_view("parse error ").size());
    std::string text;
    for (const char c : message) {
        if (text.size() >= kLongest)
            return text + "...";
        char escaped[5];
        std::snprintf(escaped, sizeof escaped, "\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
        text += c >= ' ' && c <= '~' ? std::string(1, c) : std::string(escaped);
    }
    return text;
}

Result<Json> parseJson(std::string_view text, const std::string &where, const JsonLimits &limits)
{
    if (static_cast<int64_t>(text.size()) > limits.bytes)
        return tooLong(where, static_cast<int64_t>(text.size()), limits.bytes);
    // The parser would take a zero byte for the end of the text.
    if (const size_t zero = text.find('\0'); zero != std::string_view::npos)
        return fail(ErrorCode::BadModelFile, where + ": not valid JSON: zero byte at byte " + std::to_string(zero), kDamaged);
    Builder builder(limits.depth);
    if (!Json::sax_parse(text.begin(), text.end(), &builder))
        return fail(ErrorCode::BadModelFile, where + ": " + builder.error(), kDamaged);
    return builder.take();
}

Result<std::string> readSmallFile(const std::filesystem::path &path, int64_t maxBytes)
{
    const auto file = MappedFile::open(path);
    if (!file)
        return fail(file.error());
    const auto bytes = file->bytes();
    if (static_cast<int64_t>(bytes.size()) > maxBytes)
        return tooLong(path.string(), static_cast<int64_t>(bytes.size()), maxBytes);
    return std::string(reinterpret_cast<const char *>(bytes.data()), bytes.size());
}

Result<Json> readJsonFile(const std::filesystem::path &path, const JsonLimits &limits)
{
    const auto text = readSmallFile(path, limits.bytes);
    if (!text)
        return fail(text.error());
    return parseJson(*text, path.string(), limits);
}

} // namespace winnow
