#include "app/window/savings_panel.h"

#include "app/window/look.h"
#include "app/window/panel_widgets.h"
#include "app/workbench/workbench.h"
#include "core/base/json_fields.h"
#include "views/format.h"
#include "views/type.h"
#include "views/widgets/meter_bar.h"

#include <QDateTime>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QVBoxLayout>

#include <algorithm>

namespace winnow {
namespace {

    void showBytes(MeterBar *bar, const QString &name, double bytes, double full, bool forecast)
    {
        const bool known = bytes >= 0 && full > 0;
        const double share = known ? bytes / full : 0;
        QString value = known ? QStringLiteral("%1 · %2").arg(format::bytes(bytes), format::percent(share, 1)) : QStringLiteral("–");
        if (known && forecast)
            value = SavingsPanel::tr("forecast %1").arg(value);
        bar->setText(name, value);
        bar->setValue(forecast ? 0 : std::min(1.0, share), forecast ? std::min(1.0, share) : 0);
        bar->setAccessibleName(name + QStringLiteral(": ") + value);
    }

    /// "from the session, 18:41": where numbers come from while there is no engine.
    QString fromSession(const Report &report)
    {
        const Json &provenance = childField(report.body(), "provenance");
        const QDateTime started = QDateTime::fromString(QString::fromStdString(stringField(provenance, "started")), Qt::ISODate).toLocalTime();
        const QString when = !started.isValid() ? QString() : started.date() == QDate::currentDate() ? started.toString(QStringLiteral("HH:mm")) : QLocale(QLocale::English).toString(started.date(), QStringLiteral("d MMM"));
        return when.isEmpty() ? SavingsPanel::tr("from the session") : SavingsPanel::tr("from the session, %1").arg(when);
    }

} // namespace

PairBadges pairBadges(const Report &report)
{
    PairBadges badges;
    for (const std::string &notice : report.notices())
        if (notice.starts_with("inactive: prompt shorter"))
            badges.inactive = QString::fromStdString(notice);
    const Savings savings = report.savings();
    const double more = savings.slmCacheBytes > 0 && badges.inactive.isEmpty() ? savings.nativeBytes + savings.slmCacheBytes - savings.fullBytes : 0;
    const double flop = report.metric("flopNet").value_or(0);
    if (more > 0)
        badges.loss = SavingsPanel::tr("net loss: %1 more than full").arg(format::bytes(more));
    else if (flop < 0)
        badges.loss = SavingsPanel::tr("net loss: %1 GFLOP a token more").arg(format::shortNumber(-flop / 1e9));
    return badges;
}

SavingsPanel::SavingsPanel(Workbench &bench, Look &look, QWidget *parent)
    : QWidget(parent)
    , m_bench(bench)
    , m_look(look)
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 8);
    layout->setSpacing(0);
    m_header = new PanelHeader(tr("Savings"), this);
    layout->addWidget(m_header);
    m_body = new QVBoxLayout;
    m_body->setContentsMargins(12, 0, 12, 0);
    m_body->setSpacing(6);
    m_nominal = new MeterBar(this);
    m_stored = new MeterBar(this);
    m_allocated = new MeterBar(this);
    m_pair = new MeterBar(this);
    m_pair->setToolTip(tr("Stored, and the small model’s own cache: what runs are compared by at equal bytes"));
    m_nominal->setToolTip(tr("Announced slots times their bytes, no overhead"));
    m_stored->setToolTip(tr("Keys and values that are stored, with positions and other metadata"));
    m_allocated->setToolTip(tr("Measured storage of the live cache; a forecast until the run is measured"));
    for (MeterBar *bar : {m_nominal, m_stored, m_allocated, m_pair})
        m_body->addWidget(bar);
    m_badge = new QLabel(tr("nominal only"), this);
    m_badge->setProperty("badge", "warn");
    m_badge->setFont(typeFont(TypeRole::Hint));
    m_badge->setToolTip(tr("More is allocated than is stored: this saving is not real on this machine"));
    auto *badgeRow = new QHBoxLayout;
    badgeRow->addWidget(m_badge);
    badgeRow->addStretch(1);
    m_body->addLayout(badgeRow);
    m_inactive = new QLabel(this);
    m_inactive->setProperty("badge", "warn");
    m_inactive->setToolTip(tr("The method changed nothing: what is measured is the full cache, not the method"));
    m_loss = new QLabel(this);
    m_loss->setProperty("badge", "err");
    m_loss->setToolTip(tr("With the small model counted this takes more than the large model alone"));
    for (QLabel *label : {m_inactive, m_loss}) {
        label->setFont(typeFont(TypeRole::Hint));
        m_body->addWidget(label, 0, Qt::AlignLeft);
    }
    m_selection = new FactRow(look, this);
    m_decode = new FactRow(look, this);
    auto *facts = new QVBoxLayout;
    facts->setSpacing(1);
    facts->addWidget(m_selection);
    facts->addWidget(m_decode);
    m_body->addLayout(facts);
    m_empty = new QLabel(tr("Bytes appear when a model and an input are open."), this);
    m_empty->setWordWrap(true);
    m_empty->setFont(typeFont(TypeRole::Hint));
    m_empty->setProperty("tone", "t3");
    m_body->addWidget(m_empty);
    layout->addLayout(m_body);
    connect(&bench, &Workbench::viewDataChanged, this, &SavingsPanel::refresh);
    connect(&bench.engine(), &EngineClient::stateChanged, this, &SavingsPanel::refresh);
    connect(&look, &Look::changed, this, &SavingsPanel::applyTheme);
    applyTheme();
    refresh();
}

