#pragma once

#include "app/engine/job_runner.h"
#include "app/workbench/requests.h"
#include "app/workbench/session_document.h"
#include "views/pair_data.h"

#include <QObject>

#include <map>
#include <optional>

namespace winnow {

/// What is compared: two models that are loaded, over one text.
struct PairTarget {
    ModelChoice large;
    std::string small; // path or catalogue name
    std::optional<InputRecord> input;
    bool ready = false; // both models are loaded

    bool complete() const { return !large.model.empty() && !small.empty() && input.has_value(); }
};

/// The comparison behind the Similarity page: asks the engine once for a text and a pair of models, keeps the report in the
/// session, and answers a change of metric or of skipped tokens from what is there. Attention maps of the marked heads come
/// from the engine when a pair is marked; the session keeps those of the last one.
class PairCompare : public QObject {
    Q_OBJECT
public:
    PairCompare(EngineClient &engine, JobRunner &jobs, SessionDocument &document, QObject *parent = nullptr);

    /// Shows what the session holds for the target; asks the engine when it holds nothing and the page is open.
    void setTarget(const PairTarget &target);
    /// The page is on the screen: only then is anything computed.
    void setWanted(bool wanted);
    /// Compares now, also when it failed or was cancelled before.
    void start();
    void engineGone();
    void close();

    const PairDataPtr &data() const { return m_data; }
    ReportPtr report() const { return m_report; }
    QString metric() const { return m_metric; }
    /// First tokens that the shown metric leaves out.
    int skipSinks() const;
    /// Tokens that are compared, from the first one on.
    int span() const { return m_span; }
    void setSpan(int tokens);
    void setMetric(const QString &metric);
    void setSkipSinks(int count);
    /// Which layers would be replaced, for the planner, the rule's name, and the measured deltas where there are some.
    void setPlan(std::vector<int64_t> mapped, double ratio, const QString &rule, const LayerProfile &profile);
    void setMark(const PairMark &mark);
    /// How the matches of the shown metric agree with those of shorter spans.
    void measureSpans();
    /// What replacing each block of layers alone would lose (iam.md 3 step 1); minutes for large models.
    void measureProfile();
    /// Measured deltas of this pair and text; empty while there are none.
    const std::optional<LayerProfile> &measuredProfile() const { return m_measuredProfile; }

    /// The page waits for its first comparison: nothing else should read the text before it.
    bool goesFirst() const { return m_wanted && m_target.complete() && !m_read && m_problem.isEmpty() && !m_cancelled; }
    bool busy() const { return m_job != 0; }
    bool mapsBusy() const { return m_mapRequests > 0; }
    /// Why there is no comparison, after one was refused or failed; a sentence.
    QString problem() const { return m_problem; }
    bool cancelled() const { return m_cancelled; }

    Json saveState() const;
    void restoreState(const Json &state);

Q_SIGNALS:
    void changed(); // data, metric or phase
    void busyChanged();
    void failed(const QString &sentence);

private:
    enum class Part { Whole, OneTable, Control, Spans }; // Control: what OneTable left out to answer sooner
    void findStored();
    void ask(Part part);
    void onCompared(const std::string &key, const Json &request, Result<Document> reply);
    void askControl();
    bool takeReport(const ReportPtr &report);
    void publish();
    void askMaps();
    void askTile(const PairMark &mark, bool large);
    void onTile(int generation, const PairMark &mark, bool large, Result<Document> reply);
    PairTablePtr shownTable() const;
    bool canAsk() const;
    /// Another metric or number of skipped tokens: from what is there, else from the engine, which keeps the queries and keys.
    void showWanted();

    EngineClient &m_engine;
    JobRunner &m_jobs;
    SessionDocument &m_document;
    PairTarget m_target;
    std::string m_key; // of the target in the session
    std::shared_ptr<const PairData> m_read; // everything that was compared
    PairDataPtr m_data; // as it is shown
    ReportPtr m_report;
    QString m_metric = QStringLiteral("cosine"), m_problem, m_layerRule = QStringLiteral("published");
    std::string m_comparison; // the engine's name of it, for attention maps; empty = not asked for since the engine started
    std::map<QString, int> m_skips; // by metric, where it is not the least one
    int m_span = 200;
    std::vector<int64_t> m_mapped;
    double m_ratio = 0.3;
    LayerProfile m_profile = PairData::noProfile();
    std::optional<LayerProfile> m_measuredProfile;
    PairMark m_mark, m_mapsOf;
    std::shared_ptr<const PairMaps> m_maps;
    std::vector<float> m_tiles[2]; // large, small, while both are on their way
    Part m_asked = Part::Whole; // of the job
    int m_job = 0, m_serial = 0, m_mapRequests = 0, m_generation = 0;
    bool m_wanted = false, m_cancelled = false;
};

/// Kind of the session's cells that hold comparisons.
inline constexpr const char *kCompareCell = "compare";

/// Metrics a person can choose from, in the order choosers list them.
QStringList pairMetrics();

/// The first comparison that a session holds, with all its tables; null when there is none.
PairDataPtr storedPair(const ResultSource &source);

/// Address of a comparison in the session, all its tables together: input, models, text and span.
std::string compareKey(qint64 inputId, const Json &request);

} // namespace winnow
