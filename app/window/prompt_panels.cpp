#include "app/window/prompt_panels.h"

#include "app/window/look.h"
#include "app/window/panel_widgets.h"
#include "app/workbench/workbench.h"
#include "views/format.h"
#include "views/type.h"
#include "views/widgets/meter_bar.h"

#include <QHBoxLayout>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QLabel>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace winnow {
namespace {

    constexpr int kHead = 30, kNames = 26, kRow = 27;

    QString seconds(double ms) { return format::decimals(ms / 1000, 2); }

    QString ordinal(int number)
    {
        static const char *const kWords[] = {QT_TRANSLATE_NOOP("PromptSavingsPanel", "first"), QT_TRANSLATE_NOOP("PromptSavingsPanel", "second"), QT_TRANSLATE_NOOP("PromptSavingsPanel", "third"), QT_TRANSLATE_NOOP("PromptSavingsPanel", "fourth"), QT_TRANSLATE_NOOP("PromptSavingsPanel", "fifth")};
        return number <= 5 ? PromptSavingsPanel::tr(kWords[number - 1]) : PromptSavingsPanel::tr("%1th").arg(number);
    }

} // namespace

int payoffAnswer(double compressMs, double prefillMs, double fullPrefillMs)
{
    const double gain = fullPrefillMs - prefillMs;
    if (gain <= 0 || compressMs < 0)
        return 0;
    return std::max(1, static_cast<int>(std::floor(compressMs / gain)) + 1);
}

PromptSavingsPanel::PromptSavingsPanel(Workbench &bench, Look &look, QWidget *parent)
    : QWidget(parent)
    , m_bench(bench)
    , m_look(look)
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 10);
    layout->setSpacing(0);
    m_header = new PanelHeader(tr("Savings"), this);
    layout->addWidget(m_header);
    m_body = new QVBoxLayout;
    m_body->setContentsMargins(12, 0, 12, 0);
    m_body->setSpacing(6);
    m_cache = new MeterBar(this);
    m_prefill = new MeterBar(this);
    m_whole = new MeterBar(this);
    m_cache->setToolTip(tr("Keys and values of the contexts in the model that reads them"));
    m_prefill->setToolTip(tr("Time to read the compressed prompt, of the time for the full one"));
    m_whole->setToolTip(tr("Compressing and then reading the compressed prompt, against reading the full one"));
    for (MeterBar *bar : {m_cache, m_prefill, m_whole})
        m_body->addWidget(bar);
    m_badge = new QWidget(this);
    m_badge->setObjectName(QStringLiteral("badge"));
    m_badge->setAttribute(Qt::WA_StyledBackground);
    auto *badge = new QHBoxLayout(m_badge);
    badge->setContentsMargins(6, 1, 7, 1);
    badge->setSpacing(5);
    m_badgeIcon = new QLabel(m_badge);
    m_badgeText = new QLabel(m_badge);
    m_badgeText->setFont(typeFont(TypeRole::Hint));
    badge->addWidget(m_badgeIcon);
    badge->addWidget(m_badgeText);
    m_badge->setToolTip(tr("Compressing takes longer than the shorter prompt saves, if it is read only once"));
    auto *badgeRow = new QHBoxLayout;
    badgeRow->addWidget(m_badge);
    badgeRow->addStretch(1);
    m_body->addLayout(badgeRow);
    m_payoff = new QLabel(this);
    m_payoff->setWordWrap(true);
    m_payoff->setFont(typeFont(TypeRole::Hint));
    m_payoff->setProperty("tone", "t3");
    m_body->addWidget(m_payoff);
    layout->addLayout(m_body);
    connect(&bench, &Workbench::viewDataChanged, this, &PromptSavingsPanel::refresh);
    connect(&bench, &Workbench::modelChanged, this, &PromptSavingsPanel::refresh);
    connect(&look, &Look::changed, this, &PromptSavingsPanel::refresh);
    refresh();
}

void PromptSavingsPanel::setDense(bool dense)
{
    m_body->setSpacing(dense ? 3 : 6);
    layout()->setContentsMargins(0, 0, 0, dense ? 3 : 10);
}

QString PromptSavingsPanel::badgeText() const { return m_badge->isHidden() ? QString() : m_badgeText->text(); }

QString PromptSavingsPanel::payoffText() const { return m_payoff->isHidden() ? QString() : m_payoff->text(); }

