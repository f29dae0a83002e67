#include "cli/command.h"
#include "cli/compare_options.h"
#include "cli/request_builder.h"
#include "cli/session_recorder.h"
#include "cli/text_table.h"
#include "core/base/json_fields.h"
#include "sessions/atomic_file.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>

namespace winnow {
namespace {

    constexpr std::array<OptionSpec, 16> kCompare{{
        {"--what", "heads|layers|match|profile", "all pairs of heads, of layers, the match of each head, the loss by block of layers (heads)"},
        {"--metric", "A,B",
            "cosine, cosine_nosink, jaccard, pearson, pearson_whole, minkowski1, minkowski2, row_cosine, row_js, spearman, column_cosine "
            "(cosine)"},
        {"--skip-sinks", "N", "leave the first N tokens out (0; cosine_nosink at least 1)"},
        {"--span", "N", "tokens that are compared, from the first on (all, at most 1000)"},
        {"--match-fraction", "F", "part of the span in a top set of jaccard (0.2, at least 8 tokens)"},
        {"--windows", "N", "later windows of 64 rows that say whether matches hold (1)"},
        {"--stability", "", "also how matches of shorter spans agree"},
        {"--reduce", "max|mean|mean_attention", "how heads become layers (max)"},
        {"--align", "tokens|characters", "characters: models with different tokenizers, over the characters of the text (tokens)"},
        {"--small-layers", "N", "only the first N layers of the small model (all)"},
        {"--segments", "N", "profile: calibration segments (8)"},
        {"--segment-tokens", "N", "profile: tokens of one, the first 200 or --span are matched on (512)"},
        {"--again", "", "profile: measure it though it is known for this pair"},
        {"--no-control", "", "leave out the comparison with shuffled heads"},
        {"--csv", "", "with --out: also each table as CSV"},
        {"--request", "F", "a request, or a report that holds one, instead of the options"},
    }};

    /// Options that are numbers or words, as fields of the request.
    Result<void> addOptions(const Arguments &arguments, Json &request)
    {
        for (const auto &[option, field] : {std::pair("--what", "what"), std::pair("--reduce", "reduce"), std::pair("--align", "align")}) {
            if (const auto value = arguments.value(option))
                request[field] = *value;
        }
        if (const auto metrics = arguments.value("--metric"))
            request["metrics"] = splitList(*metrics);
        for (const auto &[option, field, least] : {std::tuple("--skip-sinks", "skipSinks", int64_t(0)),
                 std::tuple("--span", "span", int64_t(1)), std::tuple("--windows", "windows", int64_t(0)),
                 std::tuple("--small-layers", "smallLayers", int64_t(1)), std::tuple("--segments", "segments", int64_t(1)),
                 std::tuple("--segment-tokens", "segmentTokens", int64_t(32))}) {
            auto number = arguments.integer(option, least, 1 << 20);
            if (!number)
                return fail(number.error());
            if (*number)
                request[field] = **number;
        }
        auto fraction = arguments.number("--match-fraction", 0.001, 1);
        if (!fraction)
            return fail(fraction.error());
        if (*fraction)
            request["matchFraction"] = **fraction;
        if (arguments.has("--stability"))
            request["stability"] = true;
        if (arguments.has("--again"))
            request["again"] = true;
        if (arguments.has("--no-control"))
            request["control"] = false;
        return {};
    }

    Result<Json> compareRequest(const Arguments &arguments)
    {
        Json request = Json::object();
        if (const auto path = arguments.value("--request")) {
            auto json = readJsonFile(*path);
            if (!json)
                return json;
            request = json->is_object() && json->contains("request") ? Json(json->at("request")) : *json;
            if (!request.is_object() || stringField(request, "command", "compare") != "compare")
                return fail(ErrorCode::BadInput, *path + ": expected a request of compare");
        }
        auto model = modelFields(arguments);
        if (!model)
            return model;
        addFields(request, *model);
        request["command"] = "compare";
        if (auto added = addOptions(arguments, request); !added)
            return fail(added.error());
        return request;
    }

    std::string figure(const Report &report, const std::string &name)
    {
        const auto value = report.metric(name);
        return value ? shortNumber(*value) : "-";
    }

    /// "cosineNosink" of the metrics "cosineNosinkMeanBest".
    std::vector<std::string> metricNames(const Report &report)
    {
        constexpr std::string_view kEnd = "MeanBest";
        std::vector<std::string> names;
        for (const auto &[name, value] : report.metrics()) {
            if (name.ends_with(kEnd))
                names.push_back(name.substr(0, name.size() - kEnd.size()));
        }
        return names;
    }

    std::string sizeText(const Json &model)
    {
        return stringField(model, "name") + ", " + std::to_string(integerField(model, "layers")) + " layers of "
            + std::to_string(integerField(model, "heads")) + " heads";
    }

