#include "core/serve/engine_state.h"

#include "core/eval/bench.h"
#include "core/eval/sweep.h"
#include "core/methods/registry.h"
#include "core/serve/cell_request.h"
#include "core/serve/request_fields.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <random>
#include <sstream>

namespace winnow {
namespace {

    constexpr int64_t kContextTokens = 1000;
    constexpr int64_t kScoredTokens = 65; // 64 predictions
    constexpr const char *kMethods[]
        = {"random", "streaming_llm", "h2o", "tova", "snapkv", "pyramidkv", "knorm", "expected_attention"};
    constexpr double kShares[] = {0.5, 0.4, 0.3, 0.2, 0.1};

    double cpuSeconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

    double wallSeconds()
    {
        return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
    }

    /// Token ids drawn at random: the time of a pass does not depend on what they say.
    std::vector<int32_t> randomIds(int64_t count, int64_t vocabulary)
    {
        std::mt19937 random(1);
        std::vector<int32_t> ids(static_cast<size_t>(count));
        for (int32_t &id : ids)
            id = static_cast<int32_t>(random() % static_cast<uint32_t>(vocabulary));
        return ids;
    }

    /// Eight methods at five budgets over 1,000 + 64 tokens: context pass, ranking, selection and evaluation.
    Result<Json> benchSweep(EngineState &state, const ModelRequest &wanted, const RunContext &context)
    {
        auto model = state.models.open(wanted, context);
        if (!model)
            return fail(model.error());
        const std::vector<int32_t> ids = randomIds(kContextTokens, (*model)->config().vocab);
        const std::vector<int32_t> continuation = randomIds(kScoredTokens, (*model)->config().vocab);
        SweepRequest sweep;
        for (const char *id : kMethods) {
            auto method = methodRequest({{"method", id}}, Json::object());
            if (!method)
                return fail(method.error());
            sweep.methods.push_back({id, method->parameters});
        }
        for (const double share : kShares)
            sweep.budgets.push_back({BudgetKind::Fraction, share});
        auto needs = sweepNeeds(sweep.methods);
        if (!needs)
            return fail(needs.error());
        const double cpuBegan = cpuSeconds();
        const double wallBegan = wallSeconds();
        auto capture = captureContext(*model, ids, *needs, context);
        if (!capture)
            return fail(capture.error());
        const double captured = cpuSeconds();
        auto result = runSweep(**capture, continuation, sweep, {}, context);
        if (!result)
            return fail(result.error());
        return Json{{"methods", std::size(kMethods)}, {"budgets", std::size(kShares)}, {"cells", result->cells.size()},
            {"contextTokens", kContextTokens}, {"scoredTokens", kScoredTokens - 1}, {"cpuSeconds", cpuSeconds() - cpuBegan},
            {"captureCpuSeconds", captured - cpuBegan}, {"wallSeconds", wallSeconds() - wallBegan}};
    }

    /// `what` without one part; whether it was there.
    bool takePart(std::string &what, const std::string &part)
    {
        std::istringstream words(what);
        std::string rest;
        bool found = false;
        for (std::string word; std::getline(words, word, ',');) {
            if (word == part)
                found = true;
            else
                rest += (rest.empty() ? "" : ",") + word;
        }
        what = rest;
        return found;
    }

} // namespace

Result<Document> answerBench(EngineState &state, const Json &request, const RunContext &context, const PartSink &)
{
    auto wanted = modelRequest(request, state.options.modelFolder, 1);
    if (!wanted)
        return fail(wanted.error());
    auto what = requestText(request, "what", "all");
    auto repeats = requestInteger(request, "repeats", 3, 1, 100);
    if (!what)
        return fail(what.error());
    if (!repeats)
        return fail(repeats.error());
    const bool sweep = *what == "all" || takePart(*what, "sweep");
    Json body = Json::object();
    if (!what->empty()) {
        auto bench = runBench({wanted->path, *what, wanted->threads, static_cast<int>(*repeats), wanted->weights, wanted->device, wanted->dtype},
            context);
        if (!bench)
            return fail(bench.error());
        body = std::move(*bench);
    }
    if (sweep) {
        auto timed = benchSweep(state, *wanted, context);
        if (!timed)
            return fail(timed.error());
        body["sweep"] = std::move(*timed);
    }
    return Document{std::move(body), {}};
}

} // namespace winnow