void PromptSavingsPanel::refresh()
{
    const Theme &theme = m_look.theme();
    for (MeterBar *bar : {m_cache, m_prefill, m_whole})
        bar->setTheme(theme);
    const ReportPtr report = m_bench.family() == "prompt" ? m_bench.currentReport() : nullptr;
    const auto set = [](MeterBar *bar, const QString &name, const QString &value, double share) {
        bar->setText(name, value);
        bar->setValue(std::clamp(share, 0.0, 1.0));
        bar->setAccessibleName(name + QStringLiteral(": ") + value);
    };
    for (QWidget *part : {static_cast<QWidget *>(m_cache), static_cast<QWidget *>(m_prefill), static_cast<QWidget *>(m_whole)})
        part->setVisible(report != nullptr);
    m_badge->setVisible(false);
    m_payoff->setVisible(true);
    m_header->setNote({});
    if (!report) {
        m_payoff->setText(tr("What is saved appears when a model has read the prompt."));
        return;
    }
    const Savings savings = report->savings();
    const double perToken = cacheBytesPerToken(m_bench.model().description);
    const std::optional<double> in = report->metric("readerTokensIn"), out = report->metric("readerTokensOut");
    const double full = savings.fullBytes > 0 ? savings.fullBytes : in && perToken > 0 ? *in * perToken : -1;
    const double kept = savings.nominalBytes >= 0 && savings.fullBytes > 0 ? savings.nominalBytes : out && perToken > 0 ? *out * perToken : -1;
    const double share = full > 0 && kept >= 0 ? kept / full : 0;
    m_header->setNote(full > 0 ? tr("of %1").arg(format::bytes(full)) : QString());
    set(m_cache, tr("Cache of the prompt"), full > 0 && kept >= 0 ? QStringLiteral("%1 · %2").arg(format::bytes(kept), format::percent(share, 1)) : QStringLiteral("–"), share);
    const double fullMs = report->metric("fullPrefillMs").value_or(-1), ms = savings.prefillMs, compress = savings.compressMs;
    if (fullMs <= 0 || ms < 0) {
        set(m_prefill, tr("Prefill"), tr("not measured"), 0);
        set(m_whole, tr("Compression"), report->metric("forwards") == 0.0 ? tr("scores at hand") : compress >= 0 ? format::milliseconds(compress) : QStringLiteral("–"), 0);
        m_whole->setColor({});
        m_payoff->setText(tr("Run (Ctrl+R) measures what reading the shorter prompt saves."));
        return;
    }
    set(m_prefill, tr("Prefill, measured"), tr("%1 of %2 s").arg(seconds(ms), seconds(fullMs)), ms / fullMs);
    const double whole = ms + std::max(0.0, compress);
    const bool slower = whole > fullMs;
    set(m_whole, tr("With compression"), tr("%1 s · %2").arg(seconds(whole), format::percent(whole / fullMs)), whole / fullMs);
    m_whole->setColor(slower ? theme.warn : QColor());
    m_badge->setVisible(slower);
    m_badge->setStyleSheet(QStringLiteral("#badge { background: %1; border-radius: 3px; }").arg(theme.warnSoft.name()));
    m_badgeText->setText(tr("slower than the full prompt once"));
    m_badgeText->setStyleSheet(QStringLiteral("color: %1; background: transparent;").arg(theme.warn.name()));
    m_badgeIcon->setPixmap(m_look.pixmap(QStringLiteral("dialog-warning"), 12, theme.warn, devicePixelRatioF()));
    m_badgeIcon->setStyleSheet(QStringLiteral("background: transparent;"));
    const int answer = payoffAnswer(compress, ms, fullMs);
    m_payoff->setText(answer == 0 ? tr("Never pays off: the shorter prompt is not read faster.") : answer == 1 ? tr("Pays off with the first answer.") : tr("Pays off from the %1 answer on the same prompt.").arg(ordinal(answer)));
}

StagesPanel::StagesPanel(Workbench &bench, Look &look, QWidget *parent)
    : QWidget(parent)
    , m_bench(bench)
    , m_look(look)
{
    setFocusPolicy(Qt::TabFocus);
    setAccessibleName(tr("Stages"));
    auto changed = [this] {
        updateGeometry();
        update();
    };
    connect(&bench, &Workbench::viewDataChanged, this, changed);
    connect(&bench, &Workbench::selectionChanged, this, qOverload<>(&QWidget::update));
    connect(&look, &Look::changed, this, changed);
}

int StagesPanel::rows() const
{
    const std::shared_ptr<const PromptData> prompt = m_bench.viewData()->current.prompt;
    return prompt ? static_cast<int>(prompt->stages.size()) : 0;
}

int StagesPanel::shownRow() const
{
    const std::shared_ptr<const PromptData> prompt = m_bench.viewData()->current.prompt;
    return prompt ? prompt->shownStage(m_bench.selection().step) - 1 : -1;
}

QSize StagesPanel::sizeHint() const { return {200, rows() == 0 ? 0 : kHead + kNames + kRow * rows() + 4}; }

QRect StagesPanel::rowRect(int row) const { return {0, kHead + kNames + row * kRow, width(), kRow}; }

