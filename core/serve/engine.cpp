#include "core/serve/engine.h"

#include "core/base/json_fields.h"
#include "core/base/method_info.h"
#include "core/methods/registry.h"
#include "core/model/catalogue.h"
#include "core/model/device.h"
#include "core/serve/chat_input.h"
#include "core/serve/commands_dataset.h"
#include "core/serve/dataset_request.h"
#include "core/serve/commands_prompt.h"
#include "core/serve/engine_state.h"
#include "core/serve/machine.h"
#include "core/serve/prompt_request.h"
#include "core/serve/report_parts.h"
#include "core/serve/request_fields.h"

#include <c10/core/InferenceMode.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <array>
#include <new>
#include <string_view>
#include <utility>

namespace winnow {
namespace {

    constexpr std::array<std::pair<std::string_view, CommandHandler>, 27> kCommands{{
        {"hello", answerHello},
        {"methods", answerMethods},
        {"models", answerModels},
        {"fetch", answerFetch},
        {"open", answerOpen},
        {"describe", answerDescribe},
        {"tokenize", answerTokenize},
        {"detokenize", answerDetokenize},
        {"render", answerRender},
        {"capture", answerCapture},
        {"select", answerSelect},
        {"tile", answerTile},
        {"score", answerScore},
        {"export_capture", answerExportCapture},
        {"run", answerRun},
        {"sweep", answerSweep},
        {"generate", answerGenerate},
        {"compare", answerCompare},
        {"pair_tile", answerPairTile},
        {"labels", answerLabels},
        {"train", answerTrain},
        {"lattice", answerLattice},
        {"teach", answerTeach},
        {"datasets", answerDatasets},
        {"items", answerItems},
        {"bench", answerBench},
        {"selftest", answerSelftest},
    }};

    /// Items of a data set are run one by one; segmenters take all lines of a file at once.
    bool runsOverItems(const std::string &name, const Json &request)
    {
        return (name == "run" || name == "sweep") && namesDataset(request) && !isOfFamily(request, "segment");
    }

    CommandHandler findCommand(const std::string &name)
    {
        const auto found = std::find_if(
            kCommands.begin(), kCommands.end(), [&](const auto &command) { return command.first == name; });
        return found == kCommands.end() ? nullptr : found->second;
    }

    std::string commandList()
    {
        std::string list;
        for (const auto &[name, command] : kCommands)
            list += (list.empty() ? "" : ", ") + std::string(name);
        return list;
    }

    /// First line of what a library threw; the rest is its call stack.
    std::string firstLine(const std::string &text) { return text.substr(0, text.find('\n')); }

    Json methodList()
    {
        Json list = Json::array();
        for (const MethodSpec *spec : methodTable())
            list.push_back(toJson(methodInfo(*spec)));
        return list;
    }

} // namespace

Result<PreparedInput> EngineState::prepare(const ModelRequest &wanted, const Json &request)
{
    auto config = Model::describe(wanted.path);
    if (!config)
        return fail(config.error());
    auto tokenizer = models.tokenizer(wanted);
    if (!tokenizer)
        return fail(tokenizer.error());
    return prepareInput(request, *config, **tokenizer);
}

Result<HashedModel> EngineState::hashed(const ModelRequest &wanted, const RunContext &context)
{
    auto model = models.open(wanted, context);
    if (!model)
        return fail(model.error());
    auto hash = models.sha256(wanted, context);
    if (!hash)
        return fail(hash.error());
    return HashedModel{*model, *hash};
}

Result<StoredCapture *> EngineState::capture(const ModelRequest &wanted, const std::optional<ModelRequest> &small,
    const std::vector<int32_t> &ids, const CaptureNeeds &needs, const RunContext &context)
{
    if (needs.pair.small && !small)
        return fail(ErrorCode::BadInput, "a method of this request looks at a second, small model and none is named",
            "give --small-model PATH or a name of winnow-cli models");
    auto large = hashed(wanted, context);
    if (!large)
        return fail(large.error());
    if (!needs.pair.small)
        return captures.obtain(*large, {}, ids, needs, context);
    auto second = hashed(*small, context);
    if (!second)
        return fail(second.error());
    return captures.obtain(*large, *second, ids, needs, context);
}

Result<Json> EngineState::modelObject(const ModelRequest &wanted, const RunContext &context)
{
    auto model = models.open(wanted, context);
    if (!model)
        return fail(model.error());
    auto hash = models.sha256(wanted, context);
    if (!hash)
        return fail(hash.error());
    Json json = modelJson((*model)->config());
    json["sha256"] = *hash;
    // general.name of a GGUF file is what its converter made of a folder; the catalogue knows what people call it.
    for (const CatalogueModel &known : catalogue()) {
        if (known.sha256 == *hash)
            json["name"] = known.title;
    }
    json["dtype"] = (*model)->dtypeName();
    json["weights"] = (*model)->weightsName();
    json["weightBytes"] = (*model)->weights().bytes();
    json["device"] = (*model)->deviceName();
    return json;
}

Result<Json> EngineState::smallModelObject(const std::optional<ModelRequest> &small, const RunContext &context)
{
    return small ? modelObject(*small, context) : Result<Json>(Json());
}

struct Engine::Impl {
    explicit Impl(const EngineOptions &given)
        : state{given, ModelTable(given.modelBudgetBytes), CaptureStore(given.captureBudgetBytes), PairStore(given.captureBudgetBytes / 4), ScorerStore()}
    {
        state.models.beforeRelease([this](const Model &model) {
            state.captures.forget(model);
            state.scorers.forget(model);
        });
    }

