#include "core/words/word_scores.h"

#include "core/base/split_mix.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <unordered_set>
#include <utility>

namespace winnow {
namespace {

    constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    constexpr uint64_t kDrawSeed = 1;

    double ratio(int64_t part, int64_t whole) { return whole == 0 ? kNone : static_cast<double>(part) / static_cast<double>(whole); }

    /// 2PR / (P + R) from counts; 0 when nothing agrees, NaN when there is nothing at all.
    double f1Of(int64_t gold, int64_t predicted, int64_t both)
    {
        return gold + predicted == 0 ? kNone : 2 * static_cast<double>(both) / static_cast<double>(gold + predicted);
    }

    /// Calls visit(first, end, isGold, isPredicted) for every word of either side, shared ones once.
    template <typename Visit> void visitWords(const ScoredLine &line, Visit visit)
    {
        size_t g = 0, p = 0;
        int32_t goldFirst = 0, predictedFirst = 0;
        while (g < line.gold.size() || p < line.predicted.size()) {
            const int32_t gold = g < line.gold.size() ? line.gold[g] : std::numeric_limits<int32_t>::max();
            const int32_t predicted = p < line.predicted.size() ? line.predicted[p] : std::numeric_limits<int32_t>::max();
            const bool same = gold == predicted && goldFirst == predictedFirst;
            if (gold <= predicted) {
                visit(goldFirst, gold, true, same);
                goldFirst = gold;
                ++g;
            }
            if (predicted <= gold) {
                if (!same)
                    visit(predictedFirst, predicted, false, true);
                predictedFirst = predicted;
                ++p;
            }
        }
    }

    int64_t sharedEnds(const std::vector<int32_t> &a, const std::vector<int32_t> &b)
    {
        int64_t shared = 0;
        for (size_t i = 0, j = 0; i < a.size() && j < b.size();) {
            shared += a[i] == b[j];
            const bool forward = a[i] <= b[j], other = b[j] <= a[i];
            i += forward;
            j += other;
        }
        return shared;
    }

    struct Totals {
        LineCounts words, boundaries;
        int64_t known = 0, knownFound = 0, unknown = 0, unknownFound = 0, characters = 0;
        std::unordered_set<std::u32string_view> goldTypes, predictedTypes;
    };

    void addLine(const ScoredLine &line, const WordDictionary *list, Totals &totals, WordScores &scores)
    {
        LineCounts counts;
        visitWords(line, [&](int32_t first, int32_t end, bool isGold, bool isPredicted) {
            const std::u32string_view word = line.text->word(first, end);
            counts.gold += isGold;
            counts.predicted += isPredicted;
            counts.both += isGold && isPredicted;
            LengthScores &length = scores.byLength[end - first];
            length.gold += isGold;
            length.predicted += isPredicted;
            length.both += isGold && isPredicted;
            if (isPredicted)
                totals.predictedTypes.insert(word);
            if (!isGold)
                return;
            totals.goldTypes.insert(word);
            const bool known = list && list->contains(word);
            totals.known += known;
            totals.knownFound += known && isPredicted;
            totals.unknown += !known;
            totals.unknownFound += !known && isPredicted;
        });
        const bool empty = line.gold.empty();
        totals.words.gold += counts.gold;
        totals.words.predicted += counts.predicted;
        totals.words.both += counts.both;
        // The end of a line is a boundary that nobody can miss.
        totals.boundaries.gold += counts.gold - !empty;
        totals.boundaries.predicted += counts.predicted - !empty;
        totals.boundaries.both += sharedEnds(line.gold, line.predicted) - !empty;
        totals.characters += static_cast<int64_t>(line.text->size());
        scores.exactLines += line.gold == line.predicted;
        scores.counts.push_back(counts);
    }