void StagesPanel::paintEvent(QPaintEvent *)
{
    const std::shared_ptr<const PromptData> prompt = m_bench.viewData()->current.prompt;
    if (!prompt || prompt->stages.empty())
        return;
    const Theme &theme = m_look.theme();
    QPainter painter(this);
    painter.setFont(typeFont(TypeRole::DockHead));
    painter.setPen(theme.t2);
    painter.drawText(QRect(12, 0, width() - 24, kHead), Qt::AlignLeft | Qt::AlignVCenter, tr("Stages").toUpper());
    if (const ReportPtr report = m_bench.currentReport()) // what adding up attention takes, of all that the scorer does
        if (const std::optional<double> sums = report->metric("attentionMs"), all = report->metric("scorerMs"); sums && all) {
            painter.setFont(typeFont(TypeRole::Hint));
            painter.setPen(theme.t3);
            painter.drawText(QRect(12, 0, width() - 24, kHead), Qt::AlignRight | Qt::AlignVCenter, tr("attention sums %1 of %2").arg(format::milliseconds(*sums), format::milliseconds(*all)));
        }
    painter.setFont(typeFont(TypeRole::Label));
    const double edges[] = {width() - 172.0, width() - 124.0, width() - 58.0, width() - 12.0};
    const QString names[] = {tr("Tokens"), tr("Kept"), QStringLiteral("r"), tr("ms")};
    const QRectF head(0, kHead, width(), kNames);
    painter.drawText(head.adjusted(12, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter, tr("Stage"));
    for (int i = 0; i < 4; ++i)
        painter.drawText(QRectF(0, kHead, edges[i], kNames), Qt::AlignRight | Qt::AlignVCenter, names[i]);
    painter.fillRect(QRectF(0, head.bottom() - 1, width(), 1), theme.hair);
    for (int row = 0; row < rows(); ++row) {
        const PromptStage &stage = prompt->stages[static_cast<size_t>(row)];
        const QRect rect = rowRect(row);
        if (row == shownRow())
            painter.fillRect(rect, theme.accentSoft);
        painter.fillRect(QRect(0, rect.bottom(), width(), 1), theme.grid);
        painter.setPen(theme.t1);
        painter.drawText(rect.adjusted(12, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter, QString::number(row + 1));
        const QString texts[] = {format::integer(stage.tokens), format::integer(stage.kept), format::signedDecimals(stage.r, 3), std::isfinite(stage.ms) ? format::integer(std::round(stage.ms)) : QStringLiteral("–")};
        for (int i = 0; i < 4; ++i)
            drawTabular(painter, QRectF(0, rect.top(), edges[i], rect.height()), Qt::AlignRight, texts[i]);
    }
    if (hasFocus()) {
        QColor ring = theme.accent;
        ring.setAlphaF(0.35F);
        painter.setPen(QPen(ring, 3));
        painter.drawRoundedRect(QRectF(rect()).adjusted(3, kHead + 1, -3, -2), 4, 4);
    }
}

void StagesPanel::showStage(int row)
{
    if (row < 0 || row >= rows())
        return;
    Selection selection = m_bench.selection();
    selection.step = row + 1 == rows() ? -1 : row + 1;
    m_bench.setSelection(selection);
}

void StagesPanel::mousePressEvent(QMouseEvent *event)
{
    if (event->pos().y() >= kHead + kNames)
        showStage((event->pos().y() - kHead - kNames) / kRow);
}

void StagesPanel::keyPressEvent(QKeyEvent *event)
{
    if (event->key() == Qt::Key_Up)
        showStage(shownRow() - 1);
    else if (event->key() == Qt::Key_Down)
        showStage(shownRow() + 1);
    else
        QWidget::keyPressEvent(event);
}

bool StagesPanel::event(QEvent *event)
{
    if (event->type() != QEvent::ToolTip)
        return QWidget::event(event);
    const auto *help = static_cast<QHelpEvent *>(event);
    const std::shared_ptr<const PromptData> prompt = m_bench.viewData()->current.prompt;
    const int row = (help->pos().y() - kHead - kNames) / kRow;
    if (!prompt || row < 0 || row >= rows() || help->pos().y() < kHead + kNames) {
        QToolTip::hideText();
        return true;
    }
    const PromptStage &stage = prompt->stages[static_cast<size_t>(row)];
    QToolTip::showText(help->globalPos(), tr("Stage %1 removes %2 of its tokens\nThreshold %3\nInformation: mean %4, sum %5 nats\nr with stage 1 %6, largest change %7 nats").arg(row + 1).arg(format::percent(stage.d, 2), format::shortNumber(stage.threshold), format::decimals(stage.meanInformation, 3), format::decimals(stage.sumInformation, 1), format::signedDecimals(stage.rFirst, 3), format::shortNumber(stage.maxDelta)), this, rowRect(row));
    return true;
}

} // namespace winnow
