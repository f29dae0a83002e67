#include "core/eval/bench.h"

#include "core/eval/bench_clock.h"
#include "core/eval/bench_floor.h"
#include "core/eval/capture.h"
#include "core/model/device.h"
#include "core/model/forward.h"
#include "gpu/device.h"

#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>

namespace winnow {
namespace {

    constexpr double kGiga = 1e9;

    std::vector<int32_t> someIds(const ModelConfig &config, int64_t count)
    {
        std::vector<int32_t> ids;
        for (int64_t i = 0; i < count; ++i)
            ids.push_back(static_cast<int32_t>((i * 7919 + 13) % config.vocab));
        return ids;
    }

    std::string processorName(const at::Device &device)
    {
        if (!device.is_cpu())
            return gpu::deviceName(device.index());
        std::ifstream file("/proc/cpuinfo");
        std::string line;
        while (std::getline(file, line)) {
            if (line.starts_with("model name"))
                return line.substr(line.find(':') + 2);
        }
        return "unknown";
    }

    Json timing(const Moment &time) { return {{"cpuSeconds", time.cpu}, {"wallSeconds", time.wall}}; }

    /// Fastest of some runs, until the device is done.
    Result<Moment> fastest(
        int repeats, const at::Device &device, const RunContext &context, const std::function<Result<void>()> &run)
    {
        Moment best{1e300, 1e300};
        for (int i = 0; i < repeats; ++i) {
            if (context.cancelled())
                return fail(ErrorCode::Cancelled, "bench cancelled");
            const Moment start = Moment::now();
            if (auto done = run(); !done)
                return fail(done.error());
            waitFor(device);
            const Moment time = Moment::now() - start;
            if (countedSeconds(time, device) < countedSeconds(best, device))
                best = time;
        }
        return best;
    }

    class Bench {
    public:
        Bench(std::shared_ptr<const Model> model, const BenchOptions &options, const RunContext &context)
            : m_model(std::move(model))
            , m_options(options)
            , m_context(context)
        {
        }

        Result<void> measureFloor();
        Result<Json> prefill(int64_t tokens);
        Result<Json> capture(int64_t tokens);
        Result<Json> memory(int64_t tokens);
        Result<Json> decode();
        Json floor() const { return {{"gemmGflops", m_floor.gemmRate / kGiga}, {"readGBps", m_floor.readRate / kGiga}}; }

    private:
        const ModelConfig &config() const { return m_model->config(); }
        double counted(const Moment &time) const { return countedSeconds(time, m_model->device()); }
        int repeatsFor(int64_t tokens) const { return tokens > 600 ? std::min(m_options.repeats, 2) : m_options.repeats; }
        Result<void> runPrefill(const std::vector<int32_t> &ids) const;

        std::shared_ptr<const Model> m_model;
        const BenchOptions &m_options;
        const RunContext &m_context;
        MachineFloor m_floor;
        std::map<int64_t, Moment> m_prefill; // by tokens
    };

    Result<void> Bench::measureFloor()
    {
        auto floor = winnow::measureFloor(*m_model, m_options.repeats, m_context);
        if (!floor)
            return fail(floor.error());
        m_floor = *floor;
        return {};
    }

    Result<void> Bench::runPrefill(const std::vector<int32_t> &ids) const
    {
        KvCache cache(config(), m_model->device());
        cache.reserve(static_cast<int64_t>(ids.size()));
        auto done = forward(*m_model, ids, cache, ForwardOptions{}, m_context);
        if (!done)
            return fail(done.error());
        return {};
    }

    Result<Json> Bench::prefill(int64_t tokens)
    {
        const std::vector<int32_t> ids = someIds(config(), tokens);
        const auto time = fastest(repeatsFor(tokens), m_model->device(), m_context, [&] { return runPrefill(ids); });
        if (!time)
            return fail(time.error());
        m_prefill[tokens] = *time;
        const double floorSeconds = prefillFlops(*m_model, tokens) / m_floor.gemmRate;
        Json entry = timing(*time);
        entry["tokens"] = tokens;
        entry["gflop"] = prefillFlops(*m_model, tokens) / kGiga;
        entry["floorSeconds"] = floorSeconds;
        entry["ratio"] = counted(*time) / floorSeconds;
        return entry;
    }

