#pragma once

#include "sessions/atomic_file.h"
#include "sessions/session.h"
#include "tests/support/example_session.h"

#include <chrono>
#include <fstream>
#include <random>
#include <string>

namespace winnow::test {

/// All content of a session as one JSON value, or the first error.
inline Result<Json> snapshot(const Session &session)
{
    Json all = Json::object();
    const auto inputs = session.inputs();
    const auto runs = session.runs();
    const auto cells = session.cells();
    const auto figures = session.figures();
    const auto notes = session.notes();
    for (const Error *error : { inputs ? nullptr : &inputs.error(), runs ? nullptr : &runs.error(),
             cells ? nullptr : &cells.error(), figures ? nullptr : &figures.error(),
             notes ? nullptr : &notes.error() }) {
        if (error)
            return fail(*error);
    }
    for (const InputRecord &input : *inputs)
        all["inputs"].push_back({ input.id, input.name, input.kind, input.content, input.extra });
    for (const RunRecord &run : *runs) {
        all["runs"].push_back({ run.id, run.inputId, run.letter, run.name, run.request, run.pinned,
            run.hasReport, run.created });
        if (!run.hasReport)
            continue;
        const auto report = session.report(run.id);
        if (!report)
            return fail(report.error());
        all["reports"].push_back((*report)->toCliJson());
    }
    for (const CellRecord &cell : *cells) {
        const auto report = session.cell(cell.key);
        if (!report)
            return fail(report.error());
        all["cells"].push_back(
            { cell.key, cell.recipe, cell.runId, *report ? (**report)->toCliJson() : Json() });
    }
    for (const FigureRecord &figure : *figures)
        all["figures"].push_back({ figure.id, figure.name, figure.view, figure.recipe });
    for (const NoteRecord &note : *notes)
        all["notes"].push_back({ note.id, note.title, note.text });
    const auto state = session.state("baseline");
    if (!state)
        return fail(state.error());
    all["baseline"] = *state;
    return all;
}

/// What became of one damaged file.
struct DamageResult {
    enum class Outcome { Refused, Unchanged, Wrong } outcome = Outcome::Wrong;
    std::string message; // of the refusal, or what is wrong
    double milliseconds = 0;
};

/// Opens `bytes` as a session file and reads everything: a refusal must name the file, an answer
/// must be the old content.
inline DamageResult openDamaged(
    const std::string &path, const std::string &bytes, const Json &expected)
{
    DamageResult result;
    // Plainly: thousands of synced writes would be a test of the disk.
    std::ofstream(path, std::ios::binary | std::ios::trunc)
        .write(bytes.data(), std::streamsize(bytes.size()));
    const auto start = std::chrono::steady_clock::now();
    const auto session = Session::openReadOnly(path);
    const Result<Json> content
        = session ? snapshot(**session) : Result<Json>(fail(session.error()));
    result.milliseconds
        = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
              .count();
    if (!content) {
        const bool named = content.error().message.find(path) != std::string::npos;
        result.outcome = named ? DamageResult::Outcome::Refused : DamageResult::Outcome::Wrong;
        result.message = named ? content.error().message
                               : "the message does not name the file: " + content.error().message;
    } else {
        result.outcome = *content == expected ? DamageResult::Outcome::Unchanged
                                              : DamageResult::Outcome::Wrong;
        result.message = *content == expected ? "" : "other content was read without an error";
    }
    return result;
}

/// Counts over many damaged copies of one file.
struct DamageTally {
    int refused = 0, unchanged = 0, wrong = 0;
    double slowestMs = 0;
    std::string firstWrong;

    void add(const DamageResult &result, const std::string &what)
    {
        refused += result.outcome == DamageResult::Outcome::Refused;
        unchanged += result.outcome == DamageResult::Outcome::Unchanged;
        slowestMs = std::max(slowestMs, result.milliseconds);
        if (result.outcome == DamageResult::Outcome::Wrong && wrong++ == 0)
            firstWrong = what + ": " + result.message;
    }
    std::string text() const
    {
        return std::to_string(refused) + " refused, " + std::to_string(unchanged)
            + " read unchanged, " + std::to_string(wrong) + " wrong, slowest "
            + std::to_string(slowestMs) + " ms";
    }
};

inline DamageTally truncateMany(const std::string &path, const std::string &bytes,
    const Json &expected, int count, unsigned seed)
{
    DamageTally tally;
    std::mt19937 random(seed);
    for (int i = 0; i < count; ++i) {
        const size_t length = random() % bytes.size();
        tally.add(openDamaged(path, bytes.substr(0, length), expected),
            "cut off after " + std::to_string(length));
    }
    return tally;
}

inline DamageTally flipMany(const std::string &path, const std::string &bytes, const Json &expected,
    int count, unsigned seed)
{
    DamageTally tally;
    std::mt19937 random(seed);
    for (int i = 0; i < count; ++i) {
        std::string altered = bytes;
        const size_t at = random() % altered.size();
        const unsigned bit = random() % 8;
        altered[at] = static_cast<char>(static_cast<unsigned char>(altered[at]) ^ (1u << bit));
        tally.add(openDamaged(path, altered, expected),
            "bit " + std::to_string(bit) + " of byte " + std::to_string(at));
    }
    return tally;
}

} // namespace winnow::test
