#pragma once

#include "core/base/json.h"

#include <cstdint>
#include <string>
#include <utility>

namespace winnow {

/// Canonical parameter values of one method (canonicalParameters has checked names, types and ranges).
class Parameters {
public:
    explicit Parameters(Json values) : m_values(std::move(values)) { }

    int64_t integer(const char *name) const { return m_values.at(name).get<int64_t>(); }
    double number(const char *name) const { return m_values.at(name).get<double>(); }
    bool flag(const char *name) const { return m_values.at(name).get<bool>(); }
    std::string word(const char *name) const { return m_values.at(name).get<std::string>(); }
    bool has(const char *name) const { return m_values.contains(name); }
    const Json &json() const { return m_values; }

private:
    Json m_values;
};

} // namespace winnow
