#include "core/model/safetensors_header.h"

#include "core/base/json.h"
#include "core/model/gguf_file.h"
#include "core/model/json_file.h"

#include <unordered_set>

namespace winnow {
namespace {

    constexpr size_t kMostDimensions = 64;
    constexpr const char *kMetadata = "__metadata__";

    /// The header's grammar as a state machine over the parser's events.
    class HeaderReader final : public nlohmann::json_sax<Json> {
    public:
        SafetensorsHeader header;
        std::string error;

        bool null() override { return wrong("null"); }
        bool boolean(bool) override { return wrong("a bool"); }
        bool number_integer(number_integer_t value) override { return wrong("the negative number " + std::to_string(value)); }
        bool number_float(number_float_t, const string_t &text) override { return wrong("the number " + printable(text)); }
        bool binary(binary_t &) override { return wrong("binary data"); }
        bool number_unsigned(number_unsigned_t value) override
        {
            if (m_place == Place::Shape) {
                if (m_entry.shape.size() >= kMostDimensions)
                    return refuse(here() + ": expected at most " + std::to_string(kMostDimensions) + " dimensions");
                m_entry.shape.push_back(value);
                return true;
            }
            if (m_place == Place::Offsets) {
                if (m_offsets >= 2)
                    return refuse(here() + ": expected two numbers, found more");
                (m_offsets++ == 0 ? m_entry.begin : m_entry.end) = value;
                return true;
            }
            return wrong("the number " + std::to_string(value));
        }
        bool string(string_t &value) override
        {
            if (m_place == Place::Metadata) {
                header.metadata.emplace(m_field, std::move(value));
                return true;
            }
            if (m_place == Place::Entry && m_field == "dtype") {
                m_entry.dtype = std::move(value);
                return true;
            }
            return wrong("the string \"" + printable(value) + '"');
        }
        bool start_object(std::size_t) override
        {
            if (m_place == Place::Outside) {
                m_place = Place::Top;
            } else if (m_place == Place::Top) {
                m_place = m_name == kMetadata ? Place::Metadata : Place::Entry;
                m_fields.clear();
                m_field.clear();
                m_entry = {};
                m_offsets = 0;
            } else {
                return wrong("an object");
            }
            return true;
        }
        bool key(string_t &value) override
        {
            if (m_place == Place::Top) {
                m_name = value;
                m_field.clear();
                return m_names.insert(std::move(value)).second || refuse("tensor \"" + printable(m_name) + "\" stands twice in the header");
            }
            m_field = value;
            if (m_place == Place::Entry && value != "dtype" && value != "shape" && value != "data_offsets")
                return refuse(tensor() + ": expected the fields dtype, shape and data_offsets, found \"" + printable(value) + '"');
            return m_fields.insert(std::move(value)).second || refuse(here() + " stands twice");
        }
        bool start_array(std::size_t) override
        {
            if (m_place != Place::Entry || m_field == "dtype")
                return wrong("an array");
            m_place = m_field == "shape" ? Place::Shape : Place::Offsets;
            return true;
        }
        bool end_array() override
        {
            if (m_place == Place::Offsets && m_offsets != 2)
                return refuse(here() + ": expected two numbers, found " + std::to_string(m_offsets));
            m_place = Place::Entry;
            return true;
        }
        bool end_object() override
        {
            if (m_place == Place::Entry) {
                for (const char *field : {"dtype", "shape", "data_offsets"}) {
                    if (!m_fields.contains(field))
                        return refuse(tensor() + " has no " + field);
                }
                m_entry.name = m_name;
                header.entries.push_back(std::move(m_entry));
            }
            m_place = m_place == Place::Top ? Place::Outside : Place::Top;
            return true;
        }
        bool parse_error(std::size_t, const std::string &, const nlohmann::detail::exception &found) override
        {
            return refuse("the header is not valid JSON: " + jsonErrorText(found.what()));
        }

    private:
        enum class Place { Outside, Top, Metadata, Entry, Shape, Offsets };

        std::string tensor() const { return "tensor \"" + printable(m_name) + '"'; }
        /// The field the parser is in, for messages.
        std::string here() const
        {
            if (m_place == Place::Outside)
                return "the header";
            if (m_name == kMetadata)
                return std::string(kMetadata) + (m_field.empty() ? "" : " \"" + printable(m_field) + '"');
            return tensor() + (m_field.empty() ? "" : ": " + m_field);
        }
        bool wrong(const std::string &found)
        {
            const char *expected = m_place == Place::Outside || m_place == Place::Top ? "an object"
                : m_place == Place::Metadata || m_field == "dtype"                    ? "a string"
                : m_place == Place::Entry                                             ? "an array"
                                                                                      : "a whole number";
            return refuse(here() + ": expected " + expected + ", found " + found);
        }
        bool refuse(std::string what)
        {
            error = std::move(what);
            return false;
        }

        Place m_place = Place::Outside;
        std::string m_name, m_field;
        std::unordered_set<std::string> m_names, m_fields;
        SafetensorsEntry m_entry;
        int m_offsets = 0;
    };

} // namespace

tl::expected<SafetensorsHeader, std::string> parseSafetensorsHeader(std::string_view json)
{
    if (!json.starts_with('{'))
        return tl::unexpected<std::string>("expected the header to begin with \"{\", found \"" + printable(json.substr(0, 1)) + '"');
    // The parser would take a zero byte for the end of the text.
    if (const size_t zero = json.find('\0'); zero != std::string_view::npos)
        return tl::unexpected<std::string>("the header is not valid JSON: zero byte at byte " + std::to_string(zero + 8));
    HeaderReader reader;
    if (!Json::sax_parse(json.begin(), json.end(), &reader))
        return tl::unexpected<std::string>(std::move(reader.error));
    return std::move(reader.header);
}

} // namespace winnow