    /// Word F1 of resampled lines. One stream of seed 1 a method, so that two methods over the same lines see the same draws.
    std::vector<double> drawScores(const std::vector<LineCounts> &lines, int drawCount)
    {
        std::vector<double> draws;
        SplitMix64 random(kDrawSeed);
        for (int draw = 0; draw < drawCount && !lines.empty(); ++draw) {
            LineCounts sum;
            for (size_t i = 0; i < lines.size(); ++i) {
                const LineCounts &line = lines[random.below(lines.size())];
                sum.gold += line.gold;
                sum.predicted += line.predicted;
                sum.both += line.both;
            }
            draws.push_back(f1Of(sum.gold, sum.predicted, sum.both));
        }
        return draws;
    }

} // namespace

const char *wordErrorName(WordErrorKind kind)
{
    constexpr std::array<const char *, 3> kNames{"falseSplit", "falseJoin", "crossing"};
    return kNames[static_cast<size_t>(kind)];
}

double drawQuantile(std::vector<double> draws, double share)
{
    std::erase_if(draws, [](double draw) { return std::isnan(draw); });
    if (draws.empty())
        return kNone;
    std::sort(draws.begin(), draws.end());
    const double at = share * static_cast<double>(draws.size() - 1);
    const auto below = static_cast<size_t>(at);
    const size_t above = std::min(below + 1, draws.size() - 1);
    return draws[below] + (at - static_cast<double>(below)) * (draws[above] - draws[below]);
}

WordScores scoreWords(std::span<const ScoredLine> lines, const WordDictionary *list, int drawCount)
{
    WordScores scores;
    Totals totals;
    for (const ScoredLine &line : lines)
        addLine(line, list, totals, scores);
    const auto &[words, boundaries] = std::pair(totals.words, totals.boundaries);
    scores.lines = static_cast<int64_t>(lines.size());
    scores.goldWords = words.gold;
    scores.predictedWords = words.predicted;
    scores.precision = ratio(words.both, words.predicted);
    scores.recall = ratio(words.both, words.gold);
    scores.f1 = f1Of(words.gold, words.predicted, words.both);
    scores.boundaryPrecision = ratio(boundaries.both, boundaries.predicted);
    scores.boundaryRecall = ratio(boundaries.both, boundaries.gold);
    scores.boundaryF1 = f1Of(boundaries.gold, boundaries.predicted, boundaries.both);
    scores.oov = list ? ratio(totals.unknown, words.gold) : kNone;
    scores.recallIv = list ? ratio(totals.knownFound, totals.known) : kNone;
    scores.recallOov = list ? ratio(totals.unknownFound, totals.unknown) : kNone;
    scores.meanLength = ratio(totals.characters, words.predicted);
    scores.vocabulary = static_cast<int64_t>(totals.predictedTypes.size());
    int64_t sharedTypes = 0;
    for (const std::u32string_view type : totals.predictedTypes)
        sharedTypes += totals.goldTypes.contains(type);
    scores.typeF1 = f1Of(static_cast<int64_t>(totals.goldTypes.size()), scores.vocabulary, sharedTypes);
    scores.draws = drawScores(scores.counts, drawCount);
    scores.low = drawQuantile(scores.draws, 0.025);
    scores.high = drawQuantile(scores.draws, 0.975);
    return scores;
}

namespace {

    std::u32string joinedWords(const CutText &text, int32_t first, std::span<const int32_t> ends)
    {
        std::u32string joined;
        for (const int32_t end : ends) {
            if (!joined.empty())
                joined += U'/';
            joined += text.word(first, end);
            first = end;
        }
        return joined;
    }

} // namespace

std::vector<WordError> wordErrors(std::span<const ScoredLine> lines)
{
    std::map<std::pair<std::u32string, std::u32string>, WordError> table;
    for (size_t l = 0; l < lines.size(); ++l) {
        const ScoredLine &line = lines[l];
        int32_t first = 0;
        for (size_t g = 0, p = 0; g < line.gold.size() && p < line.predicted.size();) {
            size_t goldEnd = g, predictedEnd = p; // the next boundary that both have
            while (line.gold[goldEnd] != line.predicted[predictedEnd])
                ++(line.gold[goldEnd] < line.predicted[predictedEnd] ? goldEnd : predictedEnd);
            const int32_t end = line.gold[goldEnd];
            const size_t goldWords = goldEnd - g + 1, foundWords = predictedEnd - p + 1;
            if (goldWords + foundWords > 2) {
                WordError error{WordErrorKind::Crossing, static_cast<int32_t>(l), first, end,
                    joinedWords(*line.text, first, std::span(line.gold).subspan(g, goldWords)),
                    joinedWords(*line.text, first, std::span(line.predicted).subspan(p, foundWords)), 0};
                if (goldWords == 1 || foundWords == 1)
                    error.kind = goldWords == 1 ? WordErrorKind::FalseSplit : WordErrorKind::FalseJoin;
                ++table.try_emplace({error.gold, error.found}, error).first->second.count;
            }
            first = end;
            g = goldEnd + 1;
            p = predictedEnd + 1;
        }
    }
    std::vector<WordError> errors;
    for (auto &[words, error] : table)
        errors.push_back(std::move(error));
    std::sort(errors.begin(), errors.end(), [](const WordError &a, const WordError &b) {
        return a.count != b.count ? a.count > b.count : std::pair(a.line, a.first) < std::pair(b.line, b.first);
    });
    return errors;
}

double pathPerplexity(std::span<const ScoredLine> lines)
{
    double sum = 0;
    int64_t count = 0;
    for (const ScoredLine &line : lines) {
        if (line.text->size() == 0)
            continue;
        sum += line.score / static_cast<double>(line.text->size());
        ++count;
    }
    return count == 0 ? kNone : std::exp2(-sum / static_cast<double>(count));
}

} // namespace winnow
