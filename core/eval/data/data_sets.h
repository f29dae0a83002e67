#pragma once

#include "core/base/run_context.h"
#include "core/eval/data/reading.h"

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace winnow {

/// What the items of a set are.
enum class DataKind { Prompts, Segmentation, Text };

/// A format that a reader exists for, with the set it is named after. Nothing is downloaded: files come from a folder of the user.
struct DataSet {
    std::string_view name; // of --dataset
    std::string_view aliases; // other names, parted by blanks
    std::string_view title;
    DataKind kind = DataKind::Prompts;
    std::string_view format;
    std::string_view licence, origin;
    std::string_view attribution; // the line that exports carry
    std::string_view expected; // names of the files a person needs
};

/// One published file of a set, below the data folder.
struct DataFile {
    std::string_view set, path;
    int64_t items = 0; // as readers count them
    std::string_view sha256;
};

std::span<const DataSet> dataSets();
std::span<const DataFile> dataFiles();

/// By name or alias; case, '-' and '_' do not matter.
/// @error NotFound with the known names.
Result<const DataSet *> findDataSet(std::string_view name);

/// Reads a file of a set whose items are prompts.
/// @error BadInput for a set of another kind; as its reader.
Result<DataNotes> readPromptItems(const DataSet &set, const std::filesystem::path &path, const DataSettings &settings,
    const ItemSink<PromptItem> &sink, const RunContext &context);
/// Reads a file of a set whose items are segmented lines.
Result<DataNotes> readSegItems(const DataSet &set, const std::filesystem::path &path, const DataSettings &settings,
    const ItemSink<SegItem> &sink, const RunContext &context);

/// Which items of a file are wanted.
struct ItemChoice {
    int64_t first = 0, end = -1; // [first, end); end < 0 = to the last
    int64_t sample = 0; // > 0: this many of them, drawn with `seed`
    uint64_t seed = 1;
};

/// "A:B" (from 0, without B), "A:", ":B", "N" (the first N), "N@SEED" (N drawn at random), "" or "all".
/// @error BadInput saying which forms there are.
Result<ItemChoice> parseItemChoice(std::string_view text);

/// k of n numbers, ascending. @source prompt-compression-baselines.md 3.1, `random`.
std::vector<int64_t> sampleOf(int64_t n, int64_t k, uint64_t seed);

template <typename Item>
struct DataItems {
    std::vector<Item> items;
    std::vector<int64_t> numbers; // of each item in the file, from 0
    DataNotes notes;
};

/// The chosen items of a file; reading ends behind the last one that is wanted.
/// @error BadInput when the file has none of them; as the readers.
Result<DataItems<PromptItem>> loadPromptItems(const DataSet &set, const std::filesystem::path &path, const DataSettings &settings,
    const ItemChoice &choice, const RunContext &context);
Result<DataItems<SegItem>> loadSegItems(const DataSet &set, const std::filesystem::path &path, const DataSettings &settings,
    const ItemChoice &choice, const RunContext &context);

} // namespace winnow
