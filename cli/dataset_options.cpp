#include "cli/dataset_options.h"

#include "core/base/json_fields.h"

#include <array>
#include <charconv>
#include <filesystem>

namespace winnow {
namespace {

    constexpr std::array<OptionSpec, 5> kDataset{{
        {"--dataset", "NAME", "gsm8k, bbh, mt_bench, xquad, qmsum, kv, nq, longbench, text, conllu, sighan, bars"},
        {"--dataset-file", "F", "a file of the data set; one result an item"},
        {"--items", "A:B", "items from A, without B, counted from 0; also N (the first N) and N@SEED (N drawn at random)"},
        {"--data-option", "NAME=VALUE", "language, task, promptFile, whiteSpace, braceMarks, split, documents, goldPosition, largeFiles", true},
        {"--no-share", "", "each item compresses its contexts anew, with its question"},
    }};

    Json valueOf(const std::string &text)
    {
        int64_t number = 0;
        const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
        return read.ec == std::errc() && read.ptr == text.data() + text.size() ? Json(number) : Json(text);
    }

} // namespace

OptionGroup datasetOptions() { return {"Data set", kDataset}; }

Result<void> addDataset(const Arguments &arguments, Json &request)
{
    const auto name = arguments.value("--dataset");
    if (!name && !request.contains("dataset")) {
        for (const char *option : {"--dataset-file", "--items", "--data-option", "--no-share"}) {
            if (arguments.has(option))
                return fail(ErrorCode::BadInput, std::string(option) + " needs a data set", "give --dataset NAME");
        }
        return {};
    }
    if (name)
        request["dataset"] = *name;
    if (const auto path = arguments.value("--dataset-file")) {
        std::error_code error;
        const auto absolute = std::filesystem::absolute(*path, error);
        request["datasetFile"] = error ? *path : absolute.lexically_normal().string();
    }
    if (const auto items = arguments.value("--items"))
        request["items"] = *items;
    for (const std::string &word : arguments.values("--data-option")) {
        const size_t equals = word.find('=');
        if (equals == std::string::npos || equals == 0)
            return fail(ErrorCode::BadInput, "--data-option: expected NAME=VALUE, found \"" + word + '"');
        request["dataOptions"][word.substr(0, equals)] = valueOf(word.substr(equals + 1));
    }
    if (arguments.has("--no-share"))
        request["shareContexts"] = false;
    return {};
}

} // namespace winnow
