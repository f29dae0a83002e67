#include "core/serve/compare_request.h"

#include "core/base/json_fields.h"
#include "core/model/same_tokenizer.h"
#include "core/serve/request_fields.h"
#include "core/serve/run_request.h"

#include <algorithm>
#include <initializer_list>

namespace winnow {
namespace {

    std::string joined(const std::vector<std::string> &words)
    {
        std::string text;
        for (size_t i = 0; i < words.size(); ++i)
            text += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + words[i];
        return text;
    }

    Result<void> readWord(
        const Json &request, const char *name, std::string &value, const std::vector<std::string> &allowed)
    {
        auto word = requestText(request, name, value);
        if (!word)
            return fail(word.error());
        if (std::find(allowed.begin(), allowed.end(), *word) == allowed.end())
            return fail(ErrorCode::BadInput, std::string(name) + ": expected " + joined(allowed) + ", found \"" + *word + "\"");
        value = *word;
        return {};
    }

    Result<void> readMetrics(const Json &request, std::vector<SimilarityMetric> &metrics)
    {
        const Json &list = childField(request, "metrics");
        if (list.is_null())
            return {};
        std::vector<std::string> names;
        for (const SimilarityMetricInfo &info : similarityMetrics())
            names.emplace_back(info.name);
        if (!list.is_array() || list.empty())
            return fail(ErrorCode::BadInput, "metrics: expected a list of " + joined(names) + ", found " + jsonText(list));
        metrics.clear();
        for (const Json &name : list) {
            const auto metric = name.is_string() ? similarityMetricByName(name.get<std::string>()) : std::nullopt;
            if (!metric)
                return fail(ErrorCode::BadInput, "metric: expected " + joined(names) + ", found " + jsonText(name));
            if (std::find(metrics.begin(), metrics.end(), *metric) == metrics.end())
                metrics.push_back(*metric);
        }
        return {};
    }

    Result<void> readNumbers(const Json &request, CompareSetup &setup)
    {
        auto skip = requestInteger(request, "skipSinks", 0, 0, kLongestSpan);
        auto windows = requestInteger(request, "windows", setup.windows, 0, 64);
        auto smallLayers = requestInteger(request, "smallLayers", 0, 0, 10000);
        auto seed = requestInteger(request, "seed", kDefaultSeed, 0, int64_t(1) << 53);
        for (const auto *number : {&skip, &windows, &smallLayers, &seed}) {
            if (!*number)
                return fail(number->error());
        }
        auto fraction = requestNumber(request, "matchFraction", setup.similarity.matchFraction, 0.001, 1);
        auto control = requestFlag(request, "control", true);
        auto stability = requestFlag(request, "stability", false);
        auto consistency = requestFlag(request, "consistency", true);
        if (!fraction || !control)
            return fail(!fraction ? fraction.error() : control.error());
        if (!stability || !consistency)
            return fail(!stability ? stability.error() : consistency.error());
        setup.similarity.skipSinks = *skip;
        setup.windows = *windows;
        setup.smallLayers = *smallLayers;
        setup.similarity.seed = uint64_t(*seed);
        setup.similarity.matchFraction = *fraction;
        setup.similarity.control = *control;
        setup.stability = *stability;
        setup.consistency = *consistency;
        return {};
    }

    /// How much of the input is compared, and what is said about the rest.
    Result<void> chooseSpan(const Json &request, CompareSetup &setup)
    {
        const auto total = int64_t(setup.input.ids.size());
        auto asked = requestInteger(request, "span", std::min(total, kLongestSpan), 1, kLongestSpan);
        if (!asked)
            return fail(asked.error());
        setup.span = std::min(*asked, total);
        if (setup.span < *asked)
            setup.notices.push_back("span: the input has " + std::to_string(total) + " tokens, all of them are compared");
        if (childField(request, "span").is_null() && total > kLongestSpan)
            setup.notices.push_back("the input has " + std::to_string(total) + " tokens, the first " + std::to_string(kLongestSpan)
                + " are compared");
        for (const SimilarityMetric metric : setup.similarity.metrics) {
            const int64_t skip = skippedColumns(metric, setup.similarity.skipSinks);
            if (skip >= setup.span)
                return fail(ErrorCode::BadInput, "skipSinks: nothing is left of " + std::to_string(setup.span)
                        + " tokens without the first " + std::to_string(skip), "skip fewer, or take a longer input");
        }
        return {};
    }