    Result<Json> Bench::capture(int64_t tokens)
    {
        const std::vector<int32_t> ids = someIds(config(), tokens);
        const CaptureNeeds needs{.colSum = true, .queryMoments = true, .window = 64};
        const auto run = [&]() -> Result<void> {
            auto made = captureContext(m_model, ids, needs, m_context);
            if (!made)
                return fail(made.error());
            return {};
        };
        // The content key of a capture hashes the file once per model; that is not what is timed.
        if (auto hash = m_model->sha256(); !hash)
            return fail(hash.error());
        const auto time = fastest(repeatsFor(tokens), m_model->device(), m_context, run);
        if (!time)
            return fail(time.error());
        if (!m_prefill.contains(tokens)) {
            if (auto plain = prefill(tokens); !plain)
                return plain;
        }
        Json entry = timing(*time);
        entry["tokens"] = tokens;
        entry["prefillCpuSeconds"] = m_prefill[tokens].cpu;
        entry["ratio"] = counted(*time) / counted(m_prefill[tokens]);
        return entry;
    }

    Result<Json> Bench::memory(int64_t tokens)
    {
        const bool reset = resetPeakResidentBytes();
        auto made = captureContext(m_model, someIds(config(), tokens),
            CaptureNeeds{.colSum = true, .queryMoments = true, .window = 64}, m_context);
        if (!made)
            return fail(made.error());
        Json entry{{"tokens", tokens}, {"peakRssBytes", peakResidentBytes()}, {"captureBytes", (*made)->bytes},
            {"weightBytes", m_model->weights().bytes()}, {"peakSinceThisCapture", reset}};
        if (!m_model->device().is_cpu())
            entry["peakDeviceBytes"] = peakDeviceBytes(m_model->device());
        return entry;
    }

    Result<Json> Bench::decode()
    {
        const int64_t contextTokens = std::min<int64_t>(512, config().contextLength / 2);
        const int64_t steps = std::min<int64_t>(64, config().contextLength / 4);
        KvCache cache(config(), m_model->device());
        cache.reserve(contextTokens + steps + 1);
        auto filled = forward(*m_model, someIds(config(), contextTokens), cache, ForwardOptions{}, m_context);
        if (!filled)
            return fail(filled.error());
        const std::vector<int32_t> ids = someIds(config(), steps);
        if (!m_model->device().is_cpu()) { // the first step brings its kernels there
            if (auto first = forward(*m_model, std::span(&ids.front(), 1), cache, ForwardOptions{}, m_context); !first)
                return fail(first.error());
        }
        waitFor(m_model->device());
        const Moment start = Moment::now();
        for (const int32_t id : ids) {
            auto step = forward(*m_model, std::span(&id, 1), cache, ForwardOptions{}, m_context);
            if (!step)
                return fail(step.error());
        }
        waitFor(m_model->device());
        const Moment time = Moment::now() - start;
        // The weights as they are held, and the cached keys and values, are read once per token.
        const double bytes = static_cast<double>(decodeWeightBytes(*m_model) + config().ownCacheBytes(contextTokens + steps / 2));
        const double floorSeconds = bytes / m_floor.readRate;
        Json entry = timing(time);
        entry["context"] = contextTokens;
        entry["tokens"] = steps;
        entry["tokensPerSecond"] = static_cast<double>(steps) / counted(time);
        entry["bytesPerToken"] = bytes;
        entry["floorSeconds"] = floorSeconds * static_cast<double>(steps);
        entry["floorTokensPerSecond"] = 1.0 / floorSeconds;
        entry["ratio"] = counted(time) / (floorSeconds * static_cast<double>(steps));
        return entry;
    }

    Result<std::shared_ptr<const Model>> openWith(const BenchOptions &options, const std::string &weights, const RunContext &context)
    {
        return Model::open(options.modelPath,
            LoadOptions{.device = options.device, .dtype = options.dtype, .threads = options.threads, .weights = weights}, context);
    }

    /// Logits of 8 tokens, and what it took from the start of the process.
    Result<Json> firstLogits(const Model &model, int64_t bytesBefore, const RunContext &context)
    {
        KvCache cache(model.config(), model.device());
        auto first = forward(model, someIds(model.config(), 8), cache, ForwardOptions{}, context);
        if (!first)
            return fail(first.error());
        waitFor(model.device());
        const Moment time = Moment::now() - Moment::processStart();
        const int64_t resident = residentBytes();
        Json start = timing(time);
        start["promptTokens"] = 8;
        start["peakRssBytes"] = peakResidentBytes();
        start["rssBytes"] = resident;
        start["rssBeforeLoadBytes"] = bytesBefore;
        return Json{{"start", std::move(start)}, {"startToFirstLogits", time.wall},
            {"rssOverWeights", static_cast<double>(resident) / static_cast<double>(model.weights().bytes())}};
    }

