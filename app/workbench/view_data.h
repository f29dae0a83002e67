#pragma once

#include "app/workbench/result_source.h"
#include "app/workbench/setting.h"
#include "views/prompt_data.h"
#include "views/run_view.h"

#include <map>
#include <optional>

namespace winnow {

/// What a measured report says on the quality chart. Reading it costs a bootstrap, so it is kept for each report.
struct QualityPoint {
    Setting setting;
    Json input; // what it was measured on: ids, text or name
    bool measured = false; // has stored bytes and a ΔNLL
    double storedBytes = -1, nominalBytes = -1, tokens = -1; // negative = the report does not say
    double smallCacheBytes = -1; // of a second model beside the large one
    double effectiveBytes = -1; // stored, and the second model's cache where there is one
    double replacedShare = -1; // of the layers whose attention a second model gives
    std::optional<double> deltaNll, kl, top1, nll;
    std::optional<double> smallDeltaNll, smallKl, smallTop1, smallNll; // of the small model by itself
    double low = 0, high = 0; // 95 % band of deltaNll
    bool band = false;
};

class QualityCache {
public:
    const QualityPoint &point(const ReportPtr &report);
    /// What a prompt method cut, read once; null for reports of other families.
    PromptDataPtr prompt(const ReportPtr &report);
    void clear()
    {
        m_points.clear();
        m_prompts.clear();
    }

private:
    std::map<ReportPtr, QualityPoint> m_points;
    std::map<ReportPtr, PromptDataPtr> m_prompts;
};

/// What decides which results the views show.
struct ViewContext {
    std::string family = "kv"; // of the runs that are shown
    const std::vector<MethodInfo> *methods = nullptr; // for their badges; may be null
    qint64 inputId = 0;
    qint64 activeRun = 0; // 0 = the preview
    Setting setting; // of the form
    QString methodTitle; // of the form
    ReportPtr preview; // may be null
    std::shared_ptr<const PairData> pair; // may be null
    std::shared_ptr<const PromptMap> promptMap; // may be null
    std::shared_ptr<const WordData> words; // may be null
    QualityCache *quality = nullptr; // never null
};

/// The pinned runs of an input, the current one and the quality curves, as immutable view data.
ViewDataPtr buildViewData(const ResultSource &document, const ViewContext &context);

/// Quality against size: for each method and parameter set, owned by the lowest letter, one curve for every pair of axes
/// (nativeBytes, nominalBytes, tokens, effectiveBytes, replacedShare; deltaNll, kl, top1Agreement, nll) that a measured cell or pinned run has, and a hollow
/// forecast for the form's budget where two measured points allow one. The threshold "small" is the small model by itself.
std::vector<Curve> qualityCurves(const ResultSource &document, const ViewContext &context);

/// ΔNLL at `bytes` by straight lines over log bytes through measured points (ascending x); nullopt below two points.
std::optional<double> forecastQuality(const std::vector<double> &x, const std::vector<double> &y, double bytes);

/// The run as views see it.
RunEntry runEntry(const ResultSource &document, const RunRecord &run);

} // namespace winnow