    Result<void> checkModels(EngineState &state, CompareSetup &setup)
    {
        auto large = state.models.tokenizer(setup.large);
        auto small = state.models.tokenizer(setup.small);
        auto config = Model::describe(setup.small.path);
        auto own = Model::describe(setup.large.path);
        if (!large || !small)
            return fail(!large ? large.error() : small.error());
        if (!config || !own)
            return fail(!config ? config.error() : own.error());
        if (setup.smallLayers > config->layers)
            return fail(ErrorCode::BadInput, "smallLayers: expected 1 to " + std::to_string(config->layers) + " (" + config->name
                    + "), found " + std::to_string(setup.smallLayers));
        if (setup.align == "tokens") {
            if (auto same = checkSameTokenizer(**large, **small, own->name, config->name); !same)
                return same;
        }
        if (setup.tokens() > config->contextLength)
            return fail(ErrorCode::BadInput, "the compared tokens are " + std::to_string(setup.tokens()) + ", the context of "
                    + config->name + " holds " + std::to_string(config->contextLength), "give a shorter span");
        return {};
    }

} // namespace

int64_t CompareSetup::tokens() const { return std::min(int64_t(input.ids.size()), span + windows * kWindowRows); }

Result<CompareSetup> compareSetup(EngineState &state, const Json &request)
{
    CompareSetup setup;
    auto large = modelRequest(request, state.options.modelFolder, state.options.threads);
    if (!large)
        return fail(large.error());
    auto small = smallModelRequest(request, state.options.modelFolder, state.options.threads);
    if (!small)
        return fail(small.error());
    if (!*small)
        return fail(ErrorCode::BadInput, "compare: the request names no small model",
            "give --small-model PATH or a name of winnow-cli models; the same model twice is allowed");
    setup.large = std::move(*large);
    setup.small = std::move(**small);
    for (const Result<void> &read : {readWord(request, "reduce", setup.reduce, {"max", "mean", "mean_attention"}),
             readWord(request, "align", setup.align, {"tokens", "characters"}), readMetrics(request, setup.similarity.metrics),
             readNumbers(request, setup)}) {
        if (!read)
            return fail(read.error());
    }
    auto what = requestText(request, "what", setup.what);
    if (!what)
        return fail(what.error());
    setup.what = *what;
    auto input = state.prepare(setup.large, request);
    if (!input)
        return fail(input.error());
    setup.input = std::move(*input);
    if (auto chosen = chooseSpan(request, setup); !chosen)
        return fail(chosen.error());
    if (auto valid = checkModels(state, setup); !valid)
        return fail(valid.error());
    return setup;
}

Json canonicalCompare(const Json &request, const CompareSetup &setup)
{
    Json metrics = Json::array();
    for (const SimilarityMetric metric : setup.similarity.metrics)
        metrics.push_back(metricInfo(metric).name);
    Json canonical{{"command", "compare"}, {"model", setup.large.name}, {"smallModel", setup.small.name},
        {"device", setup.large.device}, {"dtype", setup.large.dtype}, {"threads", setup.large.threads},
        {"seed", setup.similarity.seed}, {"input", childField(request, "input")}, {"what", setup.what}, {"metrics", metrics},
        {"skipSinks", setup.similarity.skipSinks}, {"span", setup.span}, {"windows", setup.windows},
        {"matchFraction", setup.similarity.matchFraction}, {"control", setup.similarity.control}, {"align", setup.align}};
    if (setup.what == "layers")
        canonical["reduce"] = setup.reduce;
    if (setup.stability)
        canonical["stability"] = true;
    if (!setup.consistency)
        canonical["consistency"] = false;
    if (setup.smallLayers > 0)
        canonical["smallLayers"] = setup.smallLayers;
    if (setup.large.weights != "auto")
        canonical["weights"] = setup.large.weights;
    return canonical;
}

} // namespace winnow