    /// Decoding with the weights in the given place.
    Result<Json> decodeWith(const BenchOptions &options, const std::string &weights, const RunContext &context)
    {
        auto model = openWith(options, weights, context);
        if (!model)
            return fail(model.error());
        Bench bench(*model, options, context);
        if (auto done = bench.measureFloor(); !done)
            return fail(done.error());
        auto entry = bench.decode();
        if (entry)
            (*entry)["weightBytes"] = (*model)->weights().bytes();
        return entry;
    }

    Result<std::vector<std::string>> chosenParts(const std::string &what)
    {
        static const std::vector<std::string> known{"start", "prefill", "capture", "memory", "decode"};
        if (what == "all" || what.empty())
            return known;
        std::vector<std::string> parts;
        std::istringstream stream(what);
        for (std::string part; std::getline(stream, part, ',');) {
            if (std::find(known.begin(), known.end(), part) == known.end())
                return fail(ErrorCode::BadInput, "bench has no part \"" + part + "\"", "parts: start, prefill, capture, memory, decode");
            parts.push_back(part);
        }
        return parts;
    }

    Result<Json> manyOf(const std::vector<int64_t> &sizes, const std::function<Result<Json>(int64_t)> &run)
    {
        Json list = Json::array();
        for (const int64_t tokens : sizes) {
            auto entry = run(tokens);
            if (!entry)
                return entry;
            list.push_back(*entry);
        }
        return list;
    }

    /// Lengths that fit the model's context.
    std::vector<int64_t> fitting(const ModelConfig &config, std::vector<int64_t> sizes)
    {
        std::erase_if(sizes, [&](int64_t size) { return size > config.contextLength; });
        return sizes;
    }

} // namespace

Result<Json> runBench(const BenchOptions &options, const RunContext &context)
{
    const c10::InferenceMode inference;
    const auto parts = chosenParts(options.what);
    if (!parts)
        return fail(parts.error());
    const auto wanted = [&](const char *part) { return std::find(parts->begin(), parts->end(), part) != parts->end(); };
    const int64_t bytesBefore = residentBytes();
    auto model = openWith(options, options.weights, context);
    if (!model)
        return fail(model.error());
    const ModelConfig &config = (*model)->config();
    Bench bench(*model, options, context);
    Json result{{"model", config.name}, {"device", (*model)->deviceName()}, {"threads", options.threads}, {"processor", processorName((*model)->device())},
        {"dtype", (*model)->dtypeName()}, {"weights", (*model)->weightsName()}, {"weightBytes", (*model)->weights().bytes()}};
    auto start = firstLogits(**model, bytesBefore, context);
    if (!start)
        return start;
    if (wanted("start"))
        result.update(*start);
    if (auto done = bench.measureFloor(); !done)
        return fail(done.error());
    result["floor"] = bench.floor();
    const std::vector<std::pair<const char *, std::function<Result<Json>()>>> steps{
        {"prefill", [&] { return manyOf(fitting(config, {512, 2048}), [&](int64_t n) { return bench.prefill(n); }); }},
        {"capture", [&] { return manyOf(fitting(config, {512, 1024, 2048}), [&](int64_t n) { return bench.capture(n); }); }},
        {"decode", [&] { return bench.decode(); }},
        {"memory", [&] { return bench.memory(std::min<int64_t>(4096, config.contextLength)); }},
    };
    for (const auto &[name, run] : steps) {
        if (!wanted(name))
            continue;
        auto entry = run();
        if (!entry)
            return entry;
        result[name] = *entry;
        context.progress("bench", static_cast<int64_t>(result.size()), static_cast<int64_t>(parts->size()) + 4, "parts");
    }
    if (wanted("decode") && (*model)->device().is_cpu()) {
        const bool isFile = (*model)->residency() == Residency::Stored;
        auto other = decodeWith(options, isFile ? (*model)->dtypeName() : "file", context);
        if (!other)
            return other;
        result[!isFile ? "decodeFile" : (*model)->elementType() == ElementType::F32 ? "decodeF32" : "decodeDense"] = *other;
    }
    return result;
}

} // namespace winnow
