#include "core/model/tokenizer.h"

#include "core/model/bpe_tokenizer.h"
#include "core/model/gguf_file.h"

namespace winnow {

Result<std::shared_ptr<const Tokenizer>> Tokenizer::fromGguf(const GgufFile &file)
{
    const auto model = file.string("tokenizer.ggml.model");
    if (!model)
        return fail(model.error());
    if (*model == "gpt2")
        return BpeTokenizer::fromGguf(file);
    return fail(ErrorCode::Unsupported,
        file.path().string() + ": tokenizer model \"" + printable(*model) + "\" cannot be used: expected \"gpt2\" (byte-level BPE)",
        "open a model of the llama or qwen2 family whose tokenizer is byte-level BPE");
}

} // namespace winnow
