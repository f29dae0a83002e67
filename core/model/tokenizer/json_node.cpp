#include "core/model/tokenizer/json_node.h"

namespace winnow {
namespace {

    const Json kNothing;

    std::string shown(const Json &value)
    {
        if (value.is_structured())
            return value.is_array() ? "a list" : "an object";
        if (value.is_null())
            return "nothing";
        const std::string text = value.dump(-1, ' ', true, Json::error_handler_t::replace);
        return text.size() > 60 ? text.substr(0, 60) + "..." : text;
    }

} // namespace

JsonNode JsonNode::at(const std::string &key) const
{
    const std::string path = m_path.empty() ? key : m_path + "." + key;
    if (!m_value->is_object())
        return {kNothing, m_file, path};
    const auto found = m_value->find(key);
    return {found == m_value->end() ? kNothing : *found, m_file, path};
}

Result<std::string> JsonNode::string() const
{
    if (!m_value->is_string())
        return wrong("a text");
    return m_value->get<std::string>();
}

Result<bool> JsonNode::boolean() const
{
    if (!m_value->is_boolean())
        return wrong("true or false");
    return m_value->get<bool>();
}

Result<int64_t> JsonNode::integer(int64_t low, int64_t high) const
{
    const bool tooLarge = m_value->is_number_unsigned() && m_value->get<uint64_t>() > static_cast<uint64_t>(INT64_MAX);
    const int64_t value = m_value->is_number_integer() && !tooLarge ? m_value->get<int64_t>() : 0;
    if (!m_value->is_number_integer() || tooLarge || value < low || value > high)
        return wrong("a whole number from " + std::to_string(low) + " to " + std::to_string(high));
    return value;
}

Result<std::vector<JsonNode>> JsonNode::list() const
{
    if (!m_value->is_array())
        return wrong("a list");
    std::vector<JsonNode> result;
    for (size_t i = 0; i < m_value->size(); ++i)
        result.emplace_back((*m_value)[i], m_file, m_path + "[" + std::to_string(i) + "]");
    return result;
}

Result<void> JsonNode::object() const
{
    if (!m_value->is_object())
        return wrong("an object");
    return {};
}

std::string JsonNode::place() const { return m_file + ": " + (m_path.empty() ? "the file" : m_path); }

tl::unexpected<Error> JsonNode::bad(const std::string &what) const
{
    return fail(ErrorCode::BadModelFile, place() + ": " + what, "the tokenizer is damaged: fetch the folder again");
}

tl::unexpected<Error> JsonNode::wrong(const std::string &expected) const { return bad("expected " + expected + ", found " + shown(*m_value)); }

tl::unexpected<Error> JsonNode::unsupported(const std::string &what) const
{
    return fail(ErrorCode::Unsupported, place() + ": " + what, "open a model whose tokenizer does without it");
}

} // namespace winnow
