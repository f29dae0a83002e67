#include "core/serve/prompt_request.h"

#include "core/base/json_fields.h"
#include "core/methods/registry.h"
#include "core/serve/input_request.h"
#include "core/serve/request_fields.h"

#include <algorithm>
#include <cmath>

namespace winnow {
namespace {

    constexpr std::string_view kBlankLine = "\n\n";
    constexpr int64_t kDefaultSeed = 1;

    Result<std::vector<std::string>> texts(const Json &json, const char *name)
    {
        const Json &field = childField(json, name);
        if (field.is_null())
            return std::vector<std::string>();
        if (field.is_string())
            return std::vector{field.get<std::string>()};
        if (!field.is_array() || !std::all_of(field.begin(), field.end(), [](const Json &entry) { return entry.is_string(); }))
            return fail(ErrorCode::BadInput, std::string(name) + ": expected a list of texts, found " + jsonText(field).substr(0, 60));
        return stringListField(json, name);
    }

    /// Tokens whose first byte lies inside a context belong to it; what begins in a blank line between them belongs to none.
    std::vector<TokenRange> contextRanges(const PromptInput &input)
    {
        std::vector<TokenRange> ranges;
        int64_t begin = 0;
        size_t token = 0;
        for (const std::string &context : input.contexts) {
            const int64_t end = begin + static_cast<int64_t>(context.size());
            while (token < input.spans.size() && input.spans[token].first < begin)
                ++token;
            TokenRange range{static_cast<int32_t>(token), static_cast<int32_t>(token)};
            while (token < input.spans.size() && input.spans[token].first < end)
                ++token;
            range.end = static_cast<int32_t>(token);
            ranges.push_back(range);
            begin = end + static_cast<int64_t>(kBlankLine.size());
        }
        return ranges;
    }

    Result<int64_t> countTokens(const Tokenizer &tokenizer, const std::string &text)
    {
        auto tokens = tokenizer.encode(text, SpecialTokens::None);
        return tokens ? Result<int64_t>(static_cast<int64_t>(tokens->size())) : fail(tokens.error());
    }

    Result<void> readContexts(const Json &request, PromptInput &input)
    {
        const Json &prompt = childField(request, "prompt");
        if (!prompt.is_null() && !prompt.is_object())
            return fail(ErrorCode::BadInput, "prompt: expected {instruction, question, contexts}");
        input.instruction = stringField(prompt, "instruction");
        input.question = stringField(prompt, "question");
        auto contexts = texts(prompt, "contexts");
        if (!contexts)
            return fail(contexts.error());
        input.contexts = std::move(*contexts);
        std::erase(input.contexts, std::string());
        const Json &given = childField(request, "input");
        if (input.contexts.empty() && given.contains("text") && given.at("text").is_string())
            input.contexts.push_back(given.at("text").get<std::string>());
        if (input.contexts.empty() && !given.contains("ids"))
            return fail(ErrorCode::BadInput, "the request has no context to compress", "give --text, --text-file, --contexts or --ids-file");
        return {};
    }

    Result<void> tokenizeInput(const Json &request, const Tokenizer &tokenizer, int64_t vocabulary, PromptSetup &setup)
    {
        PromptInput &input = setup.input;
        if (input.contexts.empty()) {
            auto ids = idList(childField(request, "input").at("ids"), vocabulary, "input");
            if (!ids)
                return fail(ids.error());
            auto described = describeIds(std::move(*ids), tokenizer);
            if (!described)
                return fail(described.error());
            input.ids = std::move(described->ids);
            input.spans = std::move(described->spans);
            input.text = std::move(described->text);
            input.contexts = {input.text};
            input.contextTokens = {{0, static_cast<int32_t>(input.ids.size())}};
            setup.pieces = std::move(described->pieces);
        } else {
            for (const std::string &context : input.contexts)
                input.text += (input.text.empty() ? "" : std::string(kBlankLine)) + context;
            auto tokens = tokenizer.encode(input.text, SpecialTokens::None);
            if (!tokens)
                return fail(tokens.error());
            for (const Token &token : *tokens) {
                input.ids.push_back(token.id);
                input.spans.emplace_back(token.begin, token.end);
                setup.pieces.push_back(tokenizer.piece(token.id));
            }
            input.contextTokens = contextRanges(input);
        }
        if (input.ids.empty())
            return fail(ErrorCode::BadInput, "the prompt has no token to compress", "give a context that is not empty");
        auto instruction = countTokens(tokenizer, input.instruction);
        auto question = instruction ? countTokens(tokenizer, input.question) : Result<int64_t>(fail(instruction.error()));
        if (!question)
            return fail(question.error());
        input.instructionTokens = *instruction;
        input.questionTokens = *question;
        return {};
    }

