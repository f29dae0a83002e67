#pragma once

#include "app/engine/engine_client.h"
#include "app/workbench/model_details.h"
#include "app/workbench/requests.h"

#include <QObject>

namespace winnow {

/// Asks the engine what a model consists of, without loading it: configuration, layers, hook points, tensors.
class ModelInspector : public QObject {
    Q_OBJECT
public:
    explicit ModelInspector(EngineClient &engine, QObject *parent = nullptr);

    /// Asks when the model changed or when the last answer is missing; `usable` while the engine runs.
    void setModel(const ModelChoice &choice, bool usable);
    const ModelDetails &details() const { return m_details; }
    /// Why there are none; empty while there are or while they are asked for.
    const QString &problem() const { return m_problem; }
    bool busy() const { return m_pending != 0; }

Q_SIGNALS:
    void changed();

private:
    void onReply(qint64 request, Result<Document> reply);

    EngineClient &m_engine;
    ModelChoice m_choice;
    ModelDetails m_details;
    QString m_problem;
    qint64 m_asked = 0, m_pending = 0;
};

} // namespace winnow
