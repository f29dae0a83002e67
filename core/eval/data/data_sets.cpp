#include "core/eval/data/data_sets.h"

#include "core/base/split_mix.h"
#include "core/eval/data/prompt_readers.h"
#include "core/eval/data/seg_readers.h"

#include <algorithm>
#include <charconv>
#include <numeric>
#include <optional>

namespace winnow {
namespace {

    std::string plainName(std::string_view name)
    {
        std::string plain;
        for (const char c : name) {
            if (c != '-' && c != '_')
                plain += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        }
        return plain;
    }

    bool isNamed(const DataSet &set, const std::string &plain)
    {
        if (plainName(set.name) == plain)
            return true;
        for (size_t at = 0; at < set.aliases.size();) {
            const size_t end = std::min(set.aliases.find(' ', at), set.aliases.size());
            if (plainName(set.aliases.substr(at, end - at)) == plain)
                return true;
            at = end + 1;
        }
        return false;
    }

    tl::unexpected<Error> wrongKind(const DataSet &set, const char *wanted)
    {
        return fail(ErrorCode::BadInput, std::string(set.title) + ": expected a data set of " + wanted + ", found one of another kind");
    }

    std::optional<int64_t> number(std::string_view text)
    {
        int64_t value = 0;
        const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
        return !text.empty() && read.ec == std::errc() && read.ptr == text.data() + text.size() && value >= 0 ? std::optional(value) : std::nullopt;
    }

    /// What a file without an item of the choice is answered with: the first line that was left out says what is wrong with it.
    Error noItems(const std::filesystem::path &path, const ItemChoice &choice, int64_t found, const DataNotes &notes)
    {
        Error error{ErrorCode::BadInput,
            path.string() + ": expected items from " + std::to_string(choice.first) + " on, found " + std::to_string(found) + " items", {}};
        const auto told = std::find_if(notes.warnings.begin(), notes.warnings.end(), [](const DataWarning &warning) { return warning.line > 0; });
        if (found == 0 && told != notes.warnings.end())
            error.message += "; line " + std::to_string(told->line) + ": " + told->reason;
        return error;
    }