void SavingsPanel::applyTheme()
{
    for (MeterBar *bar : {m_nominal, m_stored, m_allocated, m_pair})
        bar->setTheme(m_look.theme());
    m_pair->setColor(m_look.theme().parts[1]);
}

void SavingsPanel::setDense(bool dense)
{
    m_dense = dense;
    m_selection->setVisible(m_bench.currentReport() && (!m_dense || m_pair->isHidden()));
    m_body->setSpacing(dense ? 3 : 6);
    for (FactRow *row : {m_selection, m_decode})
        row->setFixedHeight(dense ? 17 : 20);
    layout()->setContentsMargins(0, 0, 0, dense ? 1 : 8);
}

void SavingsPanel::refresh()
{
    const ReportPtr report = m_bench.currentReport();
    const bool any = report != nullptr;
    for (QWidget *widget : {static_cast<QWidget *>(m_nominal), static_cast<QWidget *>(m_stored), static_cast<QWidget *>(m_allocated),
             static_cast<QWidget *>(m_selection), static_cast<QWidget *>(m_decode)})
        widget->setVisible(any);
    m_empty->setVisible(!any);
    m_pair->setVisible(any && report->savings().slmCacheBytes > 0);
    m_selection->setVisible(any && (!m_dense || m_pair->isHidden())); // a short dock has room for one of the two: the decode row's tooltip says it
    m_badge->setVisible(false);
    const PairBadges badges = any ? pairBadges(*report) : PairBadges{};
    m_inactive->setText(badges.inactive);
    m_inactive->setVisible(!badges.inactive.isEmpty());
    m_loss->setText(badges.loss);
    m_loss->setVisible(!badges.loss.isEmpty());
    if (!any) {
        m_header->setNote({});
        return;
    }
    const Savings savings = report->savings();
    const bool lost = m_bench.engine().state() == EngineClient::State::Lost;
    m_header->setNote(lost ? fromSession(*report) : savings.fullBytes > 0 ? tr("of %1").arg(format::bytes(savings.fullBytes)) : QString());
    const bool measured = savings.allocatedBytes >= 0;
    showBytes(m_nominal, tr("Nominal"), savings.nominalBytes, savings.fullBytes, false);
    showBytes(m_stored, tr("Stored"), savings.nativeBytes, savings.fullBytes, false);
    showBytes(m_allocated, tr("Allocated"), measured ? savings.allocatedBytes : savings.forecastAllocatedBytes, savings.fullBytes, !measured);
    if (savings.slmCacheBytes > 0)
        showBytes(m_pair, tr("With small model"), savings.nativeBytes >= 0 ? savings.nativeBytes + savings.slmCacheBytes : -1, savings.fullBytes, false);
    m_badge->setVisible(savings.nominalOnly);
    m_selection->set(tr("Selection"), savings.selectMs >= 0 ? format::milliseconds(savings.selectMs) : QStringLiteral("–"));
    const bool both = savings.fullMsPerToken >= 0 && savings.msPerToken >= 0;
    const QString decode = both ? tr("%1 → %2 ms/token").arg(format::decimals(savings.fullMsPerToken, 1), format::decimals(savings.msPerToken, 1))
        : savings.msPerToken >= 0 ? tr("%1 ms/token").arg(format::decimals(savings.msPerToken, 1))
                                  : tr("not measured");
    const QString chosen = m_selection->isHidden() && savings.selectMs >= 0 ? tr("\nSelection: %1").arg(format::milliseconds(savings.selectMs)) : QString();
    m_decode->set(tr("Decode"), decode, tr("Time per token while decoding: full cache, then this run") + chosen);
}

