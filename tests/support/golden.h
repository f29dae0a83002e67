#pragma once

#include "core/base/json.h"
#include "core/model/model.h"
#include "tests/support/safetensors.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace winnow::test {

/// Path of a file below tests/data.
inline std::string dataPath(const std::string &name) { return std::string(WINNOW_TEST_DATA) + '/' + name; }

/// A JSON file below tests/data; null when it cannot be read (the test's first check then fails).
inline Json readJson(const std::string &name)
{
    std::ifstream file(dataPath(name));
    return Json::parse(file, nullptr, false);
}

/// The default model in the user's model folder; empty when it is not there.
inline std::string smolPath()
{
    const char *data = std::getenv("XDG_DATA_HOME");
    const char *home = std::getenv("HOME");
    const std::filesystem::path base = data && *data ? std::filesystem::path(data) : std::filesystem::path(home ? home : "") / ".local/share";
    const std::filesystem::path path = base / "winnow/models/smollm2-135m/SmolLM2-135M-Instruct.Q4_1.gguf";
    return std::filesystem::exists(path) ? path.string() : std::string();
}

/// Opens a model on one CPU thread, or stops the test with the reason.
inline std::shared_ptr<const Model> openModel(const std::string &path)
{
    auto model = Model::open(path, LoadOptions{.device = "cpu", .threads = 1}, RunContext{});
    if (!model)
        qFatal("%s", model.error().message.c_str());
    return *model;
}

/// An F32 entry of a golden file as a tensor, leading dimensions of size 1 (batch) removed.
inline at::Tensor golden(const SafetensorsFile &file, const std::string &name)
{
    const std::vector<float> values = file.floats(name);
    std::vector<int64_t> shape = file.entry(name).shape;
    while (shape.size() > 1 && shape.front() == 1)
        shape.erase(shape.begin());
    at::Tensor result = at::empty(shape, at::kFloat);
    std::copy(values.begin(), values.end(), result.data_ptr<float>());
    return result;
}

/// Largest absolute difference; infinite when the shapes differ.
inline double maxDifference(const at::Tensor &a, const at::Tensor &b)
{
    if (a.sizes() != b.sizes())
        return INFINITY;
    return (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>();
}

} // namespace winnow::test
