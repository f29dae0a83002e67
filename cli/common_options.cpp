#include "cli/common_options.h"

#include <array>

namespace winnow {
namespace {

    constexpr std::array<OptionSpec, 6> kOutput{{
        {"--json", "", "one JSON document on standard output"},
        {"--progress", "json", "progress as JSON lines on standard error"},
        {"--quiet", "", "no progress, no remarks"},
        {"--out", "DIR", "folder for the files the command writes"},
        {"--session", "F.winnow", "record what was run in this session file"},
        {"--help", "", "this page"},
    }};

    constexpr std::array<OptionSpec, 7> kModel{{
        {"--model", "PATH|NAME", "GGUF file, Hugging Face folder, or a short name (winnow-cli models)"},
        {"--small-model", "PATH|NAME", "second model, for methods that use a pair"},
        {"--device", "auto|cpu|cuda[:i]", "where it runs (auto)"},
        {"--dtype", "auto|f32|bf16|f16", "element type of products and cache (auto: f32)"},
        {"--weights", "auto|file|f32|bf16|f16", "weights as the file has them, or in memory in the element type (auto)"},
        {"--threads", "N", "threads (cores of the machine minus one)"},
        {"--seed", "N", "seed of everything random (1234)"},
    }};

    constexpr std::array<OptionSpec, 9> kInput{{
        {"--text", "STRING", "the input"},
        {"--text-file", "F", "the input, UTF-8"},
        {"--ids-file", "F", "JSON list of token ids; no special token is added; wins over text"},
        {"--image", "F", "an image of the input", true},
        {"--messages", "F", "JSON chat messages: a list of {role, content}, rendered by the model's chat template"},
        {"--generation-prompt", "", "messages end with the opening of the answer (generate does so by itself)"},
        {"--tools", "F", "JSON list of tools for the chat template"},
        {"--variables", "F", "JSON object of further variables for the chat template"},
        {"--template", "F", "a chat template instead of the model's own"},
    }};

} // namespace

OptionGroup outputOptions() { return {"Output", kOutput}; }
OptionGroup modelOptions() { return {"Model", kModel}; }
OptionGroup inputOptions() { return {"Input", kInput}; }

} // namespace winnow
