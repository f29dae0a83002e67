#pragma once

#include "core/base/json.h"
#include "core/eval/capture.h"
#include "core/eval/evaluate.h"
#include "core/methods/method.h"

#include <list>
#include <memory>
#include <optional>
#include <string>

namespace winnow {

/// A method with the ranking it made of one capture: what a slider reads.
struct RankedMethod {
    std::string key; // id and canonical parameters
    std::shared_ptr<const Method> method;
    Parameters parameters{Json::object()};
    std::shared_ptr<const Ranking> ranking;
    BudgetMeaning meaning = BudgetMeaning::KeptTokens;
};

/// A capture and what was computed from it.
struct StoredCapture {
    std::string id; // content: model and ids
    std::string modelName; // for messages
    CapturePtr capture;
    std::list<RankedMethod> rankings; // most recently used first
    // Measured run of the full cache on this continuation: the reference of msPerToken.
    std::vector<int32_t> measuredContinuation;
    std::optional<MeasuredRun> fullMeasured;
    // The small model by itself on this continuation.
    std::vector<int32_t> smallContinuation;
    std::optional<CellResult> smallAlone;
};

/// A loaded model with the identity of its file.
struct HashedModel {
    std::shared_ptr<const Model> model; // may be null
    std::string hash{};

    /// What a capture depends on beside its ids: file, device, precision.
    std::string key() const;
};

/// Captures by content under a byte budget; the least recently used one goes first.
class CaptureStore {
public:
    explicit CaptureStore(int64_t budgetBytes)
        : m_budgetBytes(budgetBytes)
    {
    }

    /// The capture of `ids` with at least `needs`; made (with the union of what was asked so far) when there is none. With a
    /// small model it is a capture of its own, which shares the tensors of the one without.
    /// @param small model null: the needs name no pair.
    /// @error OutOfMemory when its forecast is above the budget or what the machine has; as captureContext and capturePair.
    Result<StoredCapture *> obtain(const HashedModel &large, const HashedModel &small, const std::vector<int32_t> &ids,
        const CaptureNeeds &needs, const RunContext &context);

    /// @error NotFound when the engine no longer holds it.
    Result<StoredCapture *> find(const std::string &id);

    /// Drops all captures of a model.
    void forget(const Model &model);

    int64_t bytes() const;

private:
    void makeRoom(int64_t bytes);
    Result<CapturePtr> contextOf(
        const HashedModel &large, const std::vector<int32_t> &ids, const CaptureNeeds &needs, const RunContext &context);

    int64_t m_budgetBytes;
    std::list<StoredCapture> m_captures; // most recently used first
};

/// The ranking of a method over a capture, cached per parameters.
/// @param parameters canonical.
/// @error NotFound when the capture lacks what the method reads; as Method::rank.
Result<const RankedMethod *> rankedMethod(
    StoredCapture &stored, const MethodSpec &spec, const Json &parameters, const RunContext &context);

} // namespace winnow
