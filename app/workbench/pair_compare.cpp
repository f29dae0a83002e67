#include "app/workbench/pair_compare.h"

#include "app/engine/error_sentence.h"
#include "core/base/json_fields.h"
#include "views/pair_maps.h"

#include <QCryptographicHash>

#include <algorithm>
#include <cmath>
#include <utility>

namespace winnow {
namespace {

    /// What an earlier report of the same comparison had.
    void addTables(PairData &all, const PairData &earlier)
    {
        for (const PairTablePtr &table : earlier.tables) {
            const auto same = [&](const PairTablePtr &each) { return each->metric == table->metric && each->skipSinks == table->skipSinks; };
            const auto found = std::find_if(all.tables.begin(), all.tables.end(), same);
            if (found == all.tables.end())
                all.tables.push_back(table);
            else if ((*found)->control.empty())
                *found = table; // the same scores, perhaps with their control
        }
        if (all.largeSums.empty() || all.smallSums.empty()) {
            all.largeSums = earlier.largeSums;
            all.smallSums = earlier.smallSums;
        }
        for (const PairSeries &series : earlier.series) {
            const auto same = [&](const PairSeries &each) { return each.id == series.id && each.metric == series.metric; };
            if (std::none_of(all.series.begin(), all.series.end(), same))
                all.series.push_back(series);
        }
    }


} // namespace

QStringList pairMetrics()
{
    return {QStringLiteral("cosine"), QStringLiteral("cosine_nosink"), QStringLiteral("jaccard"), QStringLiteral("pearson"), QStringLiteral("minkowski1"),
        QStringLiteral("minkowski2"), QStringLiteral("row_cosine"), QStringLiteral("row_js"), QStringLiteral("spearman"), QStringLiteral("column_cosine")};
}

std::string compareKey(qint64 inputId, const Json &request)
{
    // Threads and metrics change no comparison; the rest says what was compared.
    Json content = Json::object();
    for (const char *name : {"model", "smallModel", "dtype", "weights", "input", "span", "windows"})
        content[name] = childField(request, name);
    if (content["input"].is_object())
        content["input"].erase("name");
    const std::string text = content.dump(-1, ' ', false, Json::error_handler_t::replace);
    const QByteArray hash = QCryptographicHash::hash(QByteArray::fromStdString(text), QCryptographicHash::Sha256).toHex().left(16);
    return std::string(kCompareCell) + "." + std::to_string(inputId) + "." + hash.toStdString() + ".";
}

PairDataPtr storedPair(const ResultSource &source)
{
    std::shared_ptr<PairData> all;
    std::shared_ptr<const PairMaps> maps;
    std::string address;
    for (const auto &[key, report] : source.cells()) {
        if (!key.starts_with(std::string(kCompareCell) + ".") || (!address.empty() && !key.starts_with(address)))
            continue;
        if (auto stored = readMaps(*report)) {
            maps = std::move(stored);
            continue;
        }
        Result<std::shared_ptr<PairData>> read = readPairData(report);
        if (!read || !*read)
            continue;
        if (address.empty())
            address = key.substr(0, key.find('.', key.find('.', key.find('.') + 1) + 1) + 1);
        if (all)
            addTables(**read, *all);
        all = *read;
    }
    if (!all)
        return nullptr;
    all->maps = maps && maps->tokens == all->tokens ? maps : nullptr;
    return withTable(all, QStringLiteral("cosine"), 0);
}

PairCompare::PairCompare(EngineClient &engine, JobRunner &jobs, SessionDocument &document, QObject *parent)
    : QObject(parent)
    , m_engine(engine)
    , m_jobs(jobs)
    , m_document(document)
{
}

void PairCompare::setTarget(const PairTarget &target)
{
    const std::string key = target.complete() ? compareKey(target.input->id, compareRequest(target.large, target.small, *target.input, {m_span, 0, {}})) : std::string();
    const bool same = key == m_key, sameReady = target.ready == m_target.ready;
    m_target = target;
    if (!same) {
        close();
        m_target = target;
        m_key = key;
        findStored();
    }
    if (m_wanted && !m_read && m_problem.isEmpty() && !m_cancelled)
        ask(Part::Whole);
    if (!same || !sameReady)
        Q_EMIT changed();
    if (m_wanted)
        askMaps();
}

void PairCompare::setWanted(bool wanted)
{
    const bool turned = std::exchange(m_wanted, wanted) != wanted;
    if (wanted && !m_read && m_problem.isEmpty() && !m_cancelled)
        ask(Part::Whole);
    if (wanted)
        askMaps();
    if (turned)
        Q_EMIT busyChanged();
}

void PairCompare::close()
{
    ++m_generation;
    if (m_job != 0)
        m_jobs.cancel(m_job);
    m_job = 0;
    m_mapRequests = 0;
    m_key.clear();
    m_comparison.clear();
    m_target = {};
    m_read.reset();
    m_data.reset();
    m_report.reset();
    m_maps.reset();
    m_mapsOf = {};
    m_measuredProfile.reset();
    m_problem.clear();
    m_cancelled = false;
    Q_EMIT busyChanged();
}

void PairCompare::engineGone()
{
    ++m_generation;
    m_job = 0;
    m_mapRequests = 0;
    m_comparison.clear();
    m_target.ready = false;
    Q_EMIT busyChanged();
}

bool PairCompare::canAsk() const { return m_target.complete() && m_target.ready && m_engine.state() == EngineClient::State::Ready; }

void PairCompare::start()
{
    m_problem.clear();
    m_cancelled = false;
    ask(m_read ? Part::OneTable : Part::Whole);
    Q_EMIT changed();
}

void PairCompare::findStored()
{
    if (m_key.empty())
        return;
    for (const auto &[key, report] : m_document.cells()) {
        if (!key.starts_with(m_key))
            continue;
        else if (const auto profile = readProfile(*report))
            m_measuredProfile = profile;
        else if (auto maps = readMaps(*report))
            m_maps = std::move(maps);
        else
            takeReport(report);
    }
    if (m_maps && m_read && m_maps->tokens == m_read->tokens)
        m_mapsOf = m_maps->heads;
    else
        m_maps.reset();
    publish();
}

bool PairCompare::takeReport(const ReportPtr &report)
{
    Result<std::shared_ptr<PairData>> read = readPairData(report);
    if (!read) {
        m_problem = errorSentence(read.error());
        Q_EMIT failed(m_problem);
        return false;
    }
    if (!*read)
        return false;
    std::shared_ptr<PairData> all = *read;
    if (m_read)
        addTables(*all, *m_read);
    m_read = all;
    m_report = report;
    return true;
}

PairTablePtr PairCompare::shownTable() const
{
    for (const PairTablePtr &table : m_read->tables)
        if (table->metric == m_metric && table->skipSinks == skipSinks())
            return table;
    return m_data && m_data->table ? m_data->table : m_read->tables.front();
}

void PairCompare::publish()
{
    if (!m_read) {
        m_data.reset();
        return;
    }
    auto shown = std::make_shared<PairData>(*m_read);
    shown->table = shownTable();
    shown->maps = m_maps;
    shown->mapped = m_mapped;
    shown->mappingRatio = m_ratio;
    shown->layerRule = m_layerRule;
    shown->profile = m_profile;
    m_data = std::move(shown);
}

void PairCompare::showWanted()
{
    if (!m_read)
        return;
    if (!m_read->find(m_metric, skipSinks()) && m_problem.isEmpty() && !m_cancelled)
        ask(Part::OneTable);
    else
        askControl();
}

void PairCompare::setMetric(const QString &metric)
{
    if (metric == m_metric || !pairMetrics().contains(metric))
        return;
    m_metric = metric;
    m_problem.clear();
    m_cancelled = false;
    showWanted();
    publish();
    Q_EMIT changed();
}

int PairCompare::skipSinks() const
{
    const auto found = m_skips.find(m_metric);
    return skippedSinks(m_metric, found == m_skips.end() ? 0 : found->second);
}

void PairCompare::setSkipSinks(int count)
{
    count = skippedSinks(m_metric, std::clamp(count, 0, 16));
    if (count == skipSinks())
        return;
    m_skips[m_metric] = count;
    m_problem.clear();
    m_cancelled = false;
    showWanted();
    publish();
    Q_EMIT changed();
}

void PairCompare::setSpan(int tokens)
{
    tokens = std::clamp(tokens, 16, 1000);
    if (tokens == m_span)
        return;
    m_span = tokens;
    setTarget(PairTarget(m_target));
}

void PairCompare::setPlan(std::vector<int64_t> mapped, double ratio, const QString &rule, const LayerProfile &profile)
{
    const bool sameProfile = std::equal(profile.begin(), profile.end(), m_profile.begin(), [](double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); });
    if (mapped == m_mapped && ratio == m_ratio && rule == m_layerRule && sameProfile)
        return;
    m_mapped = std::move(mapped);
    m_ratio = ratio;
    m_layerRule = rule;
    m_profile = profile;
    publish();
    Q_EMIT changed();
}

void PairCompare::setMark(const PairMark &mark)
{
    m_mark = mark;
    askMaps();
}

Json PairCompare::saveState() const
{
    Json skips = Json::object();
    for (const auto &[metric, count] : m_skips)
        skips[metric.toStdString()] = count;
    return {{"metric", m_metric.toStdString()}, {"skips", skips}, {"span", m_span}};
}

void PairCompare::restoreState(const Json &state)
{
    const QString metric = QString::fromStdString(stringField(state, "metric"));
    m_metric = pairMetrics().contains(metric) ? metric : QStringLiteral("cosine");
    m_skips.clear();
    for (const QString &name : pairMetrics())
        if (const Json &count = childField(childField(state, "skips"), name.toUtf8().constData()); count.is_number_integer())
            m_skips[name] = std::clamp(count.get<int>(), 0, 16);
    m_span = std::clamp(static_cast<int>(integerField(state, "span", 200)), 16, 1000);
}

} // namespace winnow
