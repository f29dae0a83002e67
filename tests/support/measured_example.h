#pragma once

#include "core/base/method_info.h"
#include "core/base/report.h"

namespace winnow::testing {

/// A measured report of SnapKV with one check that failed.
inline ReportPtr reportWith(double nll, double nativeBytes)
{
    ReportBuilder builder;
    builder.setRequest({{"method", "snapkv"}, {"params", {{"window", 32}}}, {"budget", "25%"}, {"input", {{"name", "a.txt"}}}});
    builder.setMetric("nll", nll);
    builder.setMetric("deltaNll", nll - 2.0);
    builder.setMetric("kl", 0.07);
    builder.setMetric("top1Agreement", 0.9);
    Savings savings;
    savings.nativeBytes = nativeBytes;
    savings.fullBytes = 4000;
    builder.setSavings(savings);
    builder.addCheck({"kept", "Asked = kept", true, "80", "80", ""});
    builder.addCheck({"rows", "Rows sum to 1", false, "1", "0.94", "layer 7"});
    return builder.build();
}

/// A method with a parameter of every type.
inline MethodInfo exampleMethod()
{
    MethodInfo method;
    method.id = "example";
    method.title = "Example";
    method.family = "kv";
    method.summary = "Keeps what matters.";
    method.budgetUnit = "tokens";
    ParameterInfo window{"window", "Window", "tokens", "Last queries", ParameterType::Int, 32, 1, 512, false, {}, {}, "", ""};
    ParameterInfo kernel{"kernel", "Kernel", "", "Width", ParameterType::Int, 7, 1, 63, true, {}, {}, "pool!=none", ""};
    ParameterInfo pool{"pool", "Pooling", "", "How", ParameterType::Choice, 1, 0, 2, false, {"none", "mean", "max"}, {"None", "Mean", "Maximum"}, "", ""};
    ParameterInfo decay{"decay", "Decay", "", "How fast", ParameterType::Float, 0.5, 0, 1, false, {}, {}, "", ""};
    ParameterInfo shift{"shift", "Shift positions", "", "Pack", ParameterType::Bool, 0, 0, 1, false, {}, {}, "", ""};
    method.parameters = {window, kernel, pool, decay, shift};
    return method;
}

} // namespace winnow::testing
