#include "core/words/taught_dictionary.h"

#include "core/base/split_mix.h"
#include "core/words/substring_counts.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <span>
#include <unordered_map>

namespace winnow {
namespace {

    constexpr std::u32string_view kStopMarks = U"，。！？、；：“”（）…《》「」『』【】,.;:!?\"()<>{}[]";
    constexpr char32_t kEllipsis = U'…';

    /// What the filter sorts by: more information, more often, smaller code points first.
    struct SortedType {
        double key = 0; // PMI in units of 1e-9: no two libraries of mathematics may sort differently
        uint64_t count = 0;
        const std::u32string *word = nullptr;

        bool operator<(const SortedType &other) const
        {
            if (key != other.key)
                return key > other.key;
            return count != other.count ? count > other.count : *word < *other.word;
        }
    };

    using TypeTable = std::unordered_map<std::u32string, TaughtWord>;

    /// Types of the lines that are not mixed, with their information.
    TypeTable informationOfTypes(const std::vector<std::vector<std::u32string>> &lines, std::u32string_view raw, TaughtDictionary &taught)
    {
        TypeTable types;
        std::set<std::u32string_view> mixed;
        for (const auto &line : lines) {
            for (const std::u32string &word : line) {
                if (isMixed(word))
                    mixed.insert(word);
                else
                    types.try_emplace(word, TaughtWord{word, 0, 0, 0});
            }
        }
        std::vector<std::u32string_view> words;
        for (const auto &[word, type] : types)
            words.push_back(word);
        const SubstringCounts counts(raw, words);
        for (auto &[word, type] : types)
            type.information = pointwiseInformation(word, counts);
        taught.mixed = static_cast<int64_t>(mixed.size());
        taught.tableBytes = counts.bytes();
        taught.suffixArrayBytes = raw.size() * sizeof(uint32_t);
        return types;
    }

    /// Adds the types of one batch that pass the filter.
    void addBatch(const std::vector<std::vector<std::u32string>> &lines, std::span<const size_t> batch, double topRatio, TypeTable &types)
    {
        std::unordered_map<const std::u32string *, uint64_t> counts; // by the word's own place in `types`
        for (const size_t line : batch) {
            for (const std::u32string &word : lines[line]) {
                if (const auto type = types.find(word); type != types.end())
                    ++counts[&type->first];
            }
        }
        std::vector<SortedType> sorted;
        sorted.reserve(counts.size());
        for (const auto &[word, count] : counts)
            sorted.push_back({std::round(types.at(*word).information * 1e9), count, word});
        std::sort(sorted.begin(), sorted.end());
        const auto kept = static_cast<size_t>(std::floor(static_cast<double>(sorted.size()) * topRatio));
        for (size_t i = 0; i < sorted.size(); ++i) {
            TaughtWord &type = types.at(*sorted[i].word);
            type.count += sorted[i].count;
            type.kept += i < kept ? sorted[i].count : 0;
        }
    }

} // namespace

bool isMixed(std::u32string_view word)
{
    size_t marks = 0, ellipses = 0;
    for (const char32_t character : word) {
        marks += kStopMarks.find(character) != std::u32string_view::npos;
        ellipses += character == kEllipsis;
    }
    if (marks == 0 || (marks == 1 && word.size() == 1))
        return false;
    return ellipses != word.size();
}

Result<TaughtDictionary> teachDictionary(const std::vector<std::vector<std::u32string>> &lines, std::u32string_view raw,
    const TeachingRule &rule, const RunContext &context)
{
    TaughtDictionary taught;
    const auto root = static_cast<int64_t>(std::floor(std::sqrt(static_cast<double>(lines.size()))));
    taught.batch = rule.batch > 0 ? rule.batch : std::max<int64_t>(1, root);
    TypeTable types = informationOfTypes(lines, raw, taught);
    SplitMix64 random(rule.seed);
    std::vector<size_t> order(lines.size());
    for (int64_t pass = 0; pass < rule.passes; ++pass) {
        std::iota(order.begin(), order.end(), size_t(0));
        random.shuffle(std::span(order));
        for (size_t first = 0; first < order.size(); first += static_cast<size_t>(taught.batch)) {
            if (context.cancelled())
                return fail(ErrorCode::Cancelled, "cancelled");
            const size_t count = std::min(static_cast<size_t>(taught.batch), order.size() - first);
            addBatch(lines, std::span(order).subspan(first, count), rule.topRatio, types);
        }
        context.progress("dictionary", pass + 1, rule.passes, "passes");
    }
    std::vector<WordCount> words;
    for (auto &[word, type] : types) {
        words.push_back({word, type.kept});
        taught.types.push_back(std::move(type));
    }
    std::sort(taught.types.begin(), taught.types.end(), [](const TaughtWord &a, const TaughtWord &b) { return a.word < b.word; });
    taught.dictionary = WordDictionary(std::move(words));
    return taught;
}

} // namespace winnow
