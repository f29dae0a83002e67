#include "core/serve/capture_store.h"

#include "core/base/budget.h"
#include "core/base/json_fields.h"
#include "core/model/device.h"
#include "core/model/model.h"
#include "core/model/sha256.h"

#include <algorithm>

namespace winnow {
namespace {

    constexpr size_t kMaxRankings = 48; // of one capture: the methods of a page and some settings of each

    std::string contentId(const std::string &modelHash, const std::vector<int32_t> &ids)
    {
        Sha256 hash;
        hash.add(modelHash);
        hash.add(std::as_bytes(std::span(ids)));
        return hash.finish().substr(0, 24);
    }

} // namespace

int64_t CaptureStore::bytes() const
{
    int64_t sum = 0;
    for (const StoredCapture &stored : m_captures)
        sum += stored.capture->bytes;
    return sum;
}

void CaptureStore::makeRoom(int64_t bytes)
{
    while (!m_captures.empty() && this->bytes() + bytes > m_budgetBytes)
        m_captures.pop_back();
}

void CaptureStore::forget(const Model &model)
{
    m_captures.remove_if([&](const StoredCapture &stored) {
        const PairCapture *pair = stored.capture->pair.get();
        return stored.capture->model.get() == &model || (pair && pair->small->model.get() == &model);
    });
}

Result<StoredCapture *> CaptureStore::find(const std::string &id)
{
    const auto found = std::find_if(
        m_captures.begin(), m_captures.end(), [&](const StoredCapture &stored) { return stored.id == id; });
    if (found == m_captures.end())
        return fail(ErrorCode::NotFound, "the engine holds no capture \"" + id + "\"", "capture the input again");
    m_captures.splice(m_captures.begin(), m_captures, found);
    return &m_captures.front();
}

std::string HashedModel::key() const
{
    return model ? hash + model->deviceName() + model->dtypeName() + model->weightsName() : std::string();
}

/// The large model's part of a capture: what is held of the same ids, or a new pass.
Result<CapturePtr> CaptureStore::contextOf(
    const HashedModel &large, const std::vector<int32_t> &ids, const CaptureNeeds &needs, const RunContext &context)
{
    CaptureNeeds own = needs;
    own.pair = {};
    for (const StoredCapture &stored : m_captures) {
        if (stored.capture->model == large.model && stored.capture->ids == ids && stored.capture->needs.covers(own))
            return stored.capture;
    }
    const int64_t forecast = forecastCaptureBytes(large.model->config(), int64_t(ids.size()), own);
    const int64_t allowed = std::min(m_budgetBytes, availableMemoryBytes());
    if (forecast > allowed)
        return fail(ErrorCode::OutOfMemory,
            "a capture of " + std::to_string(ids.size()) + " tokens needs " + byteText(double(forecast)) + ", allowed are "
                + byteText(double(allowed)),
            "shorten the input or use a machine with more memory");
    makeRoom(forecast);
    return captureContext(large.model, ids, own, context);
}

Result<StoredCapture *> CaptureStore::obtain(const HashedModel &large, const HashedModel &small, const std::vector<int32_t> &ids,
    const CaptureNeeds &needs, const RunContext &context)
{
    const std::string id = contentId(small.model ? large.key() + '|' + small.key() : large.key(), ids);
    CaptureNeeds asked = needs;
    if (auto found = find(id)) {
        if ((*found)->capture->needs.covers(needs))
            return *found;
        asked.include((*found)->capture->needs);
    }
    auto capture = contextOf(large, ids, asked, context);
    if (!capture)
        return fail(capture.error());
    if (asked.pair.small) {
        auto whole = std::make_shared<Capture>(**capture); // copies of handles, not of tensors
        auto pair = capturePair(**capture, small.model, asked.pair, context);
        if (!pair)
            return fail(pair.error());
        whole->pair = *pair;
        whole->needs.pair = asked.pair;
        whole->bytes += (*pair)->bytes;
        capture = CapturePtr(std::move(whole));
    }
    m_captures.remove_if([&](const StoredCapture &stored) { return stored.id == id; });
    m_captures.push_front({id, large.model->config().name, *capture, {}, {}, {}, {}, {}});
    return &m_captures.front();
}

Result<const RankedMethod *> rankedMethod(
    StoredCapture &stored, const MethodSpec &spec, const Json &parameters, const RunContext &context)
{
    const std::string key = std::string(spec.id) + jsonText(parameters);
    auto &rankings = stored.rankings;
    const auto found
        = std::find_if(rankings.begin(), rankings.end(), [&](const RankedMethod &ranked) { return ranked.key == key; });
    if (found != rankings.end()) {
        rankings.splice(rankings.begin(), rankings, found);
        return &rankings.front();
    }
    RankedMethod ranked{key, spec.create(), Parameters(parameters), nullptr, spec.budget.meaning};
    if (!stored.capture->needs.covers(ranked.method->needs(ranked.parameters)))
        return fail(ErrorCode::NotFound,
            "the capture does not hold what " + std::string(spec.id) + " reads with these parameters",
            "capture the input again with this method among its methods");
    auto ranking = ranked.method->rank(*stored.capture, ranked.parameters, context);
    if (!ranking)
        return fail(ranking.error());
    ranked.ranking = std::move(*ranking);
    if (rankings.size() >= kMaxRankings)
        rankings.pop_back();
    rankings.push_front(std::move(ranked));
    return &rankings.front();
}

} // namespace winnow