    std::string compareText(const Report &report)
    {
        std::string text = "large    " + sizeText(report.model()) + "\nsmall    " + sizeText(childField(report.body(), "smallModel"))
            + "\ntokens   " + std::to_string(integerField(report.body(), "spanTokens")) + " of " + std::to_string(report.ids().size())
            + "\n\n";
        TextTable table({"metric", "mean best", "median", "mean margin", "all pairs", "shuffled", "heads permuted", "layers shuffled", "chance best"});
        for (const std::string &name : metricNames(report))
            table.row({name, figure(report, name + "MeanBest"), figure(report, name + "MedianBest"), figure(report, name + "MeanMargin"),
                figure(report, name + "MeanAll"), figure(report, name + "MeanControl"), figure(report, name + "MeanPermuteHeads"),
                figure(report, name + "MeanShuffleLayers"), figure(report, name + "ChanceBest")});
        text += table.text();
        if (report.metric("consistencyHard"))
            text += "\nlater rows: " + figure(report, "consistencyHard") + " of the heads keep their match, its score is "
                + figure(report, "consistencySoft") + " of the best\n";
        for (const TableArtifact &artifact : report.tables()) {
            if (artifact.id.starts_with("consistency")) // a column a window: for --json and --csv
                continue;
            TextTable rows(artifact.columns);
            for (const Json &row : artifact.rows) {
                std::vector<std::string> cells;
                for (const Json &cell : row)
                    cells.push_back(cell.is_number_float() ? shortNumber(cell.get<double>(), 5)
                            : cell.is_string()             ? cell.get<std::string>()
                                                           : jsonText(cell));
                rows.row(std::move(cells));
            }
            text += '\n' + artifact.title + '\n' + rows.text();
        }
        for (const std::string &notice : report.notices())
            text += "notice   " + notice + '\n';
        return text;
    }

    std::string tableCsv(const TableArtifact &table)
    {
        std::string text;
        for (size_t i = 0; i < table.columns.size(); ++i)
            text += (i ? "," : "") + table.columns[i];
        text += '\n';
        for (const Json &row : table.rows) {
            for (size_t i = 0; i < row.size(); ++i)
                text += (i ? "," : "") + (row[i].is_string() ? row[i].get<std::string>() : jsonText(row[i]));
            text += '\n';
        }
        return text;
    }

    std::string matrixCsv(const MatrixArtifact &matrix)
    {
        std::string text;
        for (int64_t i = 0; i < matrix.rows; ++i) {
            for (int64_t j = 0; j < matrix.columns; ++j)
                text += (j ? "," : "") + jsonText(jsonFloat(matrix.values[size_t(i * matrix.columns + j)]));
            text += '\n';
        }
        return text;
    }

    Result<void> writeOutputs(CommandContext &context, const Report &report)
    {
        const auto out = context.arguments().value("--out");
        if (!out)
            return {};
        auto folder = makeFolder(*out);
        if (!folder)
            return fail(folder.error());
        std::vector<std::pair<std::string, std::string>> files{{"report.json", jsonText(report.toCliJson(), 1) + '\n'}};
        if (context.arguments().has("--csv")) {
            for (const TableArtifact &table : report.tables())
                files.emplace_back(table.id + ".csv", tableCsv(table));
            for (const MatrixArtifact &matrix : report.matrices())
                files.emplace_back(matrix.id + ".csv", matrixCsv(matrix));
        }
        for (const auto &[name, text] : files) {
            const std::string path = (std::filesystem::path(*folder) / name).string();
            if (auto written = writeFileAtomically(path, text); !written)
                return written;
            context.say(path);
        }
        return {};
    }

} // namespace

OptionGroup compareOptions() { return {"Comparison", kCompare}; }

Result<int> runCompare(CommandContext &context)
{
    auto request = compareRequest(context.arguments());
    if (!request)
        return context.wrongUsage(request.error());
    for (const auto &[option, field] : {std::pair("--model", "model"), std::pair("--small-model", "smallModel")}) {
        if (!request->contains(field))
            return context.wrongUsage({ErrorCode::BadInput, std::string("compare needs ") + option,
                "give PATH or a name of winnow-cli models"});
    }
    const Arguments &given = context.arguments();
    constexpr std::array kInputOptions{"--text", "--text-file", "--ids-file", "--image", "--messages"};
    const bool hasInput
        = std::any_of(kInputOptions.begin(), kInputOptions.end(), [&](const char *option) { return given.has(option); });
    if (hasInput || !request->contains("input")) {
        auto input = inputField(given);
        if (!input)
            return fail(input.error());
        (*request)["input"] = std::move(*input);
    }
    std::optional<SessionRecorder> recorder;
    if (const auto path = given.value("--session")) {
        auto opened = SessionRecorder::open(*path);
        if (!opened)
            return fail(opened.error());
        recorder = std::move(*opened);
    }
    auto reply = context.ask(*request);
    if (!reply)
        return fail(reply.error());
    const Report report(std::move(*reply));
    if (recorder) {
        if (auto recorded = recorder->recordRun(report, "Similarity: " + stringField(report.request(), "what")); !recorded)
            return fail(recorded.error());
    }
    if (auto written = writeOutputs(context, report); !written)
        return fail(written.error());
    auto printed = context.json() ? context.print(report.toCliJson()) : context.print(compareText(report));
    return printed ? Result<int>(kExitDone) : fail(printed.error());
}

} // namespace winnow
