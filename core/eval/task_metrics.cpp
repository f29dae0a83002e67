#include "core/eval/task_metrics.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <limits>
#include <map>
#include <unicode/uchar.h>

namespace winnow {
namespace {

    bool isDigit(char c) { return c >= '0' && c <= '9'; }

    bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

    /// Runs of decimal digits of any script as ASCII digits without leading zeros.
    std::vector<std::string> digitRuns(std::string_view text)
    {
        std::vector<std::string> runs;
        std::string run;
        const auto close = [&] {
            if (run.empty())
                return;
            run.erase(0, std::min(run.find_first_not_of('0'), run.size() - 1));
            runs.push_back(std::move(run));
            run.clear();
        };
        for (const char32_t c : codePointsOf(text)) {
            const int32_t digit = u_charDigitValue(static_cast<UChar32>(c));
            if (digit >= 0)
                run += static_cast<char>('0' + digit);
            else
                close();
        }
        close();
        return runs;
    }

    std::vector<std::string_view> linesOf(std::string_view text)
    {
        std::vector<std::string_view> lines;
        for (size_t begin = 0; begin <= text.size();) {
            const size_t end = std::min(text.find('\n', begin), text.size());
            lines.push_back(text.substr(begin, end - begin));
            begin = end + 1;
        }
        return lines;
    }

    std::string_view trimmed(std::string_view text)
    {
        constexpr std::string_view kSpace = " \t\r\n\f\v";
        const size_t first = text.find_first_not_of(kSpace);
        return first == std::string_view::npos ? std::string_view() : text.substr(first, text.find_last_not_of(kSpace) - first + 1);
    }

