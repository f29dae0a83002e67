#pragma once

#include "sessions/session.h"

#include <QtGlobal>

#include <map>
#include <string>
#include <vector>

namespace winnow {

/// What results there are, from an open document or straight from a session file.
class ResultSource {
public:
    virtual ~ResultSource() = default;
    virtual const std::vector<RunRecord> &runs() const = 0; // in letter order
    virtual ReportPtr report(qint64 runId) const = 0; // null when there is none
    virtual const std::map<std::string, ReportPtr> &cells() const = 0;
    virtual qint64 baseline() const = 0; // 0 = none
};

/// Results of a session that is only read.
class SessionReader : public ResultSource {
public:
    /// @error what reading the session gives.
    Result<void> read(const Session &session);
    const std::vector<RunRecord> &runs() const override { return m_runs; }
    ReportPtr report(qint64 runId) const override;
    const std::map<std::string, ReportPtr> &cells() const override { return m_cells; }
    qint64 baseline() const override { return m_baseline; }

private:
    std::vector<RunRecord> m_runs;
    std::map<qint64, ReportPtr> m_reports;
    std::map<std::string, ReportPtr> m_cells;
    qint64 m_baseline = 0;
};

/// The baseline a session names in state "baseline", else its first run of method "full"; 0 = none.
qint64 baselineRun(const Json &state, const std::vector<RunRecord> &runs);

} // namespace winnow
