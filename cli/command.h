#pragma once

#include "cli/arguments.h"
#include "cli/interrupt.h"
#include "cli/progress_line.h"
#include "core/base/document.h"
#include "core/serve/engine.h"

#include <memory>
#include <string>
#include <vector>

namespace winnow {

inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitInterrupted = 130;

/// What a subcommand works with: its command line, the engine, the terminal.
class CommandContext {
public:
    CommandContext(std::string name, Arguments arguments);

    const std::string &name() const { return m_name; }
    const Arguments &arguments() const { return m_arguments; }
    bool json() const { return m_json; }
    Interrupt &interrupt() { return m_interrupt; }
    ProgressLine &progress() { return m_progress; }
    RunContext runContext() { return {m_interrupt.token(), &m_progress}; }

    /// Made at the first call.
    Engine &engine();
    /// One request to the engine, with progress and interrupt.
    Result<Document> ask(const Json &request, const PartSink &part = {});

    /// One JSON document on standard output. Fails with Io when it cannot be written.
    Result<void> print(const Json &json);
    Result<void> print(const std::string &text);
    /// A sentence on standard error unless --quiet.
    void say(const std::string &text);
    /// `winnow-cli NAME: message; hint` on standard error, one line. @return `status`.
    int complain(const Error &error, int status);
    /// A wrong command line: complains, exit status 2.
    int wrongUsage(const Error &error) { return complain(error, kExitUsage); }

private:
    std::string m_name;
    Arguments m_arguments;
    Interrupt m_interrupt;
    ProgressLine m_progress;
    bool m_json = false;
    bool m_quiet = false;
    std::unique_ptr<Engine> m_engine;
};

/// A subcommand: @return its exit status, or an error that becomes 1 (130 when it was cancelled).
using CommandFunction = Result<int> (*)(CommandContext &context);

/// One row of the table of subcommands.
struct CommandSpec {
    std::string_view name;
    std::string_view usage; // what follows the name
    std::string_view summary;
    std::vector<OptionGroup> options;
    CommandFunction run = nullptr;
    /// Further help, for parts that come from the method registry; may be null.
    std::string (*details)(const Arguments &arguments) = nullptr;
};

/// All subcommands, in the order of --help.
const std::vector<CommandSpec> &commandTable();

Result<int> runModels(CommandContext &context);
Result<int> runDescribe(CommandContext &context);
Result<int> runTokenize(CommandContext &context);
Result<int> runDetokenize(CommandContext &context);
Result<int> runTemplate(CommandContext &context);
Result<int> runScore(CommandContext &context);
Result<int> runCapture(CommandContext &context);
Result<int> runGenerate(CommandContext &context);
Result<int> runRun(CommandContext &context);
Result<int> runSweepCommand(CommandContext &context);
Result<int> runTrain(CommandContext &context);
Result<int> runTeach(CommandContext &context);
Result<int> runCompare(CommandContext &context);
Result<int> runExport(CommandContext &context);
Result<int> runDescribeSession(CommandContext &context);
Result<int> runCheckSession(CommandContext &context);
Result<int> runDemo(CommandContext &context);
Result<int> runSelftest(CommandContext &context);
Result<int> runBenchCommand(CommandContext &context);
Result<int> runMethods(CommandContext &context);
Result<int> runData(CommandContext &context);
Result<int> runServe(CommandContext &context);

} // namespace winnow
