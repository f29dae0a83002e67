#pragma once

#include <QString>

namespace winnow::format {

/// Numbers as people read them: true minus sign, comma between thousands, "–" for what is not there (NaN).
QString integer(double value); // "1,024"
QString decimals(double value, int digits); // "2.4520", "−0.5"
QString signedDecimals(double value, int digits); // "+0.0655", "−0.0099", "0" when it rounds to zero
QString percent(double fraction, int digits = 0); // 0.25 -> "25 %"
QString signedPercent(double fraction, int digits = 1); // "−74.8 %"
/// Three significant digits without trailing noise: "0.0131", "12.3", "1e−4" below 0.001 and from a million on.
QString shortNumber(double value);
/// "512 B", "3.55 MiB"; negative = not measured = "–".
QString bytes(double value);
/// The number of MiB without its unit, for columns whose head has it: "3.55".
QString mebibytes(double value);
QString milliseconds(double value); // "1.9 ms", "2.7 s", "1 min 12 s"
QString tokens(qint64 count); // "1 token", "1,024 tokens"
QString headAddress(int layer, int head); // "17·10"
/// A short tick label on an axis: "0.05", "1e−4", "160".
QString tick(double value);
/// The same on a logarithmic axis from `low` on: powers of ten throughout when the axis reaches below 0.001.
QString logTick(double value, double low);
/// Budget text of a request ("25%", "256t", "6MiB") as it is shown: "25 %", "256 tokens", "6 MiB".
QString budget(const QString &text);

} // namespace winnow::format
