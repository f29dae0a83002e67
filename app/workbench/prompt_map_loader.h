#pragma once

#include "app/engine/job_runner.h"
#include "app/workbench/requests.h"
#include "views/prompt_attention.h"

#include <QObject>

namespace winnow {

/// Fetches attention maps of the scoring model over the tokens of a prompt: one head, or all heads of a layer for their mean.
/// Asks only while a view wants one.
class PromptMapLoader : public QObject {
    Q_OBJECT
public:
    PromptMapLoader(EngineClient &engine, JobRunner &jobs, QObject *parent = nullptr);

    /// Tokens and model they belong to; no tokens drop the map.
    void setTarget(const ModelChoice &scorer, const std::vector<int32_t> &ids, int layers, int heads);
    /// layer -1: nobody wants one.
    void want(int layer, int head);
    void engineGone();

    std::shared_ptr<const PromptMap> map() const { return m_map; }
    /// Longer prompts have maps of more than 8 MiB: none is fetched.
    static constexpr size_t kMostTokens = 1400;

Q_SIGNALS:
    void changed();
    void failed(const QString &sentence);

private:
    void pump();
    void capture();
    void askTiles();
    void onTile(int generation, Result<Document> reply);
    void fault(const Error &error);

    EngineClient &m_engine;
    JobRunner &m_jobs;
    ModelChoice m_scorer;
    std::vector<int32_t> m_ids;
    int m_layers = 0, m_heads = 0;
    int m_layer = -1, m_head = -1;
    std::string m_capture;
    std::shared_ptr<const PromptMap> m_map;
    std::shared_ptr<PromptMap> m_sum; // of the tiles that came
    int m_waiting = 0, m_parts = 0, m_generation = 0, m_job = 0;
    bool m_refused = false; // this target; asking again would be refused again
};

} // namespace winnow
