#pragma once

#include "core/eval/capture.h"
#include "core/eval/evaluate.h"
#include "core/eval/mapped_context.h"
#include "core/methods/registry.h"
#include "core/model/load_weights.h"

#include <QString>

#include "tests/support/parity_device.h"

#include <bit>
#include <cmath>

// What parity tests of captures and plans share: a model on both devices, cells of methods, and how far results are apart.
namespace winnow::test {

using Opened = std::pair<std::shared_ptr<const Model>, std::shared_ptr<const Model>>; // on the CPU, on the device

/// The same model on the CPU and on the device.
inline Opened openBoth(const QString &path, const std::string &dtype = "f32", const std::string &weights = "f32")
{
    const auto open = [&](const std::string &device) {
        auto model = Model::open(path.toStdString(), LoadOptions{.device = device, .dtype = dtype, .threads = 1, .weights = weights}, RunContext{});
        if (!model)
            qFatal("%s", model.error().message.c_str());
        return *model;
    };
    return {open("cpu"), open(parityDevice())};
}

/// A model made of parts, on the device.
inline std::shared_ptr<const Model> onDevice(const Model &model)
{
    auto moved = weightsOn(*chooseDevice(parityDevice()), model.weights());
    if (!moved)
        qFatal("%s", moved.error().message.c_str());
    return Model::fromParts(model.config(), std::move(*moved), nullptr);
}

inline CapturePtr captureOf(const std::shared_ptr<const Model> &model, const std::vector<int32_t> &ids, const CaptureNeeds &needs)
{
    auto capture = captureContext(model, ids, needs, RunContext{});
    if (!capture)
        qFatal("%s", capture.error().message.c_str());
    return *capture;
}

inline constexpr CaptureNeeds kAll{.colSum = true, .queryMoments = true, .window = 64};
inline constexpr int64_t kScored = 17; // tokens of a continuation

inline int64_t contextOf(const ModelConfig &config) { return std::min<int64_t>(160, config.contextLength - kScored); }

/// One cell of a method with its defaults.
struct Planned {
    std::shared_ptr<const Method> method;
    EvaluationCell cell;
};

inline Planned planOf(const Capture &capture, const MethodSpec &spec, const Json &given, int64_t count)
{
    const auto canonical = canonicalParameters(methodInfo(spec), given);
    if (!canonical)
        qFatal("%s", canonical.error().message.c_str());
    Planned planned{spec.create(), {}};
    planned.cell.method = planned.method.get();
    planned.cell.parameters = Parameters(*canonical);
    auto ranking = planned.method->rank(capture, planned.cell.parameters, RunContext{});
    if (!ranking)
        qFatal("%s", ranking.error().message.c_str());
    planned.cell.ranking = std::move(*ranking);
    auto plan = planned.method->select(capture, *planned.cell.ranking, planned.cell.parameters, count);
    if (!plan)
        qFatal("%s", plan.error().message.c_str());
    planned.cell.plan = std::move(*plan);
    if (auto context = giveContext(capture, planned.cell, RunContext{}); !context)
        qFatal("%s", context.error().message.c_str());
    return planned;
}

inline std::vector<const MethodSpec *> methodsOfOneModel()
{
    std::vector<const MethodSpec *> methods;
    for (const MethodSpec *spec : methodTable()) {
        if (spec->family == "kv" && !spec->create()->needs(Parameters(*canonicalParameters(methodInfo(*spec), Json::object()))).pair.small)
            methods.push_back(spec);
    }
    return methods;
}

inline int64_t differentBits(const std::vector<uint8_t> &a, const std::vector<uint8_t> &b)
{
    if (a.size() != b.size())
        return int64_t(8 * std::max(a.size(), b.size()));
    int64_t count = 0;
    for (size_t i = 0; i < a.size(); ++i)
        count += std::popcount(static_cast<unsigned>(a[i] ^ b[i]));
    return count;
}

inline double largestGap(const std::vector<float> &a, const std::vector<float> &b)
{
    double gap = a.size() == b.size() ? 0 : INFINITY;
    for (size_t i = 0; i < std::min(a.size(), b.size()); ++i)
        gap = std::isfinite(a[i]) ? std::max(gap, std::abs(double(a[i]) - double(b[i]))) : INFINITY;
    return gap;
}

} // namespace winnow::test
