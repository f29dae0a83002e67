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
    m_waiting = 0;
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
    m_layer = layer;
    m_head = head;
    pump();
}

void PromptMapLoader::engineGone()
{
    ++m_generation;
    m_capture.clear();
    m_waiting = 0;
    m_job = 0;
}

void PromptMapLoader::pump()
{
    const bool wanted = m_layer >= 0 && m_layers > 0 && !m_ids.empty() && m_ids.size() <= kMostTokens;
    if (!wanted || m_refused || m_engine.state() != EngineClient::State::Ready || m_job != 0 || m_waiting > 0)
        return;
    m_layer = std::min(m_layer, m_layers - 1);
    m_head = std::min(m_head, m_heads - 1);
    if (m_map && m_map->layer == m_layer && m_map->head == m_head)
        return;
    if (m_capture.empty())
        capture();
    else
        askTiles();
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

void PromptMapLoader::askTiles()
{
    m_sum = std::make_shared<PromptMap>();
    m_sum->tokens = static_cast<int>(m_ids.size());
    m_sum->layers = m_layers;
    m_sum->heads = m_heads;
    m_sum->layer = m_layer;
    m_sum->head = m_head;
    m_sum->values.assign(m_ids.size() * m_ids.size(), 0);
    const int first = m_head < 0 ? 0 : m_head, last = m_head < 0 ? m_heads - 1 : m_head;
    m_waiting = m_parts = last - first + 1;
    for (int head = first; head <= last; ++head) {
        const Json request{{"command", "tile"}, {"captureId", m_capture}, {"layer", m_layer}, {"head", head}};
        m_engine.send(request, {}, {{}, {}, [this, generation = m_generation](Result<Document> reply) {
                          if (generation == m_generation)
                              onTile(generation, std::move(reply));
                      }});
    }
}

void PromptMapLoader::onTile(int, Result<Document> reply)
{
    --m_waiting;
    if (!reply) {
        if (m_waiting == 0 && reply.error().code == ErrorCode::NotFound) { // it left the engine's budget
            m_capture.clear();
            return pump();
        }
        return m_waiting == 0 ? fault(reply.error()) : void();
    }
    const std::optional<MatrixArtifact> tile = readMatrix(reply->body, *reply);
    if (!tile || tile->values.size() != m_sum->values.size())
        return fault(Error{ErrorCode::Internal, tr("the engine's answer holds no attention map").toStdString(), {}});
    for (size_t i = 0; i < tile->values.size(); ++i)
        m_sum->values[i] += tile->values[i] / static_cast<float>(m_parts);
    if (m_waiting > 0)
        return;
    const auto n = static_cast<size_t>(m_sum->tokens);
    for (size_t row = 0; row < n; ++row)
        std::fill(m_sum->values.begin() + static_cast<long>(row * n + row + 1), m_sum->values.begin() + static_cast<long>((row + 1) * n), std::numeric_limits<float>::quiet_NaN());
    m_map = std::move(m_sum);
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
