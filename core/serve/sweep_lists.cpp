#include "core/serve/sweep_lists.h"

#include "core/base/json_fields.h"
#include "core/serve/request_fields.h"

#include <algorithm>
#include <string>

namespace winnow {
namespace {

    constexpr size_t kMaxCells = 10000;

} // namespace

Result<std::vector<Budget>> budgetList(const Json &request, std::span<const char *const> defaults)
{
    Json list = childField(request, "budgets");
    if (list.is_null())
        list = std::vector<std::string>(defaults.begin(), defaults.end());
    if (!list.is_array() || list.empty())
        return fail(ErrorCode::BadInput, "budgets: expected a list, at least one");
    std::vector<Budget> budgets;
    for (const Json &entry : list) {
        auto budget = parseBudget(entry.is_string() ? entry.get<std::string>() : jsonText(entry));
        if (!budget)
            return fail(budget.error());
        if (std::find(budgets.begin(), budgets.end(), *budget) == budgets.end())
            budgets.push_back(*budget);
    }
    return budgets;
}

Result<std::vector<int64_t>> seedList(const Json &request)
{
    const Json &list = childField(request, "seeds");
    if (!list.is_null() && !list.is_array())
        return fail(ErrorCode::BadInput, "seeds: expected a list, found " + jsonText(list));
    std::vector<int64_t> seeds;
    for (const Json &seed : list) {
        if (!seed.is_number_integer() || seed.get<int64_t>() < 0)
            return fail(ErrorCode::BadInput, "seeds: expected whole numbers from 0, found " + jsonText(seed));
        seeds.push_back(seed.get<int64_t>());
    }
    return seeds;
}

Result<void> checkCells(size_t methods, size_t budgets, size_t seeds)
{
    const size_t cells = methods * budgets * std::max<size_t>(1, seeds);
    if (cells > kMaxCells)
        return fail(ErrorCode::BadInput,
            "the sweep has " + std::to_string(cells) + " cells, at most " + std::to_string(kMaxCells) + " are allowed");
    return {};
}

void writeLists(std::span<const MethodRequest> methods, std::span<const Budget> budgets, std::span<const int64_t> seeds, Json &request)
{
    request["methods"] = Json::array();
    for (const MethodRequest &method : methods)
        request["methods"].push_back({{"method", method.spec->id}, {"params", method.parameters}});
    request["budgets"] = Json::array();
    for (const Budget &budget : budgets)
        request["budgets"].push_back(budgetText(budget));
    if (!seeds.empty())
        request["seeds"] = std::vector<int64_t>(seeds.begin(), seeds.end());
}

} // namespace winnow
