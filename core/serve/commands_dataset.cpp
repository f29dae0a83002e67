#include "core/serve/commands_dataset.h"

#include "core/base/json_fields.h"
#include "core/eval/task_metrics.h"
#include "core/model/sha256.h"
#include "core/serve/dataset_plan.h"
#include "core/serve/machine.h"
#include "core/serve/sweep_lists.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <span>

namespace winnow {
namespace {

    std::string hashOf(const Json &json)
    {
        const std::string text = jsonText(json);
        return sha256(std::as_bytes(std::span(text))).substr(0, 32);
    }

    /// Kept share of the tokens that touch the evidence against that of all others. @source text-data.md 6.
    void addEvidence(const PromptItem &item, const PromptSetup &setup, PromptOutcome &outcome)
    {
        if (item.evidence.empty())
            return;
        // Code points of a context to bytes of the joined text.
        std::vector<int64_t> begins;
        int64_t at = 0;
        for (const std::string &context : item.contexts) {
            begins.push_back(at);
            at += std::ssize(context) + 2;
        }
        std::vector<uint8_t> touched(setup.input.ids.size(), 0);
        for (const Evidence &evidence : item.evidence) {
            const std::string &context = item.contexts[static_cast<size_t>(evidence.context)];
            int64_t point = -1, first = -1, end = std::ssize(context);
            for (int64_t i = 0; i < std::ssize(context); ++i) {
                point += (static_cast<unsigned char>(context[static_cast<size_t>(i)]) & 0xC0) != 0x80;
                if (point == evidence.first && first < 0)
                    first = i;
                if (point == evidence.end) {
                    end = i;
                    break;
                }
            }
            const int64_t base = begins[static_cast<size_t>(evidence.context)];
            for (size_t t = 0; t < touched.size() && first >= 0; ++t)
                touched[t] |= setup.input.spans[t].second > base + first && setup.input.spans[t].first < base + end;
        }
        const EvidenceRetention kept = evidenceRetention(touched, {outcome.plan.kept.begin(), outcome.plan.kept.end()});
        if (kept.insideTokens > 0)
            outcome.metrics["evidenceKept"] = kept.inside;
        if (kept.outsideTokens > 0)
            outcome.metrics["evidenceElsewhere"] = kept.outside;
    }

    /// What the request names, opened once.
    struct Models {
        std::shared_ptr<ModelScorer> scorer, full, cut;
        Json model, small;
        std::string identity;
    };

    Result<Models> openModels(EngineState &state, const PromptSetup &setup, const RunContext &context)
    {
        Models models;
        auto scoring = state.hashed(setup.scoring(), context);
        auto reading = scoring ? state.hashed(setup.reader, context) : scoring;
        if (!reading)
            return fail(reading.error());
        models.scorer = state.scorers.obtain(*scoring, ScorerRole::Compress);
        models.full = state.scorers.obtain(*reading, ScorerRole::ReadFull);
        models.cut = state.scorers.obtain(*reading, ScorerRole::ReadShort);
        auto model = state.modelObject(setup.reader, context);
        auto small = model ? state.smallModelObject(setup.scorer, context) : model;
        if (!small)
            return fail(small.error());
        models.model = std::move(*model);
        models.small = std::move(*small);
        models.identity = scoring->key() + '+' + reading->key();
        return models;
    }

    class DatasetRun {
    public:
        DatasetRun(EngineState &state, const Json &request, const DatasetPlan &plan, DataItems<PromptItem> data, const RunContext &context, const PartSink &part)
            : m_state(state)
            , m_request(request)
            , m_plan(plan)
            , m_data(std::move(data))
            , m_context(context)
            , m_quiet{context.stop, nullptr}
            , m_part(part)
        {
        }

        Result<Document> answer()
        {
            auto first = setupOf(0);
            if (!first)
                return fail(first.error());
            auto models = openModels(m_state, *first, m_context);
            if (!models)
                return fail(models.error());
            m_models = std::move(*models);
            m_reader = std::make_unique<ItemReader>(m_models.full, m_models.cut);
            m_cells = promptCells(m_plan.sweep, m_models.identity);
            m_total = std::ssize(m_cells) * std::ssize(m_data.items);
            auto done = allGroups();
            m_reader->releaseCaches();
            m_models.scorer->releaseCaches();
            return done ? report(*first) : Result<Document>(fail(done.error()));
        }

