#include "core/model/families/hf_keys.h"

#include "core/base/utf8.h"

#include <cmath>

namespace winnow {
namespace {

    constexpr int64_t kLargest = (int64_t{1} << 31) - 1;

    /// A value for messages, cut.
    std::string shown(const Json &value)
    {
        std::string text = value.dump(-1, ' ', true, Json::error_handler_t::replace);
        if (text.size() > 80)
            text = text.substr(0, 77) + "...";
        return text;
    }

} // namespace

const Json *HfKeys::find(const char *key) const
{
    const auto found = m_config.find(key);
    return found == m_config.end() || found->is_null() ? nullptr : &*found;
}

bool HfKeys::has(const char *key) const { return find(key) != nullptr; }

bool HfKeys::isNull(const char *key) const
{
    const auto found = m_config.find(key);
    return found != m_config.end() && found->is_null();
}

int64_t HfKeys::integer(const char *key, int64_t fallback, int64_t least, bool required)
{
    const Json *value = find(key);
    const std::string expected = "a whole number from " + std::to_string(least) + " to " + std::to_string(kLargest);
    if (!value) {
        if (required)
            bad(key, expected, "nothing");
        return fallback;
    }
    // Some tools write whole numbers as 4096.0.
    const double number = value->is_number() ? value->get<double>() : std::nan("");
    if (!(number >= static_cast<double>(least) && number <= static_cast<double>(kLargest)) || number != std::floor(number)) {
        bad(key, expected, shown(*value));
        return fallback;
    }
    return static_cast<int64_t>(number);
}

int64_t HfKeys::size(const char *key) { return integer(key, 1, 1, true); }
int64_t HfKeys::size(const char *key, int64_t fallback) { return integer(key, fallback, 1, false); }
int64_t HfKeys::count(const char *key, int64_t fallback) { return integer(key, fallback, 0, false); }

int64_t HfKeys::signedInteger(const char *key, int64_t fallback) { return integer(key, fallback, -kLargest, false); }

double HfKeys::positive(const char *key, double fallback)
{
    const Json *value = find(key);
    if (!value)
        return fallback;
    const double number = value->is_number() ? value->get<double>() : std::nan("");
    if (std::isfinite(number) && number > 0.0)
        return number;
    bad(key, "a positive number", shown(*value));
    return fallback;
}

double HfKeys::nonNegative(const char *key)
{
    const Json *value = find(key);
    if (value && value->is_number() && value->get<double>() == 0.0)
        return 0.0;
    return value ? positive(key, 1.0) : 0.0;
}

bool HfKeys::flag(const char *key, bool fallback)
{
    const Json *value = find(key);
    if (!value)
        return fallback;
    if (value->is_boolean())
        return value->get<bool>();
    bad(key, "true or false", shown(*value));
    return fallback;
}

std::string HfKeys::text(const char *key, const std::string &fallback)
{
    const Json *value = find(key);
    if (!value)
        return fallback;
    if (value->is_string())
        return value->get<std::string>();
    bad(key, "a string", shown(*value));
    return fallback;
}

std::vector<int64_t> HfKeys::integers(const char *key)
{
    const Json *value = find(key);
    std::vector<int64_t> all;
    if (!value)
        return all;
    bool whole = value->is_array();
    for (const Json &entry : *value) {
        // Lists of layers are written with numbers or with true and false.
        if (entry.is_boolean())
            all.push_back(entry.get<bool>() ? 1 : 0);
        else if (entry.is_number_integer())
            all.push_back(entry.get<int64_t>());
        else
            whole = false;
    }
    if (!whole)
        bad(key, "a list of whole numbers", shown(*value));
    return whole ? all : std::vector<int64_t>{};
}

std::vector<float> HfKeys::factors(const char *key)
{
    const Json *value = find(key);
    std::vector<float> all;
    bool good = value && value->is_array();
    if (good) {
        for (const Json &entry : *value) {
            all.push_back(entry.is_number() ? static_cast<float>(entry.get<double>()) : std::nanf(""));
            good = good && std::isfinite(all.back()) && all.back() > 0.0F;
        }
    }
    if (!good)
        bad(key, "a list of positive numbers", value ? shown(*value) : "nothing");
    return all;
}

std::vector<std::string> HfKeys::texts(const char *key)
{
    const Json *value = find(key);
    std::vector<std::string> all;
    if (!value)
        return all;
    bool strings = value->is_array();
    for (const Json &entry : *value) {
        strings = strings && entry.is_string();
        if (strings)
            all.push_back(entry.get<std::string>());
    }
    if (!strings)
        bad(key, "a list of strings", shown(*value));
    return strings ? all : std::vector<std::string>{};
}

const char *HfKeys::alias(std::initializer_list<const char *> keys) const
{
    for (const char *key : keys) {
        if (has(key))
            return key;
    }
    return *keys.begin();
}

const Json *HfKeys::object(const char *key)
{
    const Json *value = find(key);
    if (value && !value->is_object()) {
        bad(key, "an object", shown(*value));
        return nullptr;
    }
    return value;
}

void HfKeys::refuse(const std::string &what)
{
    if (!m_error)
        m_error = Error{ErrorCode::Unsupported, m_where + ": " + what, {}};
}

void HfKeys::bad(const std::string &key, const std::string &expected, const std::string &found)
{
    if (!m_error)
        m_error = Error{ErrorCode::BadModelFile, m_where + ": key " + key + ": expected " + expected + ", found " + found, {}};
}

void HfKeys::keep(const std::optional<Error> &error)
{
    if (!m_error)
        m_error = error;
}

} // namespace winnow
