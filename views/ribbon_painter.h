#pragma once

#include "views/theme.h"
#include "views/word_data.h"

namespace winnow {

/// Fill of a part of the alignment ribbon; the less of it stays, the paler.
QColor ribbonColor(RibbonRow::Kind kind, double share, const Theme &theme);

} // namespace winnow
