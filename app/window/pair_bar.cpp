#include "app/window/pair_bar.h"

#include "app/window/look.h"
#include "app/workbench/workbench.h"
#include "views/type.h"
#include "views/widgets/budget_slider.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QSpinBox>

namespace winnow {

PairBar::PairBar(Workbench &bench, Look &look, QWidget *parent)
    : QWidget(parent)
    , m_bench(bench)
    , m_look(look)
{
    setFixedHeight(qRound(scaled(34)));
    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(14, 0, 14, 0);
    row->setSpacing(8);
    addMetric(row);
    row->addSpacing(12);
    addSinks(row);
    row->addStretch(1);
    addSpan(row);
    connect(&bench.pair(), &PairCompare::changed, this, &PairBar::refresh);
    connect(&bench, &Workbench::sessionChanged, this, &PairBar::refresh);
    connect(&look, &Look::changed, this, [this] {
        m_sinks->setTheme(m_look.theme());
        update();
    });
    refresh();
}

QLabel *PairBar::addName(QHBoxLayout *row, const QString &text)
{
    auto *label = new QLabel(text, this);
    label->setFont(typeFont(TypeRole::Label));
    label->setProperty("tone", "t2");
    row->addWidget(label);
    return label;
}

void PairBar::addMetric(QHBoxLayout *row)
{
    m_metricName = addName(row, tr("Metric"));
    m_metric = new QComboBox(this);
    m_metric->setProperty("size", "header");
    m_metric->setAccessibleName(tr("Metric"));
    m_metric->setToolTip(tr("How alike the attention of two heads is"));
    for (const QString &metric : pairMetrics())
        m_metric->addItem(metricTitle(metric), metric);
    row->addWidget(m_metric);
    connect(m_metric, &QComboBox::activated, this, [this] { m_bench.pair().setMetric(m_metric->currentData().toString()); });
}

void PairBar::addSinks(QHBoxLayout *row)
{
    m_sinksName = addName(row, tr("Ignore first tokens"));
    m_sinks = new BudgetSlider(this);
    m_sinks->setTheme(m_look.theme());
    m_sinks->setRange(0, 16);
    m_sinks->setPageStep(1);
    m_sinks->setAccessibleName(tr("Ignore first tokens"));
    m_sinks->setToolTip(tr("Columns left out before heads are compared: attention on the first tokens makes all heads look alike"));
    m_sinks->setFixedWidth(140);
    m_sinks->setFixedHeight(20);
    row->addWidget(m_sinks);
    m_sinksCount = addName(row, {});
    m_sinksCount->setMinimumWidth(18);
    m_sinksCount->setProperty("tone", "t1");
    connect(m_sinks, &QSlider::valueChanged, this, [this](int count) {
        if (!m_refreshing)
            m_bench.pair().setSkipSinks(count);
    });
}

void PairBar::addSpan(QHBoxLayout *row)
{
    m_spanName = addName(row, tr("Compared tokens"));
    m_span = new QSpinBox(this);
    m_span->setRange(16, 1000);
    m_span->setSingleStep(50);
    m_span->setKeyboardTracking(false);
    m_span->setAlignment(Qt::AlignRight);
    m_span->setFixedHeight(24);
    m_span->setFont(typeFont(TypeRole::Label));
    m_span->setAccessibleName(tr("Compared tokens"));
    m_span->setToolTip(tr("How much of the text is compared, from its first token on; another number asks the engine again"));
    row->addWidget(m_span);
    connect(m_span, &QSpinBox::valueChanged, this, [this](int tokens) {
        if (!m_refreshing)
            m_bench.pair().setSpan(tokens);
    });
}

void PairBar::setCompact(bool compact)
{
    m_metricName->setVisible(!compact);
    m_sinksName->setText(compact ? tr("Ignore first") : tr("Ignore first tokens"));
    m_sinks->setFixedWidth(compact ? 90 : 140);
    m_spanName->setText(compact ? tr("Tokens") : tr("Compared tokens"));
}

void PairBar::refresh()
{
    m_refreshing = true;
    const PairCompare &pair = m_bench.pair();
    const bool skips = skippedSinks(pair.metric(), 16) > 0;
    m_metric->setCurrentIndex(m_metric->findData(pair.metric()));
    m_sinks->setRange(skippedSinks(pair.metric(), 0), 16);
    m_sinks->setValue(pair.skipSinks());
    m_sinks->setEnabled(skips);
    m_sinksName->setEnabled(skips);
    m_sinksCount->setEnabled(skips);
    m_sinksCount->setText(skips ? QString::number(pair.skipSinks()) : QStringLiteral("–"));
    m_span->setValue(pair.span());
    m_refreshing = false;
}

void PairBar::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    const Theme &theme = m_look.theme();
    painter.fillRect(rect(), theme.sunken);
    painter.fillRect(QRect(0, 0, width(), 1), theme.hair);
    painter.fillRect(QRect(0, height() - 1, width(), 1), theme.hair);
}

} // namespace winnow
