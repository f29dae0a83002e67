#include "core/methods/prompt/word_labels.h"

#include "core/methods/prompt/characters.h"
#include "core/methods/prompt/percentile.h"

#include <algorithm>
#include <set>

namespace winnow {
namespace {

    constexpr int64_t kWindow = 150;
    constexpr double kDropped = 90; // percentile

    std::vector<std::string> lowered(const std::vector<std::string> &words)
    {
        std::vector<std::string> out;
        for (const std::string &word : words)
            out.push_back(lowerCase(word));
        return out;
    }

    /// The word to label, and where the search goes on.
    int64_t nearest(const std::vector<std::string> &words, const std::string &wanted, const std::vector<uint8_t> &labelled, int64_t from)
    {
        const auto n = static_cast<int64_t>(words.size());
        const auto fits = [&](int64_t at) {
            return at >= 0 && at < n && !labelled[static_cast<size_t>(at)] && words[static_cast<size_t>(at)] == wanted;
        };
        for (int64_t offset = 0; offset < kWindow; ++offset) {
            if (fits(from + offset))
                return from + offset;
            if (fits(from - offset))
                return from - offset;
        }
        return -1;
    }

} // namespace

WordLabels alignLabels(const std::vector<std::string> &original, const std::vector<std::string> &shortened)
{
    const std::vector<std::string> words = lowered(original), asked = lowered(shortened);
    const std::set<std::string> known(words.begin(), words.end());
    WordLabels labels;
    labels.keep.assign(words.size(), 0);
    int64_t previous = 0, found = 0;
    for (const std::string &word : asked) {
        found += known.contains(word);
        const int64_t at = nearest(words, word, labels.keep, previous);
        labels.match.push_back(static_cast<int32_t>(at));
        if (at < 0)
            continue;
        labels.keep[static_cast<size_t>(at)] = 1;
        previous = at - previous > kWindow / 2 ? previous + kWindow / 2 : at;
    }
    const auto marked = static_cast<double>(std::count(labels.keep.begin(), labels.keep.end(), 1));
    const auto size = static_cast<double>(std::max<size_t>(1, words.size()));
    labels.variation = asked.empty() ? 0 : 1 - static_cast<double>(found) / static_cast<double>(asked.size());
    labels.hitting = static_cast<double>(found) / size;
    labels.matching = marked / size;
    labels.gap = labels.hitting - labels.matching;
    return labels;
}

std::vector<uint8_t> keptPairs(const std::vector<WordLabels> &pairs)
{
    std::vector<uint8_t> kept(pairs.size(), 1);
    for (const auto measure : {&WordLabels::variation, &WordLabels::gap}) {
        std::vector<double> values;
        for (size_t i = 0; i < pairs.size(); ++i) {
            if (kept[i])
                values.push_back(pairs[i].*measure);
        }
        const double limit = percentile(values, kDropped);
        for (size_t i = 0; i < pairs.size(); ++i)
            kept[i] = kept[i] && (pairs[i].*measure < limit || pairs[i].*measure <= 0);
    }
    return kept;
}

} // namespace winnow
