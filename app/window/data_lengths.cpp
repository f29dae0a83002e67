#include "app/window/data_lengths.h"

#include "app/engine/error_sentence.h"
#include "app/window/look.h"
#include "app/workbench/requests.h"
#include "app/workbench/workbench.h"
#include "core/base/json_fields.h"
#include "views/format.h"
#include "views/plot_frame.h"
#include "views/type.h"

#include <QPainter>
#include <QPointer>

#include <algorithm>
#include <cmath>

namespace winnow {
namespace {

    constexpr int kBins = 40;

    QString textOf(const DataRow &row)
    {
        if (row.isLine())
            return row.text;
        QStringList parts;
        for (const QString &part : QStringList{row.parts.instruction} + row.parts.contexts + QStringList{row.parts.question})
            if (!part.isEmpty())
                parts << part;
        return parts.join(QStringLiteral("\n\n"));
    }

} // namespace

DataLengths::DataLengths(Workbench &bench, Look &look, QWidget *parent)
    : QWidget(parent)
    , m_bench(bench)
    , m_look(look)
{
    setMinimumHeight(160);
    setAccessibleName(tr("Lengths of the records"));
    connect(&look, &Look::changed, this, qOverload<>(&QWidget::update));
    connect(&bench, &Workbench::modelChanged, this, [this] {
        if (m_bench.model().title() != m_model)
            begin();
    });
}

void DataLengths::setRows(const DataRows &rows)
{
    m_texts.clear();
    for (const DataRow &row : rows.rows)
        m_texts.push_back(textOf(row));
    begin();
}

void DataLengths::showEvent(QShowEvent *event)
{
    QWidget::showEvent(event);
    if (!m_asked)
        begin();
}

void DataLengths::begin()
{
    ++m_generation;
    m_counts.clear();
    m_problem.clear();
    m_asked = false;
    m_model.clear();
    if (isVisible() && m_bench.model().phase == ModelState::Phase::Ready) {
        m_asked = true;
        m_model = m_bench.model().title();
        askNext();
    }
    setAccessibleDescription(summary());
    update();
}

void DataLengths::askNext()
{
    if (m_counts.size() >= m_texts.size())
        return;
    Json request = modelFields(m_bench.modelChoice());
    request["command"] = "tokenize";
    request["text"] = m_texts[m_counts.size()].toStdString();
    request["special"] = false;
    RequestHandlers handlers;
    handlers.done = [this, alive = QPointer<DataLengths>(this), generation = m_generation](Result<Document> reply) {
        if (!alive || generation != m_generation)
            return;
        if (!reply) {
            m_problem = errorSentence(reply.error());
        } else {
            const Json body = expandArrays(*reply);
            m_counts.push_back(static_cast<int>(childField(body, "ids").size()));
            askNext();
        }
        setAccessibleDescription(summary());
        update();
    };
    m_bench.engine().send(std::move(request), {}, std::move(handlers));
}

qint64 DataLengths::window() const { return integerField(m_bench.model().description, "contextLength"); }

QString DataLengths::summary() const
{
    if (m_texts.empty())
        return tr("No records yet. Open a file of a data set.");
    if (!m_problem.isEmpty())
        return m_problem;
    if (m_bench.model().phase != ModelState::Phase::Ready)
        return tr("No model yet. Lengths are counted in the tokens of the model: choose one.");
    if (m_counts.empty())
        return tr("Counting %1 records…").arg(format::integer(static_cast<double>(m_texts.size())));
    std::vector<int> sorted = m_counts;
    std::sort(sorted.begin(), sorted.end());
    QString text = tr("%1 of %2 records, %3 to %4 tokens of %5, median %6")
                       .arg(format::integer(static_cast<double>(sorted.size())), format::integer(static_cast<double>(m_texts.size())), format::integer(sorted.front()), format::integer(sorted.back()), m_model, format::integer(sorted[sorted.size() / 2]));
    if (const qint64 most = window(); most > 0) {
        const auto longer = std::count_if(sorted.begin(), sorted.end(), [most](int count) { return count > most; });
        text += longer > 0 ? tr("; %1 longer than its window of %2").arg(format::integer(static_cast<double>(longer)), format::tokens(most)) : tr("; all fit its window of %1").arg(format::tokens(most));
    }
    return text;
}

void DataLengths::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const Theme &theme = m_look.theme();
    painter.fillRect(rect(), theme.surface);
    const QRectF foot(14, height() - scaled(24), width() - 28, scaled(24));
    painter.setFont(typeFont(TypeRole::Hint));
    painter.setPen(theme.t2);
    if (m_counts.empty()) {
        painter.drawText(QRectF(rect()).adjusted(24, 0, -24, 0), Qt::AlignCenter | Qt::TextWordWrap, summary());
        return;
    }
    painter.drawText(foot, Qt::AlignLeft | Qt::AlignVCenter, QFontMetricsF(painter.font()).elidedText(summary(), Qt::ElideRight, foot.width()));
    const int longest = *std::max_element(m_counts.begin(), m_counts.end());
    const qint64 most = window();
    const bool near = most > 0 && most <= 3 * longest; // else the window would flatten the rest: it is said in words
    const double end = std::max(1.0, (near ? std::max<double>(longest, static_cast<double>(most)) : longest) * 1.04);
    std::vector<int> bins(kBins, 0);
    for (const int count : m_counts)
        ++bins[static_cast<size_t>(std::min<double>(kBins - 1, std::floor(count / end * kBins)))];
    PlotFrame frame;
    const QRectF body(0, 4, width(), height() - foot.height() - 4);
    frame.plot = PlotFrame::plotIn(body);
    frame.x.lo = 0;
    frame.x.hi = end;
    frame.y = ChartAxis::linear({0.0, static_cast<double>(*std::max_element(bins.begin(), bins.end()))}, true);
    frame.yTitle = tr("records");
    frame.xTitle = tr("tokens");
    frame.paintAxes(painter, body, theme);
    for (int i = 0; i < kBins; ++i) {
        const double left = frame.xAt(end * i / kBins), right = frame.xAt(end * (i + 1) / kBins), top = frame.yAt(bins[static_cast<size_t>(i)]);
        if (bins[static_cast<size_t>(i)] > 0)
            painter.fillRect(QRectF(left, top, std::max(1.0, right - left - 1), frame.plot.bottom() - top), theme.parts[2]);
    }
    if (!near)
        return;
    QPen dashes(theme.t1, 1.25);
    dashes.setDashPattern({4, 3});
    painter.setPen(dashes);
    const double x = frame.xAt(static_cast<double>(most));
    painter.drawLine(QPointF(x, frame.plot.top()), QPointF(x, frame.plot.bottom()));
    painter.setFont(typeFont(TypeRole::Axis));
    painter.drawText(QRectF(x - 160, frame.plot.top(), 154, 16), Qt::AlignRight | Qt::AlignVCenter, tr("window, %1").arg(format::tokens(most)));
}

} // namespace winnow