    constexpr std::array<const char *, 9> kMetricNames{"none", "qaF1", "rougeL", "classification", "count", "retrieval", "code", "gsm8k", "bbh"};

} // namespace

double qaF1(std::string_view reply, std::string_view gold, TextUnits units)
{
    const auto said = answerUnits(reply, units), wanted = answerUnits(gold, units);
    if (said.empty() || wanted.empty())
        return said.empty() && wanted.empty() ? 1 : 0;
    std::map<std::string_view, int64_t> bag;
    for (const std::string &unit : wanted)
        ++bag[unit];
    const auto same = std::count_if(said.begin(), said.end(), [&](const std::string &unit) {
        const auto found = bag.find(unit);
        return found != bag.end() && found->second-- > 0;
    });
    return 2.0 * static_cast<double>(same) / static_cast<double>(said.size() + wanted.size());
}

double exactMatch(std::string_view reply, std::string_view gold, TextUnits units)
{
    return answerUnits(reply, units) == answerUnits(gold, units) ? 1 : 0;
}

double rougeL(std::string_view reply, std::string_view gold, TextUnits units)
{
    return lcsRatio(plainUnits(reply, units), plainUnits(gold, units));
}

double classificationScore(std::string_view reply, std::string_view gold, std::span<const std::string> classes)
{
    int64_t found = 0;
    bool right = false;
    for (const std::string &name : classes) {
        if (!contains(reply, name) || (name != gold && contains(gold, name)))
            continue;
        ++found;
        right = right || name == gold;
    }
    return right ? 1.0 / static_cast<double>(found) : 0;
}

double numberShare(std::string_view reply, std::string_view gold)
{
    const auto said = digitRuns(reply), wanted = digitRuns(gold);
    if (said.empty() || wanted.empty())
        return 0;
    return static_cast<double>(std::count(said.begin(), said.end(), wanted.front())) / static_cast<double>(said.size());
}

double codeSimilarity(std::string_view reply, std::string_view gold)
{
    const size_t start = std::min(reply.find_first_not_of('\n'), reply.size());
    std::string_view line;
    for (const std::string_view candidate : linesOf(reply.substr(start))) {
        if (contains(candidate, "`") || contains(candidate, "#") || contains(candidate, "//"))
            continue;
        line = candidate;
        break;
    }
    const std::u32string said = codePointsOf(line), wanted = codePointsOf(gold);
    if (said.empty() && wanted.empty())
        return 1;
    const double ratio = 2.0 * static_cast<double>(longestCommonSubsequence(said, wanted)) / static_cast<double>(said.size() + wanted.size());
    return std::nearbyint(100 * ratio) / 100; // half to even, as the published measure rounds
}

std::string gsm8kAnswer(std::string_view reply)
{
    std::string text;
    for (const std::string_view line : linesOf(reply)) {
        std::copy_if(line.begin(), line.end(), std::back_inserter(text), [](char c) { return c != ','; });
        if (contains(line, "answer is"))
            break;
        text += '\n';
    }
    std::string last;
    for (size_t at = 0; at < text.size();) {
        size_t end = at;
        while (end < text.size() && isDigit(text[end]))
            ++end;
        if (end + 1 < text.size() && text[end] == '.' && isDigit(text[end + 1])) {
            ++end;
            while (end < text.size() && isDigit(text[end]))
                ++end;
        }
        if (end > at)
            last = text.substr(at, end - at);
        at = std::max(end, at + 1);
    }
    return last;
}

double gsm8kMatch(std::string_view reply, std::string_view gold)
{
    const std::string said = gsm8kAnswer(reply);
    return !said.empty() && said == gsm8kAnswer(gold) ? 1 : 0;
}

std::string bbhAnswer(std::string_view reply, BbhKind kind)
{
    constexpr std::string_view kMark = "answer is ";
    if (const size_t mark = reply.find(kMark); mark != std::string_view::npos)
        reply.remove_prefix(mark + kMark.size());
    if (kind == BbhKind::Free)
        return std::string(trimmed(reply.substr(0, reply.find('.'))));
    for (size_t at = 0; at + 2 < reply.size(); ++at) {
        if (reply[at] == '(' && reply[at + 1] >= 'A' && reply[at + 1] <= 'Z' && reply[at + 2] == ')')
            return std::string(reply.substr(at, 3));
    }
    return {};
}

BbhKind bbhKind(std::string_view target)
{
    return target.size() == 3 && bbhAnswer(target, BbhKind::Options) == target ? BbhKind::Options : BbhKind::Free;
}

double bbhMatch(std::string_view reply, std::string_view target)
{
    return bbhAnswer(reply, bbhKind(target)) == trimmed(target) ? 1 : 0;
}

std::string_view firstReplyLine(std::string_view reply)
{
    reply.remove_prefix(std::min(reply.find_first_not_of('\n'), reply.size()));
    return reply.substr(0, reply.find('\n'));
}

const char *taskMetricName(TaskMetric metric) { return kMetricNames[static_cast<size_t>(metric)]; }

TaskMetric taskMetricFromName(std::string_view name)
{
    const auto found = std::find(kMetricNames.begin(), kMetricNames.end(), name);
    return found == kMetricNames.end() ? TaskMetric::None : static_cast<TaskMetric>(found - kMetricNames.begin());
}

double taskScore(TaskMetric metric, std::string_view reply, std::span<const std::string> answers, std::span<const std::string> classes,
    TextUnits units)
{
    double best = 0;
    for (const std::string &gold : answers) {
        double score = 0;
        switch (metric) {
        case TaskMetric::None:
            break;
        case TaskMetric::QaF1:
            score = qaF1(reply, gold, units);
            break;
        case TaskMetric::RougeL:
            score = rougeL(reply, gold, units);
            break;
        case TaskMetric::Classification:
            score = classificationScore(reply, gold, classes);
            break;
        case TaskMetric::Count:
        case TaskMetric::Retrieval:
            score = numberShare(reply, gold);
            break;
        case TaskMetric::Code:
            score = codeSimilarity(reply, gold);
            break;
        case TaskMetric::Gsm8k:
            score = gsm8kMatch(reply, gold);
            break;
        case TaskMetric::Bbh:
            score = bbhMatch(reply, gold);
            break;
        }
        best = std::max(best, score);
    }
    return best;
}

} // namespace winnow
