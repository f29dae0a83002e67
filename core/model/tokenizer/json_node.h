#pragma once

#include "core/base/error.h"
#include "core/base/json.h"

#include <optional>
#include <string>
#include <vector>

namespace winnow {

/// A value of a JSON file together with where it stands, so that every message can say it.
class JsonNode {
public:
    /// @param file  What messages call the file.
    JsonNode(const Json &value, std::string file, std::string path = {})
        : m_value(&value)
        , m_file(std::move(file))
        , m_path(std::move(path))
    {
    }

    const Json &value() const { return *m_value; }
    bool isNull() const { return m_value->is_null(); }
    /// The value of an object's key; null when it is not there.
    JsonNode at(const std::string &key) const;

    /// @error BadModelFile naming the place, expected and found.
    Result<std::string> string() const;
    Result<bool> boolean() const;
    /// A whole number from `low` to `high`.
    Result<int64_t> integer(int64_t low, int64_t high) const;
    Result<std::vector<JsonNode>> list() const;
    Result<void> object() const;

    /// The same with a value for what is not there or null.
    Result<std::string> stringOr(std::string fallback) const { return isNull() ? Result<std::string>(std::move(fallback)) : string(); }
    Result<bool> booleanOr(bool fallback) const { return isNull() ? Result<bool>(fallback) : boolean(); }

    tl::unexpected<Error> bad(const std::string &what) const;
    tl::unexpected<Error> wrong(const std::string &expected) const;
    tl::unexpected<Error> unsupported(const std::string &what) const;

private:
    std::string place() const;

    const Json *m_value;
    std::string m_file, m_path;
};

} // namespace winnow
