#include "core/eval/column_blocks.h"

#include <QtTest>

#include "tests/support/parity_device.h"

#include <ATen/ops/rand.h>
#include <ATen/ops/zeros.h>

using namespace winnow;
using namespace winnow::test;

namespace {

constexpr int64_t kHeads = 6, kSlots = 90;

/// Row by row, as the definition says. weights [H', rows, n].
void addNaively(const at::Tensor &weights, const std::vector<int64_t> &heads, const HookSite &site, ColumnBlocks &blocks)
{
    for (const int64_t head : heads) {
        if (head < site.firstHead || head >= site.firstHead + weights.size(0))
            continue;
        for (int64_t r = 0; r < weights.size(1); ++r)
            blocks.sums[(blocks.first + site.firstRow + r) / blocks.rows].narrow(0, 0, weights.size(2)).add_(weights[head - site.firstHead][r]);
    }
}

} // namespace

class ColumnBlocksTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void blocksEqualTheirRows_data()
    {
        QTest::addColumn<int>("blockRows");
        QTest::addColumn<int>("first");
        QTest::addColumn<int>("rows");
        for (const int blockRows : {1, 5, 16, 200}) {
            for (const int first : {0, 3, 32}) {
                for (const int rows : {1, 4, 40, 64})
                    QTest::addRow("blocks of %d, %d rows behind %d", blockRows, rows, first) << blockRows << first << rows;
            }
        }
    }

    void blocksEqualTheirRows()
    {
        QFETCH(int, blockRows);
        QFETCH(int, first);
        QFETCH(int, rows);
        const std::vector<std::vector<int64_t>> choices{{0, 1, 2, 3, 4, 5}, {4}, {0, 4, 4}, {}};
        for (const std::vector<int64_t> &heads : choices) {
            const int64_t count = (first + 2 * rows) / blockRows + 1;
            ColumnBlocks found{at::zeros({count, kSlots}, at::kDouble), blockRows, first, 0}, expected = found;
            expected.sums = at::zeros({count, kSlots}, at::kDouble);
            // Two blocks of rows of the heads of two KV heads, the first rows with fewer slots.
            for (const int64_t head : {0, 3}) {
                for (const int64_t row : {0, rows}) {
                    const HookSite site{HookPoint::Probabilities, 0, row, head};
                    const at::Tensor weights = at::rand({kHeads / 2, rows, row == 0 ? kSlots - 20 : kSlots});
                    found.add(weights, heads, site);
                    addNaively(weights, heads, site, expected);
                }
            }
            QVERIFY(heads.empty() || expected.sums.sum().item<double>() > 0);
            QVERIFY(parityError(found.sums, expected.sums) < 1e-6);
        }
    }
};

QTEST_GUILESS_MAIN(ColumnBlocksTest)
#include "column_blocks_test.moc"
