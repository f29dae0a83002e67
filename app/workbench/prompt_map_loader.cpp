#include "app/workbench/prompt_map_loader.h"

#include "app/engine/error_sentence.h"
#include "core/base/json_fields.h"
#include "core/base/report_artifacts.h"

#include <algorithm>
#include <limits>

namespace winnow {

PromptMapLoader::PromptMapLoader(EngineClient &engine, JobRunner &jobs, QObject *parent)
    : QObject(parent)
    , m_engine(engine)
    , m_jobs(jobs)
{
}

void PromptMapLoader::setTarget(const ModelChoice &scorer, const std::vector<int32_t> &ids, int layers, int heads)
{
    if (scorer == m_scorer && ids == m_ids && layers == m_layers && heads == m_heads)
        return;
    ++m_generation;
    m_scorer = scorer;
    m_ids = ids;
    m_layers = layers;
    m_heads = heads;
    m_capture.clear();
    m_asked.reset();
    m_refused = false;
    if (m_job != 0)
        m_jobs.cancel(m_job);
    m_job = 0;
    if (std::exchange(m_map, nullptr))
        Q_EMIT changed();
    pump();
}

void PromptMapLoader::want(int layer, int head)
{
    m_wanted = true;
    m_layer = layer;
    m_head = head;
    pump();
}

void PromptMapLoader::wantNone() { m_wanted = false; }

void PromptMapLoader::engineGone()
{
    ++m_generation;
    m_capture.clear();
    m_asked.reset();
    m_job = 0;
}

void PromptMapLoader::pump()
{
    const bool possible = m_layers > 0 && !m_ids.empty() && m_ids.size() <= static_cast<size_t>(PromptAttention::kMostTokens);
    if (!m_wanted || !possible || m_refused || m_engine.state() != EngineClient::State::Ready || m_job != 0 || m_asked)
        return;
    m_layer = std::min(m_layer, m_layers - 1);
    m_head = std::min(m_head, m_heads - 1);
    if (m_map && m_map->layer == m_layer && m_map->head == m_head)
        return;
    if (m_capture.empty())
        capture();
    else
        askMap();
}

void PromptMapLoader::capture()
{
    JobSpec spec;
    spec.title = tr("Map");
    spec.detail = tr("attention over %1 tokens").arg(m_ids.size());
    spec.request = modelFields(m_scorer);
    spec.request["command"] = "capture";
    spec.request["input"] = {{"ids", m_ids}};
    spec.request["methods"] = Json::array();
    spec.tag = QStringLiteral("promptMap");
    spec.done = [this, generation = m_generation](Result<Document> reply) {
        if (generation != m_generation)
            return;
        m_job = 0;
        if (!reply)
            return fault(reply.error());
        m_capture = stringField(reply->body, "captureId");
        pump();
    };
    m_job = m_jobs.submit(std::move(spec));
}

void PromptMapLoader::askMap()
{
    m_asked = std::make_shared<PromptMap>();
    m_asked->tokens = static_cast<int>(m_ids.size());
    m_asked->layers = m_layers;
    m_asked->heads = m_heads;
    m_asked->layer = m_layer;
    m_asked->head = m_head;
    const Json request{{"command", "tile"}, {"captureId", m_capture}, {"layer", m_layer}, {"head", m_head}};
    RequestHandlers handlers;
    handlers.done = [this, generation = m_generation](Result<Document> reply) {
        if (generation == m_generation)
            onMap(std::move(reply));
    };
    m_engine.send(request, {}, std::move(handlers));
}

void PromptMapLoader::onMap(Result<Document> reply)
{
    const std::shared_ptr<PromptMap> map = std::exchange(m_asked, nullptr);
    if (!reply) {
        if (reply.error().code != ErrorCode::NotFound)
            return fault(reply.error());
        m_capture.clear(); // it left the engine's budget
        return pump();
    }
    std::optional<MatrixArtifact> tile = readMatrix(reply->body, *reply);
    const auto n = static_cast<size_t>(map->tokens);
    if (!tile || tile->values.size() != n * n)
        return fault(Error{ErrorCode::Internal, tr("the engine's answer holds no attention map").toStdString(), {}});
    map->values.assign(tile->values.begin(), tile->values.end());
    for (size_t row = 0; row < n; ++row)
        std::fill(map->values.begin() + static_cast<long>(row * n + row + 1), map->values.begin() + static_cast<long>((row + 1) * n), std::numeric_limits<float>::quiet_NaN());
    m_map = map;
    Q_EMIT changed();
    pump();
}

void PromptMapLoader::fault(const Error &error)
{
    m_refused = error.code != ErrorCode::Cancelled && error.code != ErrorCode::EngineLost;
    if (m_refused)
        Q_EMIT failed(errorSentence(error));
}

} // namespace winnow
