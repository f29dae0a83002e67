// What a model would need before it is loaded, and what to do when that does not fit.
#include "app/window/look.h"
#include "app/engine/error_sentence.h"
#include "app/window/model_chooser.h"
#include "app/window/panel_widgets.h"
#include "app/workbench/model_details.h"
#include "app/workbench/workbench.h"
#include "core/base/json_fields.h"
#include "core/base/report_artifacts.h"
#include "views/format.h"
#include "views/type.h"
#include "views/widgets/meter_bar.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPointer>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>

#include <algorithm>

namespace winnow {
namespace {

    const QString kFilePrecision = QStringLiteral("file");

} // namespace

void ModelChooser::describe()
{
    const ModelEntry *entry = chosen();
    m_description = Json::object();
    m_forecast = m_filePrecision = {};
    m_problem.clear();
    m_pending = 0;
    if (entry && entry->present && m_bench.engine().state() == EngineClient::State::Ready) {
        Json request{{"command", "describe"}, {"model", entry->name.toStdString()}, {"dtype", m_bench.settings().dtype().toStdString()}, {"tokens", m_tokens->value()}};
        const qint64 mine = m_pending = ++m_asked;
        m_bench.engine().send(std::move(request), QStringLiteral("chooser"), {{}, {}, [this, mine, self = QPointer<ModelChooser>(this)](Result<Document> reply) {
            if (self)
                onDescribed(mine, std::move(reply));
        }});
    }
    showForecast();
}

void ModelChooser::onDescribed(qint64 request, Result<Document> reply)
{
    if (request != m_pending)
        return;
    m_pending = 0;
    if (!reply) {
        m_problem = errorSentence(reply.error());
        // A context longer than the model's is the one thing the field itself can mend.
        showForecast();
        return;
    }
    m_description = expandArrays(*reply);
    m_forecast = memoryForecast(m_description);
    if (const int most = static_cast<int>(std::min<int64_t>(integerField(m_description, "contextLength"), 1 << 24)); most > 0) {
        const QSignalBlocker quiet(m_tokens);
        m_tokens->setMaximum(most);
    }
    if (m_forecast.known() && !m_forecast.fits())
        askFilePrecision();
    showForecast();
}

void ModelChooser::askFilePrecision()
{
    const ModelEntry *entry = chosen();
    if (!entry)
        return;
    Json request{{"command", "describe"}, {"model", entry->name.toStdString()}, {"dtype", m_bench.settings().dtype().toStdString()}, {"weights", kFilePrecision.toStdString()}, {"tokens", m_tokens->value()}};
    const qint64 mine = m_pending = ++m_asked;
    m_bench.engine().send(std::move(request), QStringLiteral("chooser"), {{}, {}, [this, mine, self = QPointer<ModelChooser>(this)](Result<Document> reply) {
        if (!self || mine != m_pending)
            return;
        m_pending = 0;
        if (reply) // an engine that cannot keep file precision refuses; then there is one step less
            m_filePrecision = memoryForecast(reply->body);
        showForecast();
    }});
}

void ModelChooser::showForecast()
{
    const ModelEntry *entry = chosen();
    m_title->setText(entry ? entry->title : tr("Choose a model"));
    m_detail->setText(entry ? (entry->path.isEmpty() ? entry->name : entry->path) : QString());
    for (FactRow *row : m_facts)
        row->deleteLater();
    m_facts.clear();
    if (!m_description.empty()) {
        for (const auto &[name, value] : modelDetails(m_description).facts().mid(0, 9)) {
            auto *row = new FactRow(m_look, this);
            row->set(name, value);
            m_factArea->addWidget(row);
            m_facts.append(row);
        }
    }
    m_forecastArea->setVisible(m_forecast.known());
    const double full = std::max(m_forecast.totalBytes, m_forecast.availableBytes);
    auto show = [full](MeterBar *bar, const QString &name, double bytes) {
        bar->setText(name, format::bytes(bytes));
        bar->setValue(full > 0 ? bytes / full : 0);
    };
    show(m_weights, tr("Weights"), m_forecast.weightBytes);
    show(m_cache, tr("Cache"), m_forecast.cacheBytes);
    show(m_work, tr("Work"), m_forecast.workBytes);
    m_open->setText(entry && !entry->present ? tr("Fetch") : tr("Open"));
    m_open->setEnabled(entry != nullptr && m_fetchJob == 0 && m_problem.isEmpty() && m_bench.engine().state() == EngineClient::State::Ready);
    QString words, tone = QStringLiteral("t2");
    if (!entry) {
        words = m_bench.engine().state() == EngineClient::State::Ready ? tr("Choose one at the left, or name a file or folder.") : tr("The engine is not running; start it to open a model.");
    } else if (!entry->present) {
        words = tr("Not on this disk yet. It is fetched as %1 and checked; the fetch can be cancelled and goes on where it stopped.").arg(format::bytes(entry->bytes));
    } else if (!m_problem.isEmpty()) {
        words = m_problem;
        tone = QStringLiteral("err");
    } else if (m_forecast.known()) {
        tone = m_forecast.fits() ? QStringLiteral("ok") : QStringLiteral("err");
        words = m_forecast.fits() ? tr("Fits: needs %1 of %2 that are free.") : tr("Does not fit: needs %1, %2 are free.");
        words = words.arg(format::bytes(m_forecast.totalBytes), format::bytes(m_forecast.availableBytes));
    } else if (m_pending != 0) {
        words = tr("Reading the model's file…");
    }
    m_verdict->setText(words);
    setStyleProperty(m_verdict, "tone", tone);
    showPlan();
}

void ModelChooser::clearPlan()
{
    for (QWidget *row : m_planRows) {
        row->hide();
        row->deleteLater();
    }
    m_planRows.clear();
    m_planButtons.clear();
}

void ModelChooser::showPlan()
{
    clearPlan();
    const ModelEntry *entry = chosen();
    if (!entry || m_pending != 0)
        return;
    std::vector<ModelEntry> others;
    for (const ModelEntry &other : m_known) {
        if (other.name != entry->name && other.path != entry->path)
            others.push_back(other);
    }
    const double fileBytes = numberField(m_description, "fileBytes", entry->bytes);
    for (const FallbackStep &step : fallbackSteps(m_forecast, m_filePrecision, fileBytes, others))
        addStep(step);
}

void ModelChooser::addStep(const FallbackStep &step)
{
    auto *row = new QWidget(this);
    auto *line = new QHBoxLayout(row);
    line->setContentsMargins(0, 0, 0, 0);
    line->setSpacing(10);
    auto *button = new QPushButton(step.text, row);
    button->setFixedHeight(28);
    auto *detail = new QLabel(step.detail, row);
    detail->setFont(typeFont(TypeRole::Hint));
    detail->setProperty("tone", "t2");
    detail->setWordWrap(true);
    line->addWidget(button);
    line->addWidget(detail, 1);
    m_planArea->addWidget(row);
    m_planRows.append(row);
    m_planButtons.append(button);
    connect(button, &QPushButton::clicked, this, [this, step] {
        switch (step.kind) {
        case FallbackStep::Kind::FilePrecision: return openWith(kFilePrecision);
        case FallbackStep::Kind::HalfPrecision: return m_bench.settings().setDtype(QStringLiteral("bf16")), openWith(QStringLiteral("auto"));
        case FallbackStep::Kind::ShorterContext: return m_tokens->setValue(static_cast<int>(step.tokens));
        case FallbackStep::Kind::OtherModel: return select(step.model);
        }
    });
}

} // namespace winnow