    private:
        Result<PromptSetup> setupOf(size_t item) const
        {
            const AnswerCue cue = integerField(m_request, "generate") > 0 ? AnswerCue::Generated : AnswerCue::Forced;
            return promptSetup(m_state, itemRequest(m_request, m_data.items[item], m_data.numbers[item], cue));
        }

        bool sameContexts(size_t a, size_t b) const
        {
            return m_data.items[a].contexts == m_data.items[b].contexts && m_data.items[a].instruction == m_data.items[b].instruction;
        }

        Result<void> allGroups()
        {
            for (size_t first = 0; first < m_data.items.size();) {
                size_t end = first + 1;
                while (end < m_data.items.size() && sameContexts(first, end))
                    ++end;
                if (auto done = group(first, end); !done)
                    return done;
                m_reader->forgetItems();
                first = end;
            }
            return {};
        }

        Result<void> group(size_t first, size_t end)
        {
            std::vector<Result<PromptSetup>> setups; // made when they are needed first: a resumed run needs few
            setups.resize(end - first, Result<PromptSetup>(fail(ErrorCode::Internal, "not prepared")));
            std::vector<uint8_t> prepared(end - first, 0);
            for (const PromptCell &cell : m_cells) {
                std::optional<PromptOutcome> shared;
                for (size_t i = first; i < end; ++i) {
                    ItemResult result = startResult(cell, i);
                    if (!restored(result)) {
                        if (!prepared[i - first]++)
                            setups[i - first] = setupOf(i);
                        auto done = setups[i - first] ? item(cell, i, *setups[i - first], shared, result) : Result<void>(fail(setups[i - first].error()));
                        if (!done && done.error().code != ErrorCode::BadInput)
                            return done;
                        if (!done) {
                            result.state = "failed";
                            result.reason = done.error().message;
                        }
                    }
                    m_results.push_back(std::move(result));
                    m_context.progress("items", std::ssize(m_results), m_total, "items");
                    if (m_context.cancelled())
                        return fail(ErrorCode::Cancelled, "cancelled after " + std::to_string(m_results.size()) + " of " + std::to_string(m_total) + " items");
                }
            }
            return {};
        }

        ItemResult startResult(const PromptCell &cell, size_t i) const
        {
            const PromptItem &item = m_data.items[i];
            ItemResult result;
            result.cell = &cell;
            result.id = item.id;
            result.number = m_data.numbers[i];
            result.key = "item-" + hashOf(Json{{"cell", cell.key}, {"id", item.id}, {"instruction", item.instruction}, {"contexts", item.contexts},
                {"question", item.question}, {"answers", item.answers}, {"classes", item.classes}, {"meta", item.meta},
                {"generate", integerField(m_request, "generate")}, {"shared", m_plan.shared == SharedContexts::Yes},
                {"fluency", m_plan.fluency == Fluency::Measure}});
            return result;
        }

        bool restored(ItemResult &result) const
        {
            const auto known = m_plan.sweep.known.find(result.key);
            if (known == m_plan.sweep.known.end())
                return false;
            result.state = "known";
            result.reason = "measured before";
            const Json &metrics = childField(known->second, "metrics");
            for (const auto &[name, value] : metrics.items()) {
                if (const auto number = numberFromJson(value))
                    result.metrics[name] = *number;
            }
            return true;
        }

