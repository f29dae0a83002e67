#pragma once

#include "app/workbench/setting.h"
#include "core/base/json.h"
#include "sessions/session.h"

#include <map>
#include <span>
#include <string>
#include <vector>

namespace winnow {

/// Where a segmenter learns from, beside the lines it cuts.
struct WordSource {
    std::string kind = "lines"; // one of sourceKinds()
    std::string path; // of saved replies, of a dictionary or trained model; "input": id of an input with gold words
    std::map<std::string, double> counts; // a whole list with counts that were edited; empty = none

    bool operator==(const WordSource &) const = default;
};

/// A segmenter as the Words page works with it.
struct WordSetting {
    Setting setting; // without a budget
    WordSource source;

    bool operator==(const WordSetting &) const = default;
};

Json toJson(const WordSetting &setting);
WordSetting wordSettingFromJson(const Json &json);
/// What a session keeps of a pinned run: the setting; its lines stand in the input.
Json pinnedRequest(const InputRecord &input, const WordSetting &setting);
/// The method with its usual parameters and, where it is taught, the source an input allows.
WordSetting defaultWordSetting(const MethodInfo &method, bool gold);
/// Where a method can learn from: "lines" (they are cut and looked at), "simulated" (a teacher that errs on gold), "replies" (a file),
/// "input" (gold words of another input), "dictionary" (a file: word list or trained model).
std::vector<std::string> sourceKinds(const std::string &method);
/// True for methods that work with a list of words.
bool usesDictionary(const std::string &method);

/// Lines of an input as requests name them: its text, gold where it has some, language.
Json wordInputFields(const InputRecord &input);
/// Words of the lines; empty without gold.
std::vector<std::vector<std::string>> goldWords(const InputRecord &input);
/// Lines with gold words; 0 = none.
size_t goldLines(const InputRecord &input);
std::string inputLanguage(const InputRecord &input);
/// True for lines of known words, and for text of a language that is written without spaces or cut finer than at them.
bool isCut(const InputRecord &input);

/// @param training  the input whose gold words are learned from, where the source says so; may be null
Json wordRunRequest(const InputRecord &input, const WordSetting &setting, const InputRecord *training);
/// `winnow-cli run ...` that repeats a run: lines, gold and lists stand in files of the inputs' names.
std::string wordCommand(const InputRecord &input, const WordSetting &setting, const InputRecord *training, std::span<const MethodInfo> methods);
/// F1 over values of one parameter.
Json wordSweepRequest(const Json &run, const std::string &parameter, const std::vector<double> &values);
Json wordTrainRequest(const Json &run, const std::string &out);
/// Candidate words of one line by what a run learned: its segmenter where the engine still has it.
Json wordLatticeRequest(const Json &run, const std::string &segmenter, const std::string &line, const std::map<std::string, double> &edits);
/// A chat model splits the lines; its replies go to a file.
Json wordTeachRequest(const InputRecord &input, const Json &model, const std::string &out);
/// What a chat model is asked to do (llaca.md 3.1), by the language of the lines.
std::string teachingPrompt(const std::string &language);

} // namespace winnow
