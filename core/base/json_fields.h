#pragma once

#include "core/base/json.h"

#include <cstdint>
#include <string>
#include <vector>

namespace winnow {

// Reads of fields from JSON that may come from a damaged file: a missing or mistyped field is the fallback.

std::string stringField(const Json &object, const char *name, const std::string &fallback = {});
int64_t integerField(const Json &object, const char *name, int64_t fallback = 0);
/// Numbers and the words of jsonNumber; null, absent and others give the fallback.
double numberField(const Json &object, const char *name, double fallback = 0);
bool flagField(const Json &object, const char *name, bool fallback = false);
/// The field, or a null value.
const Json &childField(const Json &object, const char *name);
/// Entries that are no strings are read as "".
std::vector<std::string> stringListField(const Json &object, const char *name);
/// Entries that are no numbers are read as NaN.
std::vector<double> numberListField(const Json &object, const char *name);

/// Text of a JSON value for files and standard output: ill-formed UTF-8 becomes U+FFFD, never an exception.
std::string jsonText(const Json &value, int indent = -1);

/// A float as the shortest decimal that reads back to the same float ("0.1", not "0.10000000149011612").
Json jsonFloat(float value);

} // namespace winnow
