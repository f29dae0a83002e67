#include "core/base/split_mix.h"
#include "core/eval/task_metrics.h"
#include "core/model/unicode.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <map>
#include <unicode/uchar.h>

namespace winnow {
namespace {

    template <typename Survives>
    std::optional<bool> anyAnswer(std::span<const std::string> answers, TextUnits units, Survives survives)
    {
        std::optional<bool> any;
        for (const std::string &answer : answers) {
            const auto wanted = answerUnits(answer, units);
            if (!wanted.empty())
                any = any.value_or(false) || survives(answer, wanted);
        }
        return any;
    }

    /// Positions reachable for one word after another: a choice of the nearest occurrence alone would miss some.
    bool inOrder(const std::vector<std::string> &wanted, const std::vector<std::string> &text, int64_t gap)
    {
        std::vector<int64_t> reached; // where the words so far may end
        for (size_t word = 0; word < wanted.size(); ++word) {
            std::vector<int64_t> next;
            for (int64_t at = 0; at < std::ssize(text); ++at) {
                if (text[static_cast<size_t>(at)] != wanted[word])
                    continue;
                const auto before = std::lower_bound(reached.begin(), reached.end(), at);
                if (word == 0 || (before != reached.begin() && at - *std::prev(before) - 1 <= gap))
                    next.push_back(at);
            }
            reached = std::move(next);
            if (reached.empty())
                return false;
        }
        return true;
    }

    bool isDigit(char32_t c) { return c >= '0' && c <= '9'; }

    /// Whether a comma at `at` parts thousands: three digits follow and no fourth.
    bool partsThousands(std::u32string_view text, size_t at)
    {
        if (at + 3 >= text.size() || text[at] != ',')
            return false;
        return isDigit(text[at + 1]) && isDigit(text[at + 2]) && isDigit(text[at + 3]) && (at + 4 == text.size() || !isDigit(text[at + 4]));
    }

} // namespace

std::optional<bool> answerSurvives(std::span<const std::string> answers, std::string_view text, TextUnits units)
{
    const std::string normalised = normalisedAnswer(text, units);
    return anyAnswer(answers, units, [&](const std::string &answer, const std::vector<std::string> &) {
        return normalised.find(normalisedAnswer(answer, units)) != std::string::npos;
    });
}

std::optional<bool> answerSurvivesInOrder(std::span<const std::string> answers, std::string_view text, TextUnits units, int64_t gap)
{
    const auto words = answerUnits(text, units);
    return anyAnswer(answers, units,
        [&](const std::string &, const std::vector<std::string> &wanted) { return inOrder(wanted, words, gap); });
}

std::vector<std::string> numbersOf(std::string_view text)
{
    const std::u32string points = codePointsOf(text);
    std::vector<std::string> numbers;
    for (size_t at = 0; at < points.size();) {
        if (!isDigit(points[at])) {
            ++at;
            continue;
        }
        std::string number;
        while (at < points.size() && (isDigit(points[at]) || partsThousands(points, at))) {
            if (isDigit(points[at]))
                number += static_cast<char>(points[at]);
            ++at;
        }
        if (at + 1 < points.size() && points[at] == '.' && isDigit(points[at + 1])) {
            number += '.';
            for (++at; at < points.size() && isDigit(points[at]); ++at)
                number += static_cast<char>(points[at]);
        }
        numbers.push_back(std::move(number));
    }
    return numbers;
}

std::vector<std::string> capitalisedWords(std::string_view text)
{
    std::vector<std::string> words;
    std::string word;
    bool capital = false;
    const auto close = [&] {
        if (capital)
            words.push_back(word);
        word.clear();
        capital = false;
    };
    for (size_t at = 0; at < text.size();) {
        const size_t begin = at;
        const char32_t c = takeCodePoint(text, at);
        if (!isWordCharacter(c)) {
            close();
            continue;
        }
        if (word.empty())
            capital = (U_GET_GC_MASK(static_cast<UChar32>(c)) & (U_GC_LU_MASK | U_GC_LT_MASK)) != 0;
        word.append(text.substr(begin, at - begin));
    }
    close();
    return words;
}

std::optional<double> keptShare(const std::vector<std::string> &wanted, const std::vector<std::string> &found)
{
    if (wanted.empty())
        return std::nullopt;
    std::map<std::string_view, int64_t> bag;
    for (const std::string &word : found)
        ++bag[word];
    const auto kept = std::count_if(wanted.begin(), wanted.end(), [&](const std::string &word) {
        const auto at = bag.find(word);
        return at != bag.end() && at->second-- > 0;
    });
    return static_cast<double>(kept) / static_cast<double>(wanted.size());
}

std::optional<double> numberSurvival(std::string_view text, std::string_view compressed)
{
    return keptShare(numbersOf(text), numbersOf(compressed));
}

std::optional<double> capitalSurvival(std::string_view text, std::string_view compressed)
{
    return keptShare(capitalisedWords(text), capitalisedWords(compressed));
}

EvidenceRetention evidenceRetention(const std::vector<uint8_t> &isEvidence, const std::vector<int64_t> &kept)
{
    EvidenceRetention result;
    result.insideTokens = std::count_if(isEvidence.begin(), isEvidence.end(), [](uint8_t evidence) { return evidence != 0; });
    result.outsideTokens = std::ssize(isEvidence) - result.insideTokens;
    int64_t inside = 0, outside = 0;
    for (const int64_t token : kept) {
        assert(token >= 0 && token < std::ssize(isEvidence));
        ++(isEvidence[static_cast<size_t>(token)] ? inside : outside);
    }
    const auto share = [](int64_t part, int64_t whole) {
        return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : std::numeric_limits<double>::quiet_NaN();
    };
    result.inside = share(inside, result.insideTokens);
    result.outside = share(outside, result.outsideTokens);
    return result;
}

double percentile(std::vector<double> values, double percent)
{
    if (values.empty())
        return std::numeric_limits<double>::quiet_NaN();
    std::sort(values.begin(), values.end());
    const double at = percent / 100 * static_cast<double>(values.size() - 1);
    const auto below = static_cast<size_t>(std::clamp(std::floor(at), 0.0, static_cast<double>(values.size() - 1)));
    const size_t above = std::min(below + 1, values.size() - 1);
    return values[below] + (at - static_cast<double>(below)) * (values[above] - values[below]);
}

MeanInterval bootstrapMean(const std::vector<double> &values, int64_t draws, uint64_t seed)
{
    constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    if (values.empty())
        return {kNone, kNone, kNone};
    const auto count = static_cast<double>(values.size());
    double sum = 0;
    for (const double value : values)
        sum += value;
    SplitMix64 stream(seed);
    std::vector<double> means;
    for (int64_t draw = 0; draw < draws; ++draw) {
        double drawn = 0;
        for (size_t i = 0; i < values.size(); ++i)
            drawn += values[stream.below(values.size())];
        means.push_back(drawn / count);
    }
    return {sum / count, percentile(means, 2.5), percentile(means, 97.5)};
}

MeanInterval pairedBootstrap(const std::vector<double> &a, const std::vector<double> &b, int64_t draws, uint64_t seed)
{
    assert(a.size() == b.size());
    std::vector<double> differences;
    for (size_t i = 0; i < a.size(); ++i)
        differences.push_back(b[i] - a[i]);
    return bootstrapMean(differences, draws, seed);
}

} // namespace winnow
