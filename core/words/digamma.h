#pragma once

namespace winnow {

/// The derivative of ln gamma for x > 0, to about 1e-13 relative.
/// @source Abramowitz and Stegun, 6.3.5 (recurrence) and 6.3.18 (asymptotic series).
double digamma(double x);

} // namespace winnow
