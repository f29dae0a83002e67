#pragma once

#include "app/engine/job_runner.h"
#include "app/workbench/requests.h"
#include "views/prompt_attention.h"

#include <QObject>

namespace winnow {

/// Fetches attention maps of the scoring model over the tokens of a prompt: of one head, or means over heads and layers.
/// Asks only while a view wants one.
class PromptMapLoader : public QObject {
    Q_OBJECT
public:
    PromptMapLoader(EngineClient &engine, JobRunner &jobs, QObject *parent = nullptr);

    /// Tokens and model they belong to; no tokens drop the map.
    void setTarget(const ModelChoice &scorer, const std::vector<int32_t> &ids, int layers, int heads);
    /// PromptMap::kMean as layer or head is the mean.
    void want(int layer, int head);
    void wantNone();
    void engineGone();

    std::shared_ptr<const PromptMap> map() const { return m_map; }

Q_SIGNALS:
    void changed();
    void failed(const QString &sentence);

private:
    void pump();
    void capture();
    void askMap();
    void onMap(Result<Document> reply);
    void fault(const Error &error);

    EngineClient &m_engine;
    JobRunner &m_jobs;
    ModelChoice m_scorer;
    std::vector<int32_t> m_ids;
    int m_layers = 0, m_heads = 0;
    int m_layer = PromptMap::kMean, m_head = PromptMap::kMean;
    std::string m_capture;
    std::shared_ptr<const PromptMap> m_map;
    std::shared_ptr<PromptMap> m_asked; // without values yet
    int m_generation = 0, m_job = 0;
    bool m_wanted = false, m_refused = false; // refused: this target; asking again would be refused again
};

} // namespace winnow
