#include "core/methods/segmenter.h"

namespace winnow {

bool SegmentModel::covers(const CutText &) const { return true; }

void SegmentModel::describe(ReportBuilder &) const { }

Json SegmentModel::explain(const CutText &, int32_t, int32_t) const { return Json::object(); }

} // namespace winnow