    Result<void> readFields(const Json &request, PromptSetup &setup)
    {
        auto answers = texts(request, "answer");
        if (!answers)
            return fail(answers.error());
        setup.input.answers = std::move(*answers);
        std::erase(setup.input.answers, std::string());
        auto seed = requestInteger(request, "seed", kDefaultSeed, 0, int64_t(1) << 53);
        if (!seed)
            return fail(seed.error());
        setup.seed = *seed;
        auto generate = requestInteger(request, "generate", 0, 0, 1 << 16);
        if (!generate)
            return fail(generate.error());
        setup.generate = *generate;
        return {};
    }

} // namespace

Result<PromptSetup> promptSetup(EngineState &state, const Json &request)
{
    PromptSetup setup;
    auto reader = modelRequest(request, state.options.modelFolder, state.options.threads);
    if (!reader)
        return fail(reader.error());
    auto scorer = smallModelRequest(request, state.options.modelFolder, state.options.threads);
    if (!scorer)
        return fail(scorer.error());
    setup.reader = std::move(*reader);
    setup.scorer = std::move(*scorer);
    auto readerConfig = Model::describe(setup.reader.path);
    auto config = readerConfig ? Model::describe(setup.scoring().path) : readerConfig;
    if (!config)
        return fail(config.error());
    auto elements = chooseElementType(setup.reader.dtype);
    if (!elements)
        return fail(elements.error());
    readerConfig->elementType = *elements;
    setup.bytesPerToken = readerConfig->ownCacheBytes(1);
    auto readerTokenizer = state.models.tokenizer(setup.reader);
    auto tokenizer = readerTokenizer ? state.models.tokenizer(setup.scoring()) : readerTokenizer;
    if (!tokenizer)
        return fail(tokenizer.error());
    setup.readerTokenizer = *readerTokenizer;
    if (auto read = readContexts(request, setup.input); !read)
        return fail(read.error());
    if (auto read = tokenizeInput(request, **tokenizer, config->vocab, setup); !read)
        return fail(read.error());
    if (auto read = readFields(request, setup); !read)
        return fail(read.error());
    auto tokens = readerTokens(setup, setup.input.text);
    if (!tokens)
        return fail(tokens.error());
    setup.readerTokensIn = *tokens;
    return setup;
}

PromptBudget promptBudget(const Budget &budget, const PromptSetup &setup)
{
    if (budget.kind == BudgetKind::Fraction)
        return {budget.value, -1};
    const double count = budget.kind == BudgetKind::Count ? budget.value : budget.value / static_cast<double>(setup.bytesPerToken);
    const auto tokens = static_cast<int64_t>(std::floor(count));
    return {static_cast<double>(tokens) / static_cast<double>(setup.input.tokens()), tokens};
}

Result<void> checkNeeds(const MethodRequest &method, const PromptInput &input, const PromptBudget &asked)
{
    if (asked.share(input.tokens()) >= 1)
        return {};
    std::string lacking = method.spec->createPrompt()->lacks(input, Parameters(method.parameters));
    return lacking.empty() ? Result<void>() : fail(ErrorCode::BadInput, std::move(lacking));
}

std::string composedPrompt(const PromptInput &input, const std::string &contexts)
{
    std::string out;
    for (const std::string *part : {&input.instruction, &contexts, &input.question}) {
        if (!part->empty())
            out += (out.empty() ? "" : std::string(kBlankLine)) + *part;
    }
    return out;
}

Result<std::vector<int32_t>> readerPrompt(const PromptSetup &setup, const std::string &contexts)
{
    auto tokens = setup.readerTokenizer->encode(composedPrompt(setup.input, contexts), SpecialTokens::Add);
    if (!tokens)
        return fail(tokens.error());
    std::vector<int32_t> ids;
    for (const Token &token : *tokens)
        ids.push_back(token.id);
    return ids;
}

Result<int64_t> readerTokens(const PromptSetup &setup, const std::string &contexts) { return countTokens(*setup.readerTokenizer, contexts); }

Result<MethodRequest> promptMethodRequest(const Json &json, const Json &request)
{
    Json own = json;
    if (own.is_object() && own.contains("parameters") && !own.contains("params"))
        own["params"] = own.at("parameters");
    return methodRequest(own, request, "prompt");
}

Json canonicalPrompt(const Json &request, const PromptSetup &setup)
{
    // The family says what a session holds where the prompt is a plain text.
    Json canonical{{"command", stringField(request, "command")}, {"family", "prompt"}, {"model", setup.reader.name}, {"device", setup.reader.device},
        {"dtype", setup.reader.dtype}, {"threads", setup.reader.threads}, {"seed", setup.seed}};
    for (const char *name : {"input", "prompt", "answer", "item"}) {
        if (!childField(request, name).is_null())
            canonical[name] = request.at(name);
    }
    if (setup.scorer)
        canonical["smallModel"] = setup.scorer->name;
    if (setup.reader.weights != "auto")
        canonical["weights"] = setup.reader.weights;
    if (setup.generate > 0)
        canonical["generate"] = setup.generate;
    return canonical;
}

bool isOfFamily(const Json &request, std::string_view family)
{
    std::string id = stringField(request, "method");
    const Json &list = childField(request, "methods");
    if (id.empty() && list.is_array() && !list.empty())
        id = list[0].is_string() ? list[0].get<std::string>() : stringField(list[0], "method");
    const MethodSpec *spec = findMethod(id);
    return spec && spec->family == family;
}

} // namespace winnow
