#pragma once

#include "core/methods/prompt_method.h"
#include "core/serve/cell_request.h"
#include "core/serve/engine_state.h"

#include <optional>
#include <string>
#include <vector>

namespace winnow {

/// A request of the family prompt, checked before any model work.
struct PromptSetup {
    ModelRequest reader;
    std::optional<ModelRequest> scorer; // none: the reader scores itself
    PromptInput input; // tokens of the scorer
    std::vector<std::string> pieces;
    std::shared_ptr<const Tokenizer> readerTokenizer;
    int64_t readerTokensIn = 0; // of the contexts, without special tokens
    int64_t seed = 0;
    int64_t generate = 0;
    int64_t bytesPerToken = 0; // of the reader's cache

    const ModelRequest &scoring() const { return scorer ? *scorer : reader; }
};

/// Reads models, `input` or `prompt`, `answer`, `generate` and `seed`.
///
/// @error BadInput: neither input nor prompt, contexts that are no list of texts, no token to compress; as modelRequest.
Result<PromptSetup> promptSetup(EngineState &state, const Json &request);

/// The same size in the form methods take: bytes are those of the reader's cache.
PromptBudget promptBudget(const Budget &budget, const PromptSetup &setup);

/// @error BadInput: what a method cannot do without, a question or an answer. Where all tokens stay it needs nothing.
Result<void> checkNeeds(const MethodRequest &method, const PromptInput &input, const PromptBudget &asked);

/// Instruction, contexts and question with blank lines between them.
std::string composedPrompt(const PromptInput &input, const std::string &contexts);

/// Tokens of the whole prompt as the reader takes it, with its special ones.
Result<std::vector<int32_t>> readerPrompt(const PromptSetup &setup, const std::string &contexts);

/// Tokens of contexts alone for the reader.
Result<int64_t> readerTokens(const PromptSetup &setup, const std::string &contexts);

/// A method of the family prompt with canonical parameters; `parameters` is read like `params`.
Result<MethodRequest> promptMethodRequest(const Json &json, const Json &request);

/// The request with every default written out; giving it back repeats the run.
Json canonicalPrompt(const Json &request, const PromptSetup &setup);

/// Whether the method (or the first of the methods) of a request belongs to a family.
bool isOfFamily(const Json &request, std::string_view family);

} // namespace winnow