SavingsSummary::SavingsSummary(Workbench &bench, Look &look, QWidget *parent)
    : QWidget(parent)
    , m_bench(bench)
    , m_look(look)
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(12, 8, 12, 8);
    layout->setSpacing(8);
    m_stored = new MeterBar(this);
    m_checks = new QLabel(this);
    m_checks->setFont(typeFont(TypeRole::Hint));
    m_pair = new QLabel(this);
    m_pair->setFont(typeFont(TypeRole::Hint));
    layout->addWidget(m_stored);
    layout->addWidget(m_pair, 0, Qt::AlignLeft);
    layout->addWidget(m_checks, 0, Qt::AlignLeft);
    connect(&bench, &Workbench::viewDataChanged, this, &SavingsSummary::refresh);
    connect(&look, &Look::changed, this, &SavingsSummary::refresh);
    refresh();
}

void SavingsSummary::refresh()
{
    const ReportPtr report = m_bench.currentReport();
    m_stored->setVisible(report != nullptr);
    m_checks->setVisible(report && !report->checks().empty());
    const PairBadges badges = report ? pairBadges(*report) : PairBadges{};
    m_pair->setText(badges.inactive.isEmpty() ? badges.loss : badges.inactive);
    m_pair->setVisible(!m_pair->text().isEmpty());
    setStyleProperty(m_pair, "badge", badges.inactive.isEmpty() ? "err" : "warn");
    if (!report)
        return;
    const Savings savings = report->savings();
    m_stored->setTheme(m_look.theme());
    m_stored->setText(tr("Stored"), savings.nativeBytes >= 0 && savings.fullBytes > 0 ? tr("%1 of %2").arg(format::mebibytes(savings.nativeBytes), format::bytes(savings.fullBytes)) : QStringLiteral("–"));
    m_stored->setValue(savings.fullBytes > 0 ? savings.nativeBytes / savings.fullBytes : 0);
    int passed = 0, all = 0;
    for (const Check &check : report->checks()) {
        ++all;
        passed += check.ok ? 1 : 0;
    }
    m_checks->setText(tr("%1 of %2 checks").arg(passed).arg(all));
    setStyleProperty(m_checks, "badge", passed == all ? "ok" : "err");
}

ChecksPanel::ChecksPanel(Workbench &bench, Look &look, QWidget *parent, Of of)
    : QWidget(parent)
    , m_bench(bench)
    , m_look(look)
    , m_of(of)
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 8);
    layout->setSpacing(0);
    layout->addWidget(new PanelHeader(tr("Checks"), this));
    m_rows = new QVBoxLayout;
    m_rows->setContentsMargins(12, 0, 12, 0);
    m_rows->setSpacing(1);
    layout->addLayout(m_rows);
    m_notices = new QLabel(this);
    m_notices->setWordWrap(true);
    m_notices->setTextFormat(Qt::PlainText);
    m_notices->setFont(typeFont(TypeRole::Hint));
    m_notices->setProperty("tone", "t2");
    m_notices->setContentsMargins(12, 6, 12, 0);
    layout->addWidget(m_notices);
    connect(&bench, &Workbench::viewDataChanged, this, &ChecksPanel::refresh);
    connect(&look, &Look::changed, this, &ChecksPanel::refresh);
    refresh();
}

