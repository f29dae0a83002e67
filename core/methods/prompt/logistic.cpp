#include "core/methods/prompt/logistic.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace winnow {
namespace {

    constexpr int kSteps = 300;
    constexpr double kRate = 0.5, kDecay = 1e-3;

    double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

    void findScale(const std::vector<std::vector<double>> &rows, LogisticModel &model)
    {
        const size_t features = rows.empty() ? 0 : rows.front().size();
        const auto count = static_cast<double>(rows.size());
        model.mean.assign(features, 0.0);
        model.deviation.assign(features, 0.0);
        for (const std::vector<double> &row : rows) {
            for (size_t f = 0; f < features; ++f)
                model.mean[f] += row[f] / count;
        }
        for (const std::vector<double> &row : rows) {
            for (size_t f = 0; f < features; ++f)
                model.deviation[f] += (row[f] - model.mean[f]) * (row[f] - model.mean[f]) / count;
        }
        for (double &value : model.deviation)
            value = std::sqrt(value);
    }

    /// The features the model knows: none when it was taught by no row.
    std::vector<double> standardised(std::span<const double> row, const LogisticModel &model)
    {
        std::vector<double> out(std::min(row.size(), model.mean.size()));
        for (size_t f = 0; f < out.size(); ++f)
            out[f] = model.deviation[f] > 1e-12 ? (row[f] - model.mean[f]) / model.deviation[f] : 0;
        return out;
    }

    double linear(const std::vector<double> &weights, const std::vector<double> &row)
    {
        return std::inner_product(weights.begin(), weights.end() - 1, row.begin(), weights.back());
    }

} // namespace

double LogisticModel::probability(std::span<const double> row) const { return sigmoid(linear(weights, standardised(row, *this))); }

LogisticModel fitLogistic(const std::vector<std::vector<double>> &rows, const std::vector<uint8_t> &labels)
{
    LogisticModel model;
    findScale(rows, model);
    std::vector<std::vector<double>> scaled;
    for (const std::vector<double> &row : rows)
        scaled.push_back(standardised(row, model));
    const size_t features = model.mean.size();
    const auto count = static_cast<double>(std::max<size_t>(1, rows.size()));
    model.weights.assign(features + 1, 0.0);
    for (int step = 0; step < kSteps; ++step) {
        std::vector<double> gradient(features + 1, 0.0);
        for (size_t i = 0; i < scaled.size(); ++i) {
            const double error = (sigmoid(linear(model.weights, scaled[i])) - labels[i]) / count;
            for (size_t f = 0; f < features; ++f)
                gradient[f] += error * scaled[i][f];
            gradient[features] += error;
        }
        for (size_t f = 0; f <= features; ++f)
            model.weights[f] -= kRate * (gradient[f] + (f < features ? kDecay * model.weights[f] : 0));
    }
    return model;
}

double areaUnderCurve(const std::vector<double> &scores, const std::vector<uint8_t> &labels)
{
    std::vector<size_t> order(scores.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return scores[a] < scores[b]; });
    double rankSum = 0, positives = 0;
    for (size_t i = 0; i < order.size();) {
        size_t end = i;
        while (end < order.size() && scores[order[end]] == scores[order[i]])
            ++end;
        const double rank = (static_cast<double>(i + end) + 1) / 2; // mean rank of equals, from 1
        for (; i < end; ++i) {
            rankSum += labels[order[i]] ? rank : 0;
            positives += labels[order[i]] ? 1 : 0;
        }
    }
    const double negatives = static_cast<double>(scores.size()) - positives;
    if (positives == 0 || negatives == 0)
        return std::numeric_limits<double>::quiet_NaN();
    return (rankSum - positives * (positives + 1) / 2) / (positives * negatives);
}

} // namespace winnow
