#include "core/model/jinja/template.h"

#include <cstdint>
#include <cstdlib>
#include <string_view>

/// libFuzzer entry: the bytes are a chat template, rendered with a short conversation. Build: option WINNOW_FUZZ with
/// clang (tests/CMakeLists.txt).
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    using winnow::jinja::OrderedJson;
    static const OrderedJson kVariables = OrderedJson::parse(R"({
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": " H\u00e9llo\n"},
                     {"role": "assistant", "content": [{"type": "text", "text": "x"}], "tool_calls": [{"function": {"name": "f", "arguments": {"a": 1.5}}}]}],
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {"properties": {"a": {"type": "number"}}}}}],
        "add_generation_prompt": true, "bos_token": "<s>", "eos_token": "</s>", "n": 3, "none": null})");
    const auto parsed = winnow::jinja::Template::parse({ reinterpret_cast<const char *>(data), size });
    if (!parsed) {
        if (parsed.error().message.empty())
            std::abort();
        return 0;
    }
    winnow::jinja::RenderOptions options;
    // an instrumented program is some twenty times slower: the same two seconds, the same share of memory
    options.limits.work = 300'000;
    options.limits.bytes = size_t(64) << 20;
    options.now = std::tm {};
    const auto text = parsed->render(kVariables, options);
    if (!text && text.error().message.empty())
        std::abort();
    return 0;
}
