#include "app/engine/job_runner.h"

#include <algorithm>

namespace winnow {

QString progressText(const Progress &progress)
{
    if (progress.total <= 0)
        return {};
    if (progress.unit != "bytes")
        return JobRunner::tr("%1 of %2").arg(progress.done).arg(progress.total);
    constexpr int64_t mib = 1 << 20;
    return JobRunner::tr("%1 of %2 MiB").arg(progress.done / mib).arg(progress.total / mib);
}

QString timeLeftText(double seconds)
{
    const int whole = static_cast<int>(seconds + 0.5);
    if (whole < 60)
        return JobRunner::tr("%1 s left").arg(whole);
    return JobRunner::tr("%1:%2 left").arg(whole / 60).arg(whole % 60, 2, 10, QLatin1Char('0'));
}

QString durationText(double seconds)
{
    if (seconds < 9.95)
        return JobRunner::tr("%1 s").arg(seconds, 0, 'f', 1);
    const int whole = static_cast<int>(seconds + 0.5);
    if (whole < 60)
        return JobRunner::tr("%1 s").arg(whole);
    return JobRunner::tr("%1 min %2 s").arg(whole / 60).arg(whole % 60);
}

JobRunner::JobRunner(EngineClient &engine, QObject *parent)
    : QObject(parent)
    , m_engine(engine)
{
}

int JobRunner::submit(JobSpec spec)
{
    auto job = std::make_unique<Job>();
    job->id = m_nextId++;
    job->spec = std::move(spec);
    const int id = job->id;
    m_jobs.push_back(std::move(job));
    Job &added = *m_jobs.back();
    Q_EMIT jobAdded(id);
    send(added, added.spec.request);
    return id;
}

void JobRunner::send(Job &job, Json request)
{
    job.state = Job::State::Waiting;
    job.progress = {};
    job.error.reset();
    job.fitting.reset();
    job.secondsLeft = -1;
    Clock &clock = m_clocks[job.id];
    clock = {};
    clock.total.start();
    const int id = job.id;
    RequestHandlers handlers;
    handlers.progress = [this, id](const Progress &progress) { onProgress(id, progress); };
    handlers.part = [this, id](Document part) {
        if (Job *running = find(id); running && running->spec.part)
            running->spec.part(std::move(part));
    };
    handlers.done = [this, id](Result<Document> reply) { onDone(id, std::move(reply)); };
    job.requestId = m_engine.send(std::move(request), job.spec.tag, std::move(handlers));
    Q_EMIT jobChanged(id);
}

void JobRunner::onProgress(int id, const Progress &progress)
{
    Job *job = find(id);
    if (!job || !job->active())
        return;
    Clock &clock = m_clocks[id];
    if (job->state == Job::State::Waiting || clock.stageName != progress.stage) {
        clock.stageName = progress.stage;
        clock.stage.start();
    }
    job->state = Job::State::Running;
    job->progress = progress;
    job->seconds = static_cast<double>(clock.total.elapsed()) * 1e-3;
    const double spent = static_cast<double>(clock.stage.elapsed()) * 1e-3;
    const bool known = progress.total > 0 && progress.done > 0 && spent > 0.5;
    job->secondsLeft = known ? spent * static_cast<double>(progress.total - progress.done) / static_cast<double>(progress.done) : -1;
    Q_EMIT jobChanged(id);
}

void JobRunner::onDone(int id, Result<Document> reply)
{
    Job *job = find(id);
    if (!job)
        return;
    Clock &clock = m_clocks[id];
    job->seconds = static_cast<double>(clock.total.elapsed()) * 1e-3;
    job->secondsLeft = -1;
    if (clock.cancelling)
        m_lastCancelMs = static_cast<double>(clock.cancel.nsecsElapsed()) * 1e-6;
    if (reply) {
        job->state = Job::State::Done;
        if (job->progress.total > 0)
            job->progress.done = job->progress.total;
    } else {
        job->error = reply.error();
        job->state = reply.error().code == ErrorCode::Cancelled ? Job::State::Cancelled : Job::State::Failed;
        const bool memory = reply.error().code == ErrorCode::OutOfMemory || reply.error().code == ErrorCode::EngineLost;
        if (memory && m_fittingRule)
            job->fitting = m_fittingRule(job->spec.request);
    }
    m_clocks.erase(id);
    Q_EMIT jobChanged(id);
    if (auto done = job->spec.done)
        done(std::move(reply));
    Q_EMIT jobFinished(id);
}

void JobRunner::cancel(int id)
{
    Job *job = find(id);
    if (!job || !job->active())
        return;
    Clock &clock = m_clocks[id];
    if (!clock.cancelling) {
        clock.cancelling = true;
        clock.cancel.start();
    }
    m_engine.cancel(job->requestId);
}

void JobRunner::cancelAll()
{
    for (const auto &job : m_jobs) {
        if (job->active())
            cancel(job->id);
    }
}

void JobRunner::retry(int id)
{
    Job *job = find(id);
    if (job && !job->active())
        send(*job, job->spec.retryRequest ? job->spec.retryRequest() : job->spec.request);
}

void JobRunner::retryFitting(int id)
{
    Job *job = find(id);
    if (!job || job->active() || !job->fitting)
        return;
    if (const auto action = job->fitting->action) {
        action();
        return;
    }
    Json request = job->fitting->request;
    job->spec.request = request;
    send(*job, std::move(request));
}

void JobRunner::dismiss(int id)
{
    auto it = std::find_if(m_jobs.begin(), m_jobs.end(), [id](const auto &job) { return job->id == id; });
    if (it == m_jobs.end() || (*it)->active())
        return;
    m_jobs.erase(it);
    Q_EMIT jobRemoved(id);
}

const Job *JobRunner::job(int id) const
{
    for (const auto &job : m_jobs) {
        if (job->id == id)
            return job.get();
    }
    return nullptr;
}

Job *JobRunner::find(int id) { return const_cast<Job *>(job(id)); }

bool JobRunner::busy() const
{
    return std::any_of(m_jobs.begin(), m_jobs.end(), [](const auto &job) { return job->active(); });
}

} // namespace winnow