    /// Keeps the items of a choice; `read(sink)` runs the reader.
    template <typename Item, typename Read>
    Result<DataItems<Item>> chosen(const std::filesystem::path &path, const ItemChoice &choice, Read read)
    {
        DataItems<Item> result;
        int64_t at = -1;
        auto notes = read([&](Item &&item) {
            ++at;
            if (at >= choice.first && (choice.end < 0 || at < choice.end)) {
                result.items.push_back(std::move(item));
                result.numbers.push_back(at);
            }
            return choice.end < 0 || at + 1 < choice.end;
        });
        if (!notes)
            return fail(notes.error());
        if (result.items.empty())
            return fail(noItems(path, choice, at + 1, *notes));
        if (choice.sample > 0) {
            DataItems<Item> drawn;
            for (const int64_t i : sampleOf(std::ssize(result.items), std::min<int64_t>(choice.sample, std::ssize(result.items)), choice.seed)) {
                drawn.items.push_back(std::move(result.items[static_cast<size_t>(i)]));
                drawn.numbers.push_back(result.numbers[static_cast<size_t>(i)]);
            }
            result = std::move(drawn);
        }
        result.notes = std::move(*notes);
        return result;
    }

} // namespace

Result<const DataSet *> findDataSet(std::string_view name)
{
    const std::string plain = plainName(name);
    std::string known;
    for (const DataSet &set : dataSets()) {
        if (isNamed(set, plain))
            return &set;
        known += (known.empty() ? "" : ", ") + std::string(set.name);
    }
    // A task of LongBench or BIG-Bench Hard names its set.
    if (findLongBenchTask(name))
        return findDataSet("longbench");
    return fail(ErrorCode::NotFound, "no data set is called \"" + std::string(name) + "\"", "known: " + known);
}

Result<DataNotes> readPromptItems(const DataSet &set, const std::filesystem::path &path, const DataSettings &settings,
    const ItemSink<PromptItem> &sink, const RunContext &context)
{
    using Reader = Result<DataNotes> (*)(const std::filesystem::path &, const DataSettings &, const ItemSink<PromptItem> &, const RunContext &);
    constexpr std::pair<std::string_view, Reader> kReaders[] = {{"gsm8k", readGsm8k}, {"bbh", readBbh}, {"mt_bench", readMtBench},
        {"xquad", readSquad}, {"qmsum", readQmsum}, {"kv", readKeyValues}, {"nq", readDocuments}, {"longbench", readLongBench},
        {"text", readPlainText}};
    for (const auto &[name, reader] : kReaders) {
        if (name == set.name)
            return reader(path, settings, sink, context);
    }
    return wrongKind(set, "prompts");
}

Result<DataNotes> readSegItems(const DataSet &set, const std::filesystem::path &path, const DataSettings &settings,
    const ItemSink<SegItem> &sink, const RunContext &context)
{
    if (set.name == "conllu")
        return readConllu(path, settings, sink, context);
    if (set.name == "sighan")
        return readSighan(path, settings, sink, context);
    if (set.name == "bars")
        return readBars(path, settings, sink, context);
    return wrongKind(set, "segmented lines");
}

Result<ItemChoice> parseItemChoice(std::string_view text)
{
    ItemChoice choice;
    if (text.empty() || text == "all")
        return choice;
    const auto wrong = [&] {
        return fail(ErrorCode::BadInput, "items: expected A:B (from 0, without B), A:, :B, N (the first N) or N@SEED, found \"" + std::string(text) + '"');
    };
    if (const size_t at = text.find('@'); at != std::string_view::npos) {
        const auto count = number(text.substr(0, at)), seed = number(text.substr(at + 1));
        if (!count || *count == 0 || !seed)
            return wrong();
        choice.sample = *count;
        choice.seed = static_cast<uint64_t>(*seed);
        return choice;
    }
    const size_t colon = text.find(':');
    const std::string_view left = colon == std::string_view::npos ? "0" : text.substr(0, colon);
    const std::string_view right = colon == std::string_view::npos ? text : text.substr(colon + 1);
    const auto first = left.empty() ? std::optional<int64_t>(0) : number(left);
    const auto end = right.empty() ? std::optional<int64_t>(-1) : number(right);
    if (!first || !end || (*end >= 0 && *end <= *first))
        return wrong();
    choice.first = *first;
    choice.end = *end;
    return choice;
}

std::vector<int64_t> sampleOf(int64_t n, int64_t k, uint64_t seed)
{
    std::vector<int64_t> numbers(static_cast<size_t>(std::max<int64_t>(n, 0)));
    std::iota(numbers.begin(), numbers.end(), int64_t{0});
    k = std::clamp<int64_t>(k, 0, std::ssize(numbers));
    SplitMix64 stream(seed);
    for (int64_t i = 0; i < k; ++i)
        std::swap(numbers[static_cast<size_t>(i)], numbers[static_cast<size_t>(i) + stream.below(static_cast<uint64_t>(n - i))]);
    numbers.resize(static_cast<size_t>(k));
    std::sort(numbers.begin(), numbers.end());
    return numbers;
}

Result<DataItems<PromptItem>> loadPromptItems(const DataSet &set, const std::filesystem::path &path, const DataSettings &settings,
    const ItemChoice &choice, const RunContext &context)
{
    return chosen<PromptItem>(path, choice, [&](const ItemSink<PromptItem> &sink) { return readPromptItems(set, path, settings, sink, context); });
}

Result<DataItems<SegItem>> loadSegItems(const DataSet &set, const std::filesystem::path &path, const DataSettings &settings,
    const ItemChoice &choice, const RunContext &context)
{
    return chosen<SegItem>(path, choice, [&](const ItemSink<SegItem> &sink) { return readSegItems(set, path, settings, sink, context); });
}

} // namespace winnow
