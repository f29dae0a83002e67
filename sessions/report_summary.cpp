#include "core/base/json_fields.h"
#include "sessions/number_text.h"
#include "sessions/report_parts.h"

#include <algorithm>

namespace winnow {
namespace {

    constexpr double kMebibyte = 1048576.0;
    // Below this a ratio of losses is a ratio of noise.
    constexpr double kSmallestRatioBase = 0.002;

    /// A measured run beside the numbers that are said about it.
    struct Said {
        const ComparedRun *run = nullptr;
        RunNumbers numbers;
    };

    std::string joinWords(const std::vector<std::string> &words)
    {
        std::string text;
        for (size_t i = 0; i < words.size(); ++i)
            text.append(i == 0 ? "" : i + 1 == words.size() ? " and " : ", ").append(words[i]);
        return text;
    }

    std::string budgetPhrase(const ComparedRun &run)
    {
        const std::string budget = run.budget();
        return budget.ends_with('%') ? budget + " of the cache" : budget;
    }

    std::string costOf(const Said &said)
    {
        const double delta = *said.numbers.deltaNll;
        std::string text = said.run->record.name;
        if (delta > 0)
            text += " adds " + fixedText(delta, 3) + " nats/token";
        else
            text += " changes the loss by " + signedText(delta, 4) + " nats/token";
        if (const auto band = said.run->report ? deltaNllInterval(*said.run->report) : std::nullopt)
            text += " (95 % band " + fixedText(band->low, 3) + " to " + fixedText(band->high, 3)
                + ")";
        return text;
    }

    std::string storedPhrase(const Said &said)
    {
        if (!said.numbers.nativeBytes || !said.numbers.deltaStored)
            return {};
        const double full = *said.numbers.nativeBytes / (1 + *said.numbers.deltaStored);
        return " and stores " + fixedText(*said.numbers.nativeBytes / kMebibyte, 2) + " instead of "
            + fixedText(full / kMebibyte, 2) + " MiB";
    }

    /// "H2O and TOVA cost 1.9 and 3.0 times as much on this text."
    std::string ratioSentence(const Said &best, const std::vector<Said> &others)
    {
        std::vector<std::string> names, ratios;
        for (const Said &other : others) {
            names.push_back(other.run->record.name);
            ratios.push_back(fixedText(*other.numbers.deltaNll / *best.numbers.deltaNll, 1));
        }
        if (names.empty())
            return {};
        std::string text(1, ' ');
        text.append(joinWords(names))
            .append(names.size() == 1 ? " costs " : " cost ")
            .append(joinWords(ratios));
        return text + " times as much on this text.";
    }

    std::string deltaSentence(const std::vector<Said> &others)
    {
        std::vector<std::string> parts;
        for (const Said &other : others)
            parts.push_back(other.run->record.name + " " + signedText(*other.numbers.deltaNll, 3));
        return parts.empty() ? "" : " The others: " + joinWords(parts) + " nats/token.";
    }

    std::string checksSentence(const std::vector<ComparedRun> &runs)
    {
        int passed = 0, all = 0;
        for (const ComparedRun &run : runs) {
            const RunNumbers numbers = runNumbers(run, runs);
            passed += numbers.checksPassed;
            all += numbers.checks;
        }
        if (all == 0)
            return {};
        if (passed == all)
            return all == 1 ? " The check passed."
                            : std::string(" All ").append(std::to_string(all)) + " checks passed.";
        return std::string(" ")
                   .append(std::to_string(all - passed))
                   .append(" of ")
                   .append(std::to_string(all))
            + " checks failed.";
    }

    std::string nominalSentence(const std::vector<Said> &said)
    {
        std::vector<std::string> names;
        for (const Said &one : said) {
            if (one.numbers.nominalOnly)
                names.push_back(one.run->record.name);
        }
        return names.empty() ? "" : " The saving of " + joinWords(names) + " is nominal only.";
    }

    /// Measured runs with a difference to the baseline, best first; only those with the budget of
    /// the first one.
    std::vector<Said> comparedAtOneBudget(const std::vector<ComparedRun> &runs)
    {
        std::vector<Said> said;
        for (const ComparedRun &run : runs) {
            Said one { &run, runNumbers(run, runs) };
            if (one.numbers.deltaNll
                && (said.empty() || said.front().run->budget() == run.budget()))
                said.push_back(std::move(one));
        }
        std::stable_sort(said.begin(), said.end(),
            [](const Said &a, const Said &b) { return *a.numbers.deltaNll < *b.numbers.deltaNll; });
        return said;
    }

} // namespace

std::string summarySentence(const std::vector<ComparedRun> &runs)
{
    const auto measured = std::count_if(
        runs.begin(), runs.end(), [](const ComparedRun &run) { return run.report != nullptr; });
    const std::vector<Said> said = comparedAtOneBudget(runs);
    if (said.empty())
        return (measured == 0
                       ? "No run of this session was measured."
                       : std::to_string(measured) + (measured == 1 ? " run was" : " runs were")
                           + " measured; there is no baseline on the same text to compare with.")
            + checksSentence(runs);
    const Said &best = said.front();
    const std::vector<Said> others(said.begin() + 1, said.end());
    std::string text
        = "At " + budgetPhrase(*best.run) + ", " + costOf(best) + storedPhrase(best) + ".";
    text += *best.numbers.deltaNll >= kSmallestRatioBase ? ratioSentence(best, others)
                                                         : deltaSentence(others);
    return text + nominalSentence(said) + checksSentence(runs);
}

std::string defaultTitle(const std::vector<ComparedRun> &runs)
{
    std::vector<std::string> names;
    std::string budget;
    for (const ComparedRun &run : runs) {
        if (run.baseline)
            continue;
        if (names.empty())
            budget = budgetPhrase(run);
        if (names.size() < 3)
            names.push_back(run.record.name);
    }
    if (names.empty())
        return "Winnow report";
    return joinWords(names) + (budget.empty() ? "" : " at " + budget);
}

} // namespace winnow
