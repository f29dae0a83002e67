// Pages of the PDF report.
#include "app/export/page_flow.h"

#include <QBuffer>
#include <QPageSize>
#include <QPainter>
#include <QPdfWriter>
#include <QTest>

using namespace winnow;

class ReportPagesTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init()
    {
        m_buffer.setData({});
        m_buffer.open(QIODevice::WriteOnly);
        m_writer = std::make_unique<QPdfWriter>(&m_buffer);
        m_writer->setPageSize(QPageSize(QPageSize::A4));
        m_painter = std::make_unique<QPainter>(m_writer.get());
    }

    void cleanup()
    {
        m_painter.reset();
        m_writer.reset();
        m_buffer.close();
    }

    void aHeadingStaysWithWhatFollows()
    {
        const double body = PageFlow(*m_writer, *m_painter, {}).textHeight(QStringLiteral("M"), TypeRole::Body);
        int moved = 0;
        for (double left = 0; left < 90; left += 3) { // what the page has left when the heading comes
            PageFlow flow(*m_writer, *m_painter, QStringLiteral("foot"));
            flow.take(flow.height() - left);
            flow.heading(QStringLiteral("Checks"), 2);
            const int page = flow.page();
            moved += page == 2 ? 1 : 0;
            flow.take(body);
            QCOMPARE(flow.page(), page);
            flow.take(body);
            QCOMPARE(flow.page(), page);
        }
        QVERIFY(moved > 0 && moved < 30); // neither always nor never
    }

    void aBlockTallerThanAPageStartsOnOne()
    {
        PageFlow flow(*m_writer, *m_painter, {});
        flow.take(2 * flow.height()); // on the first page: a new one would not hold it either
        QCOMPARE(flow.page(), 1);
        flow.text(QStringLiteral("after it"), TypeRole::Body, Qt::black);
        QCOMPARE(flow.page(), 2);
    }

private:
    QBuffer m_buffer;
    std::unique_ptr<QPdfWriter> m_writer;
    std::unique_ptr<QPainter> m_painter;
};

QTEST_MAIN(ReportPagesTest)
#include "report_pages_test.moc"
