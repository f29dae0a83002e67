#pragma once

#include "core/base/run_context.h"
#include "core/eval/data/reading.h"

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace winnow {

/// One record of a file: true = go on, false = enough; an error says why the record is left out.
using RecordReader = std::function<Result<bool>(const Json &record, int64_t line)>;

/// JSON lines: empty lines are skipped, a line that is no JSON or whose record is refused becomes a warning and is left out.
/// @error as DataLines.
Result<void> readJsonLines(const std::filesystem::path &path, const DataSettings &settings, DataNotes &notes, const RecordReader &reader,
    const RunContext &context);

/// The elements of the array `key` at the top of a JSON document, one by one; nothing else of the document is held. A document that
/// breaks off gives a warning and keeps the elements before.
/// @param key The member of the top object; empty = the document is the array.
/// @error as DataLines; BadInput with line and column where it is no JSON, or where there is no such array.
Result<void> readJsonElements(const std::filesystem::path &path, std::string_view key, const DataSettings &settings, DataNotes &notes,
    const RecordReader &reader, const RunContext &context);

/// A field that must be there and be text. @error BadInput naming it.
Result<std::string> requiredText(const Json &record, const char *name);
/// A field that must be a list of texts. @error BadInput naming it.
Result<std::vector<std::string>> requiredTexts(const Json &record, const char *name);
/// A field that must be a list. @error BadInput naming it.
Result<const Json *> requiredList(const Json &record, const char *name);

} // namespace winnow