void ChecksPanel::showNotices()
{
    QString text = m_notes.join(QLatin1Char('\n'));
    if (m_dense && m_notes.size() > 1) {
        const QString line = tr("%1 notices: %2").arg(m_notes.size()).arg(m_notes.first());
        text = QFontMetrics(m_notices->font()).elidedText(line, Qt::ElideRight, std::max(40, width() - 26));
    }
    m_notices->setText(text);
    m_notices->setToolTip(m_notes.join(QLatin1Char('\n')));
    m_notices->setAccessibleDescription(m_notices->toolTip());
    m_notices->setVisible(!m_notes.isEmpty());
}

void ChecksPanel::resizeEvent(QResizeEvent *event)
{
    QWidget::resizeEvent(event);
    showNotices();
}

void ChecksPanel::setDense(bool dense)
{
    m_dense = dense;
    m_notices->setContentsMargins(12, dense ? 1 : 6, 12, 0);
    showNotices();
    m_rowHeight = dense ? 17 : 20;
    layout()->setContentsMargins(0, 0, 0, dense ? 1 : 8);
    for (FactRow *row : findChildren<FactRow *>())
        row->setFixedHeight(m_rowHeight);
}

void ChecksPanel::refresh()
{
    for (QWidget *line : m_lines)
        line->deleteLater();
    m_lines.clear();
    const ReportPtr report = m_of == Of::Words ? m_bench.words().currentReport() : m_bench.currentReport();
    const Theme &theme = m_look.theme();
    const bool words = m_of == Of::Words;
    for (const Check &check : words ? m_bench.words().checks() : report ? report->checks() : std::vector<Check>{}) {
        auto *line = new QWidget(this);
        auto *row = new QHBoxLayout(line);
        row->setContentsMargins(0, 0, 0, 0);
        row->setSpacing(7);
        auto *icon = new QLabel(line);
        icon->setPixmap(m_look.pixmap(check.ok ? QStringLiteral("emblem-ok") : QStringLiteral("dialog-error"), 14, check.ok ? theme.ok : theme.err, devicePixelRatioF()));
        auto *fact = new FactRow(m_look, line);
        fact->setFixedHeight(m_rowHeight);
        const QString title = QString::fromStdString(check.title.empty() ? check.id : check.title);
        const QString found = QString::fromStdString(check.found);
        fact->set(title, found, tr("%1: expected %2, found %3").arg(title, QString::fromStdString(check.expected), found));
        row->addWidget(icon);
        row->addWidget(fact, 1);
        line->setAccessibleName(tr("%1: %2").arg(title, check.ok ? tr("passed") : tr("failed")));
        m_rows->addWidget(line);
        m_lines.append(line);
        if (!check.ok) {
            auto *where = new QLabel(tr("%1 Expected %2. The run is kept and marked.").arg(QString::fromStdString(check.where), QString::fromStdString(check.expected)).trimmed(), this);
            where->setWordWrap(true);
            where->setFont(typeFont(TypeRole::Hint));
            where->setProperty("tone", "err");
            m_rows->addWidget(where);
            m_lines.append(where);
        }
    }
    QStringList notices;
    for (const std::string &notice : report ? report->notices() : std::vector<std::string>{})
        notices << QString::fromStdString(notice);
    if (m_lines.isEmpty() && notices.isEmpty())
        notices << (words ? tr("Each result is checked: the words of a line must join to it.") : tr("Each result is checked: asked against kept, full budget against full cache, rows of attention."));
    m_notes = notices;
    showNotices();
}

} // namespace winnow