        /// Compresses for one cell; where lengths are matched, at the rate that gives the reader the asked number of tokens.
        Result<PromptOutcome> compressed(const PromptCell &cell, const PromptSetup &setup)
        {
            const MethodRequest method = cell.request();
            PromptOutcome outcome;
            outcome.asked = promptBudget(cell.budget, setup);
            const auto made = method.spec->createPrompt();
            m_models.scorer->startCounting();
            m_models.scorer->watch(setup.input.ids);
            const auto began = std::chrono::steady_clock::now();
            int64_t runs = 1;
            const CompressAt compress = [&](double rate) {
                return made->compress(setup.input, *m_models.scorer, {rate, -1}, Parameters(method.parameters), m_quiet);
            };
            if (m_plan.sweep.matching == LengthMatching::On && made->takesBudget()) {
                const double share = outcome.asked.share(setup.input.tokens());
                auto found = matchLength(share, share * static_cast<double>(setup.readerTokensIn), compress,
                    [&](const std::string &text) { return readerTokens(setup, text); });
                if (!found)
                    return fail(found.error());
                outcome.plan = std::move(found->plan);
                outcome.metrics["ownRate"] = found->rate;
                runs = found->runs;
            } else {
                auto found = made->compress(setup.input, *m_models.scorer, outcome.asked, Parameters(method.parameters), m_quiet);
                if (!found)
                    return fail(found.error());
                outcome.plan = std::move(*found);
            }
            outcome.costs = m_models.scorer->costs();
            const double ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count();
            outcome.compressMs = (ms - m_models.scorer->unaskedMs()) / static_cast<double>(runs);
            return outcome;
        }

        Result<void> item(const PromptCell &cell, size_t i, const PromptSetup &setup, std::optional<PromptOutcome> &shared, ItemResult &result)
        {
            const MethodRequest method = cell.request();
            const bool shares = m_plan.shared == SharedContexts::Yes && isTaskAgnostic(method, setup);
            if (auto checked = checkNeeds(method, setup.input, promptBudget(cell.budget, setup)); !checked)
                return checked;
            if (!shares || !shared) {
                auto outcome = compressed(cell, shares ? withoutTask(setup) : setup);
                if (!outcome)
                    return fail(outcome.error());
                shared = std::move(*outcome);
            }
            PromptOutcome outcome = *shared;
            auto measured = measurePlan(setup, method, *m_models.scorer, outcome, m_quiet);
            if (measured && m_plan.fluency == Fluency::Measure)
                measured = addFluency(std::array{m_models.scorer.get()}, outcome, m_quiet);
            if (!measured)
                return measured;
            if (m_plan.sweep.matching == LengthMatching::On)
                std::erase_if(outcome.checks, [](const Check &check) { return check.id == "budget"; });
            addEvidence(m_data.items[i], setup, outcome);
            if (auto read = m_reader->read(m_data.numbers[i], m_data.items[i], setup, outcome, m_quiet); !read)
                return read;
            if (!cell.method->spec->budget.unit.empty())
                outcome.budget = budgetText(cell.budget);
            result.metrics = outcome.metrics;
            if (m_part)
                handOn(cell, i, setup, method, outcome, result.key);
            return {};
        }

        /// The request that repeats one item: the data set's file and one number.
        Json requestOf(const PromptCell &cell, size_t i) const
        {
            Json own = m_request;
            for (const char *name : {"methods", "budgets", "seeds", "matched", "knownCells"})
                own.erase(name);
            own["command"] = "run";
            own["items"] = std::to_string(m_data.numbers[i]) + ':' + std::to_string(m_data.numbers[i] + 1);
            own["method"] = cell.method->spec->id;
            own["params"] = cell.parameters;
            if (!cell.method->spec->budget.unit.empty())
                own["budget"] = budgetText(cell.budget);
            return own;
        }

        void handOn(const PromptCell &cell, size_t i, const PromptSetup &setup, const MethodRequest &method, PromptOutcome &outcome, const std::string &key)
        {
            const PromptItem &item = m_data.items[i];
            if (!flagField(m_request, "withScores")) { // a set has many items, and the scores are those of a run of the item alone
                outcome.plan.scores.clear();
                outcome.plan.tables.clear();
            }
            const PromptReportParts parts{setup, requestOf(cell, i), m_models.model, m_models.small, m_clock};
            ReportBuilder builder = promptReport(parts, method, outcome);
            builder.setExtra("cellKey", key);
            builder.setExtra("state", "measured");
            builder.setExtra("item", {{"set", item.set}, {"id", item.id}, {"number", m_data.numbers[i]}, {"task", item.task}, {"answers", item.answers}});
            m_part(builder.build()->document());
        }

