#pragma once

#include "core/base/report.h"
#include "sessions/session.h"

#include <map>
#include <memory>
#include <string>

namespace winnow {

/// Puts what a command measures into a session file, each result in a transaction of its own: what is finished stays,
/// whatever happens afterwards.
class SessionRecorder {
public:
    /// Opens the session, or makes one when there is no such file.
    static Result<SessionRecorder> open(const std::string &path);

    Session &session() { return *m_session; }
    const std::string &path() const { return m_path; }

    /// Adds an input unless one with this content is there.
    Result<void> addInput(InputRecord input);

    /// Finished cells of earlier sweeps, as `knownCells` of a sweep request.
    Result<Json> knownCells() const;

    /// One cell of a sweep. A pinned run of the same setting that was not measured yet gets the report too.
    Result<void> recordCell(const Report &report);
    /// A measured run: a pinned run of the session, or the report of the one that is there with the same request.
    /// @return its id.
    Result<int64_t> recordRun(const Report &report, const std::string &title);

private:
    explicit SessionRecorder(std::unique_ptr<Session> session, std::string path);

    Result<int64_t> inputId(const InputRecord &input);
    Result<void> describeModel(const Report &report);

    std::unique_ptr<Session> m_session;
    std::string m_path;
    std::map<std::string, int64_t> m_inputs; // by content
};

/// A session input as the fields `input`, `scoreLast` and `continuation` of a request, and back.
InputRecord inputRecordOf(const Json &request);

} // namespace winnow
