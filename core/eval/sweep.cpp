#include "core/eval/sweep.h"

#include "core/eval/mapped_context.h"
#include "core/eval/plan_notices.h"
#include "core/methods/registry.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <utility>

namespace winnow {
namespace {

using Clock = std::chrono::steady_clock;

/// Cells of a batch below which the matrix products lose speed.
constexpr int64_t kSmallestBatch = 8;

double millisecondsSince(Clock::time_point start)
{
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

/// Share of N a budget keeps; bytes have none that is known here.
double shareOf(const Budget &budget, int64_t tokens)
{
    return budget.kind == BudgetKind::Bytes ? -1 : static_cast<double>(budgetCount(budget, tokens)) / static_cast<double>(tokens);
}

/// One ranked method with fixed parameters (and seed): what every budget of it reads.
struct Line {
    const MethodSpec *spec = nullptr;
    SweepMethod method;
    int64_t seed = 0;
    std::unique_ptr<const Method> algorithm;
    std::shared_ptr<const Ranking> ranking; // null until a cell needs it
    std::string failure; // why it could not be ranked
};

Result<std::vector<Line>> linesOf(const SweepRequest &request)
{
    std::vector<Line> lines;
    for (const SweepMethod &method : request.methods) {
        const MethodSpec *spec = findMethod(method.method);
        if (!spec)
            return fail(ErrorCode::NotFound, "unknown method '" + method.method + "'", "winnow-cli methods lists all");
        const bool seeded = method.parameters.contains("seed");
        std::vector<int64_t> seeds = request.seeds;
        if (!seeded || seeds.empty())
            seeds = {seeded ? method.parameters.at("seed").get<int64_t>() : 0};
        for (int64_t seed : seeds) {
            Line line{spec, method, seed, spec->create(), {}, {}};
            if (seeded)
                line.method.parameters["seed"] = seed;
            lines.push_back(std::move(line));
        }
    }
    return lines;
}

/// Cells of a sweep between being asked for and being measured.
class SweepRun {
public:
    SweepRun(const Capture &capture, const std::vector<int32_t> &continuation, const SweepRequest &request,
        const SweepCallbacks &callbacks, const RunContext &context)
        : m_capture(capture)
        , m_continuation(continuation)
        , m_request(request)
        , m_callbacks(callbacks)
        , m_context(context)
    {
    }

    Result<SweepResult> run();

private:
    Result<void> prepare();
    Result<void> prepareCell(Line &line, const Budget &budget);
    /// Keeps a planned cell to be measured; a plan that reads the prompt in its own way has that done now.
    Result<void> takeCell(const Line &line, SweepCell cell, KvPlan plan);
    std::string keyOf(const Line &line, const Budget &budget) const;
    Result<void> rankLine(Line &line);
    Result<int64_t> countOf(const Line &line, const Budget &budget) const;
    Result<void> measure();
    void leaveOut(SweepCell cell, CellState state, std::string reason);

    const Capture &m_capture;
    const std::vector<int32_t> &m_continuation;
    const SweepRequest &m_request;
    const SweepCallbacks &m_callbacks;
    const RunContext &m_context;
    std::vector<Line> m_lines;
    std::vector<EvaluationCell> m_cells;
    std::vector<size_t> m_places; // of m_cells in m_result.cells
    SweepResult m_result;
};

void SweepRun::leaveOut(SweepCell cell, CellState state, std::string reason)
{
    cell.state = state;
    cell.reason = std::move(reason);
    m_result.cells.push_back(std::move(cell));
    if (m_callbacks.done)
        m_callbacks.done(m_result.cells.back());
}

Result<void> SweepRun::rankLine(Line &line)
{
    if (line.ranking || !line.failure.empty())
        return {};
    const Parameters parameters(line.method.parameters);
    if (!m_capture.needs.covers(line.algorithm->needs(parameters)))
        return fail(ErrorCode::BadInput, "the capture lacks what " + line.method.method + " reads (" + std::string(line.spec->needs) + ")",
            "capture with the needs of all methods of the sweep");
    const auto start = Clock::now();
    Result<std::unique_ptr<const Ranking>> ranking = line.algorithm->rank(m_capture, parameters, m_context);
    m_result.rankMs += millisecondsSince(start);
    if (!ranking && ranking.error().code == ErrorCode::Cancelled)
        return fail(ranking.error());
    if (ranking)
        line.ranking = std::move(*ranking);
    else
        line.failure = ranking.error().message;
    return {};
}

Result<int64_t> SweepRun::countOf(const Line &line, const Budget &budget) const
{
    const BudgetMeaning meaning = line.spec->budget.meaning;
    const int64_t layers = m_capture.config.layers;
    if (budget.kind != BudgetKind::Bytes)
        return budgetCount(budget, meaning, m_capture.tokens(), layers);
    const auto native = [&](int64_t count) -> Result<double> {
        const Result<KvPlan> plan
            = line.algorithm->select(m_capture, *line.ranking, Parameters(line.method.parameters), count);
        if (!plan)
            return fail(plan.error());
        return countedBytes(cellBytes(*plan, m_capture, m_request.elementBytes), m_request.countSmall);
    };
    const Result<EqualBytes> found = countForBytes(budget.value, budgetTotal(meaning, m_capture.tokens(), layers), native);
    if (!found)
        return fail(found.error());
    return countOfStaying(meaning, found->count, layers);
}

std::string SweepRun::keyOf(const Line &line, const Budget &budget) const
{
    CellRecipe recipe = m_request.recipe;
    recipe.contextTokens = m_capture.tokens();
    recipe.method = line.method.method;
    recipe.parameters = line.method.parameters;
    recipe.budget = budgetText(budget);
    if (budget.kind == BudgetKind::Bytes && m_request.countSmall == CountSmall::No)
        recipe.budget += " of the large model";
    recipe.seed = line.seed;
    recipe.mode = m_request.options.mode == ExecutionMode::Mask ? "mask" : "drop";
    return cellKey(recipe);
}

Result<void> SweepRun::prepareCell(Line &line, const Budget &budget)
{
    SweepCell cell;
    cell.method = line.method;
    cell.title = std::string(line.spec->title);
    cell.budget = budget;
    cell.seed = line.seed;
    cell.key = keyOf(line, budget);
    if (m_callbacks.known && m_callbacks.known(cell.key)) {
        leaveOut(std::move(cell), CellState::Known, "measured before");
        return {};
    }
    if (Result<void> ranked = rankLine(line); !ranked)
        return ranked;
    if (!line.failure.empty()) {
        leaveOut(std::move(cell), CellState::Unreachable, line.failure);
        return {};
    }
    const auto start = Clock::now();
    const Result<int64_t> count = countOf(line, budget);
    if (!count) {
        leaveOut(std::move(cell), CellState::Unreachable, count.error().message);
        return {};
    }
    cell.count = *count;
    const int64_t staying = stayingCount(line.spec->budget.meaning, cell.count, m_capture.config.layers);
    Result<KvPlan> plan = line.algorithm->select(m_capture, *line.ranking, Parameters(line.method.parameters), staying);
    if (!plan) {
        leaveOut(std::move(cell), CellState::Unreachable, plan.error().message);
        return {};
    }
    cell.selectMs = millisecondsSince(start);
    m_result.selectMs += cell.selectMs;
    return takeCell(line, std::move(cell), std::move(*plan));
}

Result<void> SweepRun::takeCell(const Line &line, SweepCell cell, KvPlan plan)
{
    addModelNotices(m_capture.config, plan);
    if (plan.inactive) {
        std::string reason = inactiveNotice(plan);
        if (reason.empty())
            reason = "the budget holds the whole prompt, so the method does nothing";
        cell.bytes = cellBytes(plan, m_capture, m_request.elementBytes);
        cell.plan = std::make_shared<const KvPlan>(std::move(plan));
        leaveOut(std::move(cell), CellState::Inactive, std::move(reason));
        return {};
    }
    EvaluationCell prepared{std::move(plan), line.algorithm.get(), line.ranking, Parameters(line.method.parameters)};
    if (Result<void> given = giveContext(m_capture, prepared, m_context); !given)
        return given;
    cell.plan = std::make_shared<const KvPlan>(prepared.plan);
    cell.bytes = cellBytes(prepared.plan, m_capture, m_request.elementBytes);
    m_cells.push_back(std::move(prepared));
    m_places.push_back(m_result.cells.size());
    m_result.cells.push_back(std::move(cell));
    return {};
}

Result<void> SweepRun::prepare()
{
    Result<std::vector<Line>> lines = linesOf(m_request);
    if (!lines)
        return fail(lines.error());
    m_lines = std::move(*lines);
    const std::vector<Budget> budgets = coarseFirst(m_request.budgets, m_capture.tokens());
    for (size_t b = 0; b < budgets.size(); ++b) {
        for (Line &line : m_lines) {
            const bool noBudget = line.spec->budget.unit.empty();
            if (noBudget && b > 0)
                continue; // one cell stands for a method without a budget
            if (m_context.cancelled())
                return fail(ErrorCode::Cancelled, "sweep cancelled");
            if (Result<void> prepared = prepareCell(line, noBudget ? Budget{} : budgets[b]); !prepared)
                return prepared;
        }
    }
    return {};
}

Result<void> SweepRun::measure()
{
    if (m_cells.empty())
        return {}; // everything is known, inactive or unreachable
    const auto start = Clock::now();
    const auto done = [this](size_t index, const CellResult &result) {
        SweepCell &cell = m_result.cells[m_places[index]];
        cell.result = std::make_shared<const CellResult>(result);
        if (m_callbacks.done)
            m_callbacks.done(cell);
    };
    EvaluationOptions options = m_request.options;
    if (options.maxBatch == 0) // one budget of all methods at a time: curves fill from the first seconds on
        options.maxBatch = std::max<int64_t>(kSmallestBatch, static_cast<int64_t>(m_lines.size()));
    Result<std::vector<CellResult>> results = evaluate(m_capture, m_continuation, m_cells, options, done, m_context);
    if (!results)
        return fail(results.error());
    m_result.full = std::move(results->back());
    m_result.evaluateMs = millisecondsSince(start);
    return {};
}

Result<SweepResult> SweepRun::run()
{
    if (Result<void> prepared = prepare(); !prepared)
        return fail(prepared.error());
    if (Result<void> measured = measure(); !measured)
        return fail(measured.error());
    return std::move(m_result);
}

} // namespace

std::vector<Budget> coarseFirst(std::vector<Budget> budgets, int64_t tokens)
{
    std::stable_sort(budgets.begin(), budgets.end(),
        [&](const Budget &a, const Budget &b) { return shareOf(a, tokens) > shareOf(b, tokens); });
    // A typed budget stands for a share of the order when it is within a quarter of it.
    constexpr double kNear = 1.25;
    std::vector<Budget> order;
    for (const double share : std::array<double, 5>{.2, .5, .1, .8, .05}) {
        auto best = budgets.end();
        double distance = std::log(kNear) + 1e-12;
        for (auto it = budgets.begin(); it != budgets.end(); ++it) {
            const double found = shareOf(*it, tokens);
            if (found > 0 && std::abs(std::log(found / share)) < distance) {
                distance = std::abs(std::log(found / share));
                best = it;
            }
        }
        if (best != budgets.end()) {
            order.push_back(*best);
            budgets.erase(best);
        }
    }
    order.insert(order.end(), budgets.begin(), budgets.end());
    return order;
}

Result<CaptureNeeds> sweepNeeds(const std::vector<SweepMethod> &methods)
{
    CaptureNeeds needs;
    for (const SweepMethod &method : methods) {
        const MethodSpec *spec = findMethod(method.method);
        if (!spec)
            return fail(ErrorCode::NotFound, "unknown method '" + method.method + "'", "winnow-cli methods lists all");
        needs.include(spec->create()->needs(Parameters(method.parameters)));
    }
    return needs;
}

Result<SweepResult> runSweep(const Capture &capture, const std::vector<int32_t> &continuation, const SweepRequest &request,
    const SweepCallbacks &callbacks, const RunContext &context)
{
    return SweepRun(capture, continuation, request, callbacks, context).run();
}

} // namespace winnow