    EngineState state;
    Json hello;
};

namespace {

    EngineOptions withDefaults(EngineOptions options)
    {
        if (options.threads <= 0)
            options.threads = std::max(1, machineCores() - 1);
        if (options.modelBudgetBytes <= 0)
        options.modelBudgetBytes = memoryBytes() / 4 * 3;
    if (options.captureBudgetBytes <= 0)
            options.captureBudgetBytes = memoryBytes() / 4;
        return options;
    }

} // namespace

Engine::Engine(EngineOptions options)
    : m_impl(std::make_unique<Impl>(withDefaults(std::move(options))))
{
    m_impl->hello = {{"version", versionText()}, {"commit", commitText()}, {"machine", machineText()},
        {"threads", m_impl->state.options.threads}, {"memoryBytes", memoryBytes()}, {"methods", methodList()}};
}

Engine::~Engine() = default;

Json Engine::hello() const { return m_impl->hello; }

Result<Document> Engine::handle(const Json &request, const RunContext &context, const PartSink &part)
{
    const std::string name = stringField(request, "command");
    const CommandHandler command = runsOverItems(name, request) ? answerDataset : findCommand(name);
    if (!command)
        return fail(ErrorCode::BadInput, "unknown command \"" + name + "\"", "known: " + commandList());
    if (context.cancelled())
        return fail(ErrorCode::Cancelled, "cancelled");
    auto threads = requestInteger(request, "threads", m_impl->state.options.threads, 1, 1024);
    if (!threads)
        return fail(threads.error());
    const c10::InferenceMode inference;
    // A select may come between two steps of another request, whose threads stay as they are: its numbers depend on them.
    if ((name != "select" || !request.contains("captureId")) && name != "lattice")
        setComputeThreads(static_cast<int>(*threads));
    // The one place where exceptions of libraries end.
    try {
        if (!hasChatInput(request))
            return command(m_impl->state, request, context, part);
        auto resolved = withRenderedChat(m_impl->state, request);
        return resolved ? command(m_impl->state, *resolved, context, part) : Result<Document>(fail(resolved.error()));
    } catch (const std::bad_alloc &) {
        return fail(ErrorCode::OutOfMemory, name + ": the machine has no memory left", "close models or shorten the input");
    } catch (const c10::OutOfMemoryError &error) {
        return fail(ErrorCode::OutOfMemory, name + ": " + firstLine(error.what_without_backtrace()));
    } catch (const c10::Error &error) {
        const std::string text = firstLine(error.what_without_backtrace());
        const bool memory = text.find("not enough memory") != std::string::npos;
        return fail(memory ? ErrorCode::OutOfMemory : ErrorCode::Internal, name + ": " + text);
    } catch (const std::exception &error) {
        return fail(ErrorCode::Internal, name + ": " + firstLine(error.what()));
    }
}

Result<Document> answerHello(EngineState &state, const Json &, const RunContext &, const PartSink &)
{
    return Document{{{"version", versionText()}, {"commit", commitText()}, {"machine", machineText()},
                        {"threads", state.options.threads}, {"memoryBytes", memoryBytes()}, {"methods", methodList()}},
        {}};
}

Result<Document> answerMethods(EngineState &, const Json &request, const RunContext &, const PartSink &)
{
    const std::string family = stringField(request, "family");
    Json list = Json::array();
    std::string families;
    for (const Json &method : methodList()) {
        const std::string own = stringField(method, "family");
        if (families.find(own) == std::string::npos)
            families += (families.empty() ? "" : ", ") + own;
        if (family.empty() || own == family)
            list.push_back(method);
    }
    if (list.empty() && !family.empty())
        return fail(ErrorCode::NotFound, "no method of family \"" + family + "\"", "families: " + families);
    return Document{{{"methods", std::move(list)}}, {}};
}

} // namespace winnow
