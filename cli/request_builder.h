#pragma once

#include "cli/arguments.h"
#include "core/base/json.h"

#include <string>

namespace winnow {

// Command-line options as the fields of a request (docs/protocol.md). Files are read here: a request is self-contained.

/// `model`, `device`, `dtype`, `weights`, `threads`, `seed`. A path is made absolute, so that the request means the same elsewhere.
/// @error BadInput for values that cannot be.
Result<Json> modelFields(const Arguments &arguments);

/// `input`: ids before text, text before file, file before messages. @error as readFile; Unsupported for --image.
Result<Json> inputField(const Arguments &arguments);

/// `messages`, `tools`, `variables` as the JSON texts of their files, `template`, `add_generation_prompt`.
/// @error as readTextFile and parseJson.
Result<Json> chatFields(const Arguments &arguments);

/// `scoreLast` or `continuation` from --score-last, --continuation-file, --continuation-ids; an empty object without them.
Result<Json> scoredFields(const Arguments &arguments);

/// The text of a file; BadInput when it is not UTF-8.
Result<std::string> readTextFile(const std::string &path);
/// A JSON value from a file. @error BadInput with line and column.
Result<Json> readJsonFile(const std::string &path);
/// JSON from text. @error BadInput: `where`, position and what was expected.
Result<Json> parseJson(const std::string &text, const std::string &where);

/// Makes a folder with its parents. @return its absolute path. @error Io.
Result<std::string> makeFolder(const std::string &path);

/// Copies the members of `fields` into `request`.
void addFields(Json &request, const Json &fields);

} // namespace winnow
