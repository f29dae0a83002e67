// What the comparison asks the engine for: tables, attention maps, spans.
#include "app/workbench/pair_compare.h"

#include "app/engine/error_sentence.h"
#include "core/base/json_fields.h"
#include "core/base/report_artifacts.h"
#include "views/pair_maps.h"

#include <algorithm>
#include <limits>

namespace winnow {
namespace {

    /// What one look at the page asks for: products and sets, which cost little. Distances are asked for when they are chosen.
    const QStringList kFirstMetrics{QStringLiteral("cosine"), QStringLiteral("cosine_nosink"), QStringLiteral("jaccard")};

    Json namesOf(const QStringList &metrics)
    {
        Json names = Json::array();
        for (const QString &metric : metrics)
            names.push_back(metric.toStdString());
        return names;
    }


} // namespace

void PairCompare::ask(Part part)
{
    if (!canAsk() || (m_job != 0 && (m_asked != Part::Control || part == Part::Control)))
        return;
    const int serial = ++m_serial;
    if (m_job != 0)
        m_jobs.cancel(m_job); // a control never keeps a table waiting
    m_asked = part;
    CompareChoice choice{m_span, 0, namesOf(kFirstMetrics)};
    if (part != Part::Whole) {
        choice.metrics = namesOf({m_metric});
        choice.skipSinks = skipSinks();
        choice.stability = choice.consistency = part == Part::Spans; // a switch of metric answers at once,
        choice.control = part != Part::OneTable; // and its control follows
    }
    JobSpec spec;
    spec.title = tr("Compare");
    spec.detail = part == Part::Whole ? QString::fromStdString(m_target.input->name) : part == Part::Spans ? tr("shorter spans") : part == Part::Control ? tr("%1, control").arg(metricTitle(m_metric)) : metricTitle(m_metric);
    spec.request = compareRequest(m_target.large, m_target.small, *m_target.input, choice);
    spec.tag = QStringLiteral("compare");
    const int generation = m_generation;
    spec.done = [this, generation, serial, key = m_key, request = spec.request](Result<Document> reply) {
        if (generation == m_generation && serial == m_serial)
            onCompared(key, request, std::move(reply));
    };
    m_job = m_jobs.submit(std::move(spec));
    Q_EMIT busyChanged();
}

void PairCompare::onCompared(const std::string &key, const Json &request, Result<Document> reply)
{
    m_job = 0;
    if (!reply) {
        m_cancelled = reply.error().code == ErrorCode::Cancelled && m_asked != Part::Control; // without its control a table is there
        if (reply.error().code != ErrorCode::Cancelled && reply.error().code != ErrorCode::EngineLost) {
            m_problem = errorSentence(reply.error());
            Q_EMIT failed(m_problem);
        }
        Q_EMIT busyChanged();
        Q_EMIT changed();
        return;
    }
    const auto report = std::make_shared<const Report>(std::move(*reply));
    m_comparison = stringField(report->body(), "pairId");
    const Json asked = childField(request, "metrics");
    const auto skip = static_cast<int>(integerField(request, "skipSinks"));
    const bool spans = childField(request, "stability") == Json(true);
    const auto whole = [&] { // a table is stored when its control is there
        return m_read && std::all_of(asked.begin(), asked.end(), [&](const Json &metric) {
            const PairTable *table = m_read->find(QString::fromStdString(metric.get<std::string>()), skip);
            return table && !table->control.empty();
        });
    };
    const bool known = !spans && whole();
    if (takeReport(report) && !known && (spans || whole())) { // a stored comparison that was asked for again changes nothing
        std::string address = key + std::to_string(skip) + (spans ? ".spans" : "");
        for (const Json &metric : asked)
            address += "." + metric.get<std::string>();
        m_document.putCell({address, {{"kind", kCompareCell}, {"model", request["model"]}, {"smallModel", request["smallModel"]}}, 0}, report);
    }
    Q_EMIT busyChanged();
    publish();
    Q_EMIT changed();
    askMaps();
    const bool same = (skip == skipSinks() || !m_read->find(m_metric, skipSinks())) && std::find(asked.begin(), asked.end(), m_metric.toStdString()) != asked.end();
    if (!same)
        showWanted(); // what was chosen meanwhile
    askControl();
}

void PairCompare::askControl()
{
    const PairTable *shown = m_read ? m_read->find(m_metric, skipSinks()) : nullptr;
    if (shown && shown->control.empty() && !m_cancelled && m_problem.isEmpty())
        ask(Part::Control);
}

void PairCompare::askMaps()
{
    if (!m_wanted || !m_read || !m_mark.hasHeads() || m_mark == m_mapsOf || !canAsk() || m_job != 0)
        return;
    if (m_comparison.empty()) {
        ask(Part::OneTable); // the report is from the session: the engine has to see the text once more
        return;
    }
    m_mapsOf = m_mark;
    m_tiles[0].clear();
    m_tiles[1].clear();
    m_mapRequests = 2;
    askTile(m_mark, true);
    askTile(m_mark, false);
    Q_EMIT busyChanged();
}

void PairCompare::askTile(const PairMark &mark, bool large)
{
    RequestHandlers handlers;
    const int generation = m_generation;
    handlers.done = [this, generation, mark, large](Result<Document> reply) { onTile(generation, mark, large, std::move(reply)); };
    m_engine.send(mapRequest(m_comparison, large, large ? mark.layer : mark.smallLayer, large ? mark.head : mark.smallHead), large ? QStringLiteral("mapLarge") : QStringLiteral("mapSmall"), std::move(handlers));
}

void PairCompare::onTile(int generation, const PairMark &mark, bool large, Result<Document> reply)
{
    if (generation != m_generation || mark != m_mapsOf)
        return; // another pair was marked meanwhile
    m_mapRequests = std::max(0, m_mapRequests - 1);
    Q_EMIT busyChanged();
    if (!reply) {
        if (reply.error().code == ErrorCode::NotFound) { // it left the engine's budget
            m_comparison.clear();
            m_mapsOf = {};
            askMaps();
        } else if (reply.error().code != ErrorCode::Cancelled && reply.error().code != ErrorCode::EngineLost) {
            Q_EMIT failed(errorSentence(reply.error()));
        }
        return;
    }
    const std::optional<MatrixArtifact> tile = readMatrix(reply->body, *reply);
    if (!tile || tile->rows != tile->columns) {
        Q_EMIT failed(tr("The engine's answer holds no attention map."));
        return;
    }
    m_tiles[large ? 0 : 1] = tile->values;
    if (m_tiles[0].empty() || m_tiles[0].size() != m_tiles[1].size())
        return;
    auto maps = std::make_shared<PairMaps>();
    maps->heads = mark;
    maps->tokens = static_cast<int>(tile->rows);
    maps->large = std::move(m_tiles[0]);
    maps->small = std::move(m_tiles[1]);
    const auto n = static_cast<size_t>(maps->tokens);
    for (size_t row = 0; row < n; ++row)
        for (size_t column = row + 1; column < n; ++column)
            maps->large[row * n + column] = maps->small[row * n + column] = std::numeric_limits<float>::quiet_NaN();
    m_maps = std::move(maps);
    if (const ReportPtr report = mapsReport(*m_maps)) // one place: those of the last pair
        m_document.putCell({m_key + "maps", {{"kind", kCompareCell}}, 0}, report);
    publish();
    Q_EMIT changed();
}

void PairCompare::measureSpans()
{
    if (m_read)
        ask(Part::Spans);
}

void PairCompare::measureProfile()
{
    if (!canAsk() || (m_job != 0 && m_asked != Part::Control) || !m_read)
        return;
    ++m_serial;
    if (m_job != 0)
        m_jobs.cancel(m_job);
    m_asked = Part::Whole;
    constexpr qsizetype kSegment = 512, kSpan = 200; // iam.md 3 step 1; shorter texts are one segment
    const qsizetype segment = std::clamp<qsizetype>(m_read->pieces.size(), 32, kSegment);
    Json request = compareRequest(m_target.large, m_target.small, *m_target.input, {static_cast<int>(std::max<qsizetype>(16, std::min(kSpan, segment / 2))), 0, namesOf({QStringLiteral("cosine")})});
    request["what"] = "profile";
    request["segmentTokens"] = segment;
    request.erase("windows");
    JobSpec spec;
    spec.title = tr("Profile");
    spec.detail = tr("loss by block of layers");
    spec.request = std::move(request);
    spec.tag = QStringLiteral("compare");
    spec.done = [this, generation = m_generation, key = m_key](Result<Document> reply) {
        if (generation != m_generation)
            return;
        m_job = 0;
        Q_EMIT busyChanged();
        if (!reply) {
            if (reply.error().code != ErrorCode::Cancelled && reply.error().code != ErrorCode::EngineLost)
                Q_EMIT failed(errorSentence(reply.error()));
            return;
        }
        const auto report = std::make_shared<const Report>(std::move(*reply));
        m_measuredProfile = readProfile(*report);
        if (m_measuredProfile)
            m_document.putCell({key + "profile", {{"kind", kCompareCell}}, 0}, report);
        Q_EMIT changed();
    };
    m_job = m_jobs.submit(std::move(spec));
    Q_EMIT busyChanged();
}

} // namespace winnow
