#pragma once

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/base/method_spec.h"
#include "core/base/report.h"
#include "core/base/run_context.h"
#include "core/methods/parameters.h"
#include "core/words/cut_text.h"
#include "core/words/word_automaton.h"
#include "core/words/word_dictionary.h"
#include "core/words/word_lattice.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace winnow {

/// What a chat model answered to one line. A failed request has no reply and is left out.
struct TaughtReply {
    int64_t line = 0;
    std::string reply;
};

/// What a segmenter may learn from. Nothing of it is the gold standard that it is scored with, except where `gold` feeds a
/// simulated teacher.
struct SegmentSource {
    WhiteSpaceMode whiteSpace = WhiteSpaceMode::Strip;
    std::string language; // "zh", "ja", "ko", "th", ...
    std::vector<std::string> lines; // UTF-8; what is cut, and what learned methods look at unless there are training lines
    std::vector<std::string> trainingLines; // other raw text
    std::vector<std::vector<std::u32string>> trainingGold; // words of a segmented text: supervised
    std::optional<WordDictionary> dictionary; // the user's
    Json model; // what `train` saved; null = none
    std::vector<TaughtReply> replies; // to the taught lines
    std::optional<std::vector<std::vector<int32_t>>> simulatedGold; // ends of gold words of the taught lines: the simulated teacher's

    /// The lines that replies belong to and that raw counts come from.
    const std::vector<std::string> &taughtLines() const { return trainingLines.empty() ? lines : trainingLines; }
};

/// Cuts lines; one object per thread, keeps its buffers.
class LineCutter {
public:
    virtual ~LineCutter() = default;
    /// Ends of the words of a line, overwritten. @return what the method maximises, 0 where it has nothing of the kind.
    virtual double cut(const CutText &line, std::vector<int32_t> &ends) = 0;
};

/// What a segmenter learned: immutable.
class SegmentModel {
public:
    virtual ~SegmentModel() = default;

    virtual std::unique_ptr<LineCutter> cutter() const = 0;
    /// Whether there is anything to cut a line with; the others are left out and counted.
    virtual bool covers(const CutText &line) const;
    /// The list that in- and out-of-vocabulary words are told apart by; nullptr where there is none.
    virtual const WordDictionary *wordList() const { return nullptr; }
    /// What `train` writes and `dictionary` of a request takes again: text of a dictionary, or JSON. Empty: nothing is learned.
    virtual std::string saved() const { return {}; }
    virtual size_t bytes() const = 0;
    /// Tables, curves, metrics and notices of the training.
    virtual void describe(ReportBuilder &report) const;
    /// Why a word is a word: fields of an object for the explanation of one method (segmentation-baselines.md 7.1).
    virtual Json explain(const CutText &line, int32_t first, int32_t end) const;

    /// For methods that search a lattice.
    virtual const WordAutomaton *automaton() const { return nullptr; }
    virtual Patterns patterns() const { return Patterns::On; }
};

using SegmentModelPtr = std::shared_ptr<const SegmentModel>;

/// One algorithm of the family `segment`: learns from a source, then cuts. Const; never knows another method.
class Segmenter {
public:
    virtual ~Segmenter() = default;

    /// @error BadInput when the source lacks what the method needs (a dictionary, replies, segmented lines), with what to give;
    ///        Cancelled.
    virtual Result<SegmentModelPtr> learn(
        const SegmentSource &source, const Parameters &parameters, const RunContext &context) const = 0;
};

} // namespace winnow
