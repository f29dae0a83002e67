#pragma once

#include "core/methods/segmenter.h"
#include "core/serve/cell_request.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace winnow {

/// Words of a line as ranges [first, end) of its code points.
using WordRanges = std::vector<std::pair<int32_t, int32_t>>;

/// What `run`, `sweep`, `train` and `lattice` of the family segment share, checked before any work.
struct SegmentRequest {
    SegmentSource source; // lines, training, dictionary, replies; white space is set for each method
    std::vector<WordRanges> gold; // one a line, or empty
    bool languageGiven = false;
    DictionaryNotes notes; // of the dictionary
    std::string teacher; // "simulated" or empty
    int64_t seed = 1;
    std::string trainingKey; // what learning depends on beside method and parameters: same key, same model
};

/// Whether a request is for methods of the family segment.
bool isSegmentRequest(const Json &request);

/// {method, params (or parameters)}: a segmenter with canonical parameters.
/// @error NotFound for an unknown method, BadInput for one of another family or bad parameters.
Result<MethodRequest> segmentMethod(const Json &json, const Json &request);

/// Reads lines, gold, language, dictionary, tags, trainingLines, trainingGold, replies, teacher, dataset.
/// @error BadInput naming the field, line and what is expected; Io for files.
Result<SegmentRequest> segmentRequest(const Json &request, const RunContext &context);

/// The source as a method sees it: its white space, and gold words for the simulated teacher.
SegmentSource sourceFor(const SegmentRequest &request, const Parameters &parameters);

/// Words of the given dictionary that are longer than the method's `maxWord`: sourceFor leaves them out.
int64_t tooLongWords(const SegmentRequest &request, const Parameters &parameters);

/// Mode of the parameter `whiteSpace`, by language where it says auto.
WhiteSpaceMode whiteSpaceOf(const Parameters &parameters, const std::string &language);

/// Ranges of words in a line that is made of them and white space.
/// @error BadInput naming line and word where the characters differ.
Result<WordRanges> rangesOfWords(const std::string &line, const std::vector<std::string> &words, size_t number);

} // namespace winnow
