#include "app/workbench/model_inspector.h"

#include "app/engine/error_sentence.h"
#include "core/base/report_artifacts.h"

namespace winnow {

ModelInspector::ModelInspector(EngineClient &engine, QObject *parent)
    : QObject(parent)
    , m_engine(engine)
{
}

void ModelInspector::setModel(const ModelChoice &choice, bool usable)
{
    const bool same = choice == m_choice;
    if (same && (!m_details.empty() || m_pending != 0 || !usable))
        return;
    if (!same) {
        m_details = {};
        m_problem.clear();
        m_pending = 0;
    }
    m_choice = choice;
    if (usable && !choice.model.empty()) {
        Json request = modelFields(choice);
        request["command"] = "describe";
        request["details"] = true;
        const qint64 mine = m_pending = ++m_asked;
        m_engine.send(std::move(request), QStringLiteral("describe"), {{}, {}, [this, mine](Result<Document> reply) { onReply(mine, std::move(reply)); }});
    }
    Q_EMIT changed();
}

void ModelInspector::onReply(qint64 request, Result<Document> reply)
{
    if (request != m_pending)
        return;
    m_pending = 0;
    if (reply)
        m_details = modelDetails(expandArrays(*reply));
    else if (reply.error().code != ErrorCode::Cancelled && reply.error().code != ErrorCode::EngineLost)
        m_problem = errorSentence(reply.error());
    Q_EMIT changed();
}

} // namespace winnow