        Json canonical() const
        {
            Json own = m_request;
            own.erase("knownCells");
            if (stringField(m_request, "command") == "run") {
                own["params"] = m_plan.sweep.methods.front().parameters;
                return own;
            }
            writeLists(m_plan.sweep.methods, m_plan.sweep.budgets, m_plan.sweep.seeds, own);
            own["matched"] = m_plan.sweep.matching == LengthMatching::On;
            return own;
        }

        Result<Document> report(const PromptSetup &first) const
        {
            ReportBuilder builder;
            builder.setRequest(canonical());
            builder.setModel(m_models.model);
            if (!m_models.small.is_null())
                builder.setExtra("smallModel", m_models.small);
            const DataSet *set = *findDataSet(stringField(m_request, "dataset"));
            builder.setExtra("dataset", {{"name", set->name}, {"title", set->title}, {"licence", set->licence}, {"attribution", set->attribution},
                {"file", stringField(m_request, "datasetFile")}, {"items", m_data.items.size()}});
            addDatasetTables(builder, m_cells, m_results);
            for (const DataWarning &warning : m_data.notes.warnings)
                builder.addNotice(warning.file + (warning.line > 0 ? ", line " + std::to_string(warning.line) : "") + ": " + warning.reason);
            const auto failed = std::count_if(m_results.begin(), m_results.end(), [](const ItemResult &result) { return result.state == "failed"; });
            if (failed > 0)
                builder.addNotice(std::to_string(failed) + " of " + std::to_string(m_results.size()) + " results failed: see the table of items");
            if (m_plan.shared == SharedContexts::Yes && m_data.items.size() > 1 && sameContexts(0, 1))
                builder.addNotice("items with the same contexts share one compressed prompt, made without their questions where a method allows it");
            builder.setProvenance(m_clock.provenance(first.reader.threads, first.seed, stringField(m_models.model, "device")));
            return builder.build()->document();
        }

        EngineState &m_state;
        const Json &m_request;
        const DatasetPlan &m_plan;
        DataItems<PromptItem> m_data;
        const RunContext &m_context;
        RunContext m_quiet; // progress counts items
        const PartSink &m_part;
        RunClock m_clock;
        Models m_models;
        std::unique_ptr<ItemReader> m_reader;
        std::vector<PromptCell> m_cells;
        std::vector<ItemResult> m_results;
        int64_t m_total = 0;
    };

    /// Leaves out what follows the reply to another item: nothing here holds a conversation. @source text-data.md 3.7.
    Result<void> leaveOutReplies(DataItems<PromptItem> &data, const std::string &path)
    {
        DataItems<PromptItem> alone;
        for (size_t i = 0; i < data.items.size(); ++i) {
            if (data.items[i].meta.contains("needsReplyOf"))
                continue;
            alone.items.push_back(std::move(data.items[i]));
            alone.numbers.push_back(data.numbers[i]);
        }
        const size_t left = data.items.size() - alone.items.size();
        if (alone.items.empty())
            return fail(ErrorCode::BadInput, path + ": expected an item that stands alone, found only turns behind the reply to another one",
                "choose first turns: items 0, 2, 4, ..");
        alone.notes = std::move(data.notes);
        if (left > 0)
            alone.notes.warn(path, 0, std::to_string(left) + " turns need the reply to the turn before and are left out");
        data = std::move(alone);
        return {};
    }

} // namespace

Result<Document> answerDataset(EngineState &state, const Json &request, const RunContext &context, const PartSink &part)
{
    auto dataset = datasetRequest(request);
    if (!dataset)
        return fail(dataset.error());
    if (!isOfFamily(request, "prompt"))
        return fail(ErrorCode::BadInput, std::string(dataset->set->title) + ": its items are prompts, for methods of the family prompt",
            "winnow-cli methods --family prompt lists them");
    auto plan = datasetPlan(request);
    if (!plan)
        return fail(plan.error());
    auto data = loadPromptItems(*dataset->set, dataset->path, dataset->settings, dataset->choice, context);
    if (!data)
        return fail(data.error());
    if (auto alone = leaveOutReplies(*data, dataset->path); !alone)
        return fail(alone.error());
    return DatasetRun(state, request, *plan, std::move(*data), context, part).answer();
}

} // namespace winnow
