#include "core/serve/engine.h"

#include "core/base/json_fields.h"
#include "core/base/method_info.h"
#include "core/methods/registry.h"
#include "core/serve/engine_state.h"
#include "core/serve/machine.h"

#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <array>
#include <new>
#include <string_view>
#include <utility>

namespace winnow {
namespace {

    constexpr std::array<std::pair<std::string_view, Command>, 2> kCommands{{
        {"hello", answerHello},
        {"methods", answerMethods},
    }};

    Command findCommand(const std::string &name)
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

struct Engine::Impl {
    EngineState state;
    Json hello;
};

Engine::Engine(EngineOptions options)
    : m_impl(std::make_unique<Impl>())
{
    if (options.threads <= 0)
        options.threads = std::max(1, machineCores() - 1);
    if (options.captureBudgetBytes <= 0)
        options.captureBudgetBytes = memoryBytes() / 4;
    m_impl->state.options = std::move(options);
    m_impl->hello = {{"version", versionText()}, {"commit", commitText()}, {"machine", machineText()},
        {"threads", m_impl->state.options.threads}, {"memoryBytes", memoryBytes()}, {"methods", methodList()}};
}

Engine::~Engine() = default;

Json Engine::hello() const { return m_impl->hello; }

Result<Document> Engine::handle(const Json &request, const RunContext &context, const PartSink &part)
{
    const std::string name = stringField(request, "command");
    const Command command = findCommand(name);
    if (!command)
        return fail(ErrorCode::BadInput, "unknown command \"" + name + "\"", "known: " + commandList());
    if (context.cancelled())
        return fail(ErrorCode::Cancelled, "cancelled");
    const int64_t threads = integerField(request, "threads", m_impl->state.options.threads);
    if (threads < 1 || threads > 1024)
        return fail(ErrorCode::BadInput, "threads: expected 1 to 1024, found " + std::to_string(threads));
    const c10::InferenceMode inference;
    at::set_num_threads(static_cast<int>(threads));
    // The one place where exceptions of libraries end.
    try {
        return command(m_impl->state, request, context, part);
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
