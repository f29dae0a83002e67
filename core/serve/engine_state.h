#pragma once

#include "core/serve/capture_store.h"
#include "core/serve/engine.h"
#include "core/serve/input_request.h"
#include "core/serve/model_table.h"
#include "core/serve/pair_store.h"
#include "core/serve/scorer_store.h"
#include "core/serve/segment_store.h"

#include <optional>

namespace winnow {

/// What lives between two requests, and what the commands share.
struct EngineState {
    EngineOptions options;
    ModelTable models;
    CaptureStore captures;
    PairStore pairs;
    ScorerStore scorers;
    SegmentStore segmenters{};

    /// The input of a request as ids, from the file's header and tokenizer alone.
    Result<PreparedInput> prepare(const ModelRequest &wanted, const Json &request);
    /// A capture of `ids`, from the store or made now.
    /// @error BadInput when a method needs a small model and the request names none; as CaptureStore::obtain.
    Result<StoredCapture *> capture(const ModelRequest &wanted, const std::optional<ModelRequest> &small,
        const std::vector<int32_t> &ids, const CaptureNeeds &needs, const RunContext &context);
    /// The loaded model with its identity.
    Result<HashedModel> hashed(const ModelRequest &wanted, const RunContext &context);
    /// The `model` object of a report.
    Result<Json> modelObject(const ModelRequest &wanted, const RunContext &context);
    /// The same of the second model; null without one.
    Result<Json> smallModelObject(const std::optional<ModelRequest> &small, const RunContext &context);
};

/// One command of docs/protocol.md.
using CommandHandler = Result<Document> (*)(
    EngineState &state, const Json &request, const RunContext &context, const PartSink &part);

Result<Document> answerHello(EngineState &, const Json &, const RunContext &, const PartSink &);
Result<Document> answerMethods(EngineState &, const Json &, const RunContext &, const PartSink &);
Result<Document> answerModels(EngineState &, const Json &, const RunContext &, const PartSink &);
Result<Document> answerFetch(EngineState &, const Json &, const RunContext &, const PartSink &);
Result<Document> answerOpen(EngineState &, const Json &, const RunContext &, const PartSink &);
Result<Document> answerDescribe(EngineState &, const Json &, const RunContext &, const PartSink &);
Result<Document> answerTokenize(EngineState &, const Json &, const RunContext &, const PartSink &);
Result<Document> answerDetokenize(EngineState &, const Json &, const RunContext &, const PartSink &);
Result<Document> answerRender(EngineState &, const Json &, const RunContext &, const PartSink &);
Result<Document> answerCapture(EngineState &, const Json &, const RunContext &, const PartSink &);
Result<Document> answerSelect(EngineState &, const Json &, const RunContext &, const PartSink &);
Result<Document> answerScore(EngineState &, const Json &, const RunContext &, const PartSink &);
Result<Document> answerExportCapture(EngineState &, const Json &, const RunContext &, const PartSink &);
Result<Document> answerRun(EngineState &, const Json &, const RunContext &, const PartSink &);
Result<Document> answerSweep(EngineState &, const Json &, const RunContext &, const PartSink &);
Result<Document> answerGenerate(EngineState &, const Json &, const RunContext &, const PartSink &);
Result<Document> answerSelftest(EngineState &, const Json &, const RunContext &, const PartSink &);
Result<Document> answerBench(EngineState &, const Json &, const RunContext &, const PartSink &);
Result<Document> answerCompare(EngineState &, const Json &, const RunContext &, const PartSink &);
Result<Document> answerPairTile(EngineState &, const Json &, const RunContext &, const PartSink &);
Result<Document> answerTrain(EngineState &, const Json &, const RunContext &, const PartSink &);
Result<Document> answerLattice(EngineState &, const Json &, const RunContext &, const PartSink &);
Result<Document> answerTeach(EngineState &, const Json &, const RunContext &, const PartSink &);
Result<Document> answerTile(EngineState &, const Json &, const RunContext &, const PartSink &);
Result<Document> answerDatasets(EngineState &, const Json &, const RunContext &, const PartSink &);
Result<Document> answerItems(EngineState &, const Json &, const RunContext &, const PartSink &);

} // namespace winnow
