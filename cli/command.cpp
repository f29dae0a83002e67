#include "cli/command.h"

#include "core/base/json_fields.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <unistd.h>

namespace winnow {
namespace {

    ProgressStyle progressStyle(const Arguments &arguments)
    {
        if (arguments.has("--quiet"))
            return ProgressStyle::None;
        if (arguments.value("--progress") == "json")
            return ProgressStyle::JsonLines;
        return isatty(STDERR_FILENO) ? ProgressStyle::Bar : ProgressStyle::None;
    }

} // namespace

CommandContext::CommandContext(std::string name, Arguments arguments)
    : m_name(std::move(name))
    , m_arguments(std::move(arguments))
    , m_progress(progressStyle(m_arguments))
    , m_json(m_arguments.has("--json"))
    , m_quiet(m_arguments.has("--quiet"))
{
}

Engine &CommandContext::engine()
{
    if (!m_engine)
        m_engine = std::make_unique<Engine>(EngineOptions{});
    return *m_engine;
}

Result<Document> CommandContext::ask(const Json &request, const PartSink &part)
{
    auto reply = engine().handle(request, runContext(), part ? part : [](Document) {});
    m_progress.clear();
    return reply;
}

Result<void> CommandContext::print(const Json &json) { return print(jsonText(json) + '\n'); }

Result<void> CommandContext::print(const std::string &text)
{
    m_progress.clear();
    const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
    if (!written || std::fflush(stdout) != 0)
        return fail(ErrorCode::Io, std::string("cannot write to standard output: ") + std::strerror(errno));
    return {};
}

void CommandContext::say(const std::string &text)
{
    if (m_quiet)
        return;
    m_progress.clear();
    std::fprintf(stderr, "%s\n", text.c_str());
}

int CommandContext::complain(const Error &error, int status)
{
    m_progress.clear();
    std::string line = "winnow-cli " + m_name + ": " + error.message + (error.hint.empty() ? "" : "; " + error.hint);
    std::replace(line.begin(), line.end(), '\n', ' ');
    std::fprintf(stderr, "%s\n", line.c_str());
    return status;
}

} // namespace winnow
