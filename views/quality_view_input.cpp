#include "views/format.h"
#include "views/quality_view.h"
#include "views/type.h"

#include <QAction>
#include <QComboBox>
#include <QKeyEvent>
#include <QMenu>
#include <QMouseEvent>
#include <QStandardItemModel>

#include <algorithm>
#include <cmath>

namespace winnow {

namespace {

constexpr double kReach = 14; // pixels from a point that still mean it
constexpr double kWideHeader = 640; // from here on the header has room for the axis choosers
constexpr double kMebi = 1024.0 * 1024.0;

} // namespace

QualityView::QualityView(QWidget *parent)
    : PictureView(parent)
{
    setAccessibleName(tr("Quality against bytes"));
    addActions();
}

void QualityView::addActions()
{
    const auto add = [&](const QString &text, bool on, auto set) {
        auto *action = new QAction(text, this);
        action->setCheckable(true);
        action->setChecked(on);
        connect(action, &QAction::toggled, this, [this, set](bool checked) {
            set(checked);
            invalidateBase();
            Q_EMIT headerChanged();
        });
        addAction(action);
        return action;
    };
    add(tr("Logarithmic bytes"), false, [this](bool on) { m_xScale = on ? Scale::Log : Scale::Linear; })->setObjectName(QStringLiteral("xLog"));
    add(tr("Logarithmic quality"), false, [this](bool on) { m_yScale = on ? Scale::Log : Scale::Linear; })->setObjectName(QStringLiteral("yLog"));
    add(tr("Pareto front"), true, [this](bool on) { m_showFront = on; })->setObjectName(QStringLiteral("front"));
    add(tr("Bands"), true, [this](bool on) { m_showBands = on; })->setObjectName(QStringLiteral("bands"));
    // Where the header has no room for the choosers, the menu has the axes.
    addAxis(tr("Horizontal Axis"), xChoices(), [this](int index) { setAxes(static_cast<X>(index), m_yKind); });
    addAxis(tr("Vertical Axis"), yChoices(), [this](int index) { setAxes(m_xKind, static_cast<Y>(index)); });
}

QStringList QualityView::xChoices() { return {tr("x: stored bytes"), tr("x: nominal bytes"), tr("x: tokens"), tr("x: stored with small model"), tr("x: replaced layers")}; }

QStringList QualityView::yChoices() { return {tr("y: ΔNLL"), tr("y: KL"), tr("y: top-1"), tr("y: log-perplexity")}; }

void QualityView::addAxis(const QString &title, const QStringList &choices, const std::function<void(int)> &choose)
{
    auto *menu = new QMenu(title, this);
    const bool horizontal = choices == xChoices();
    for (int i = 0; i < choices.size(); ++i) {
        QAction *action = menu->addAction(choices[i].mid(3));
        action->setCheckable(true);
        connect(action, &QAction::triggered, this, [choose, i] { choose(i); });
    }
    connect(menu, &QMenu::aboutToShow, this, [this, menu, horizontal] {
        for (int i = 0; i < menu->actions().size(); ++i) {
            menu->actions()[i]->setChecked(i == (horizontal ? static_cast<int>(m_xKind) : static_cast<int>(m_yKind)));
            menu->actions()[i]->setEnabled(horizontal ? hasCurve(static_cast<X>(i), m_yKind) : hasCurve(m_xKind, static_cast<Y>(i)));
        }
    });
    addAction(menu->menuAction());
}

void QualityView::setScales(Scale x, Scale y)
{
    for (QAction *action : actions()) {
        if (action->objectName() == QLatin1String("xLog"))
            action->setChecked(x == Scale::Log);
        if (action->objectName() == QLatin1String("yLog"))
            action->setChecked(y == Scale::Log);
    }
}

void QualityView::setAxes(X x, Y y)
{
    m_axesChosen = true;
    m_xKind = x;
    m_yKind = y;
    m_lines = linesOf(data());
    m_alone = aloneIn(data());
    m_hover = {};
    if (m_xChoice)
        m_xChoice->setCurrentIndex(static_cast<int>(x));
    if (m_yChoice)
        m_yChoice->setCurrentIndex(static_cast<int>(y));
    refreshChoices();
    invalidateBase();
    Q_EMIT headerChanged();
}

QVector<QWidget *> QualityView::headerControls()
{
    if (!m_xChoice) {
        const auto make = [&](const QStringList &choices, const QString &name) {
            auto *box = new QComboBox(this);
            box->addItems(choices);
            box->setProperty("optional", true); // the header shows it when it has room
            box->setFont(typeFont(TypeRole::Label));
            box->setAccessibleName(name);
            return box;
        };
        m_xChoice = make(xChoices(), tr("Horizontal axis"));
        m_yChoice = make(yChoices(), tr("Vertical axis"));
        connect(m_xChoice, &QComboBox::activated, this, [this](int index) { setAxes(static_cast<X>(index), m_yKind); });
        connect(m_yChoice, &QComboBox::activated, this, [this](int index) { setAxes(m_xKind, static_cast<Y>(index)); });
    }
    refreshChoices();
    return {m_xChoice, m_yChoice};
}

void QualityView::refreshChoices()
{
    if (!m_xChoice || !m_yChoice)
        return;
    m_xChoice->setCurrentIndex(static_cast<int>(m_xKind));
    const auto offer = [](QComboBox *box, int index, bool there, const QString &reason) {
        auto *model = qobject_cast<QStandardItemModel *>(box->model());
        QStandardItem *item = model ? model->item(index) : nullptr;
        if (!item)
            return;
        item->setEnabled(there);
        item->setToolTip(there ? QString() : reason);
    };
    const bool any = !data().curves.empty();
    const QString nothing = tr("Nothing is measured yet: run a pinned setting or start a sweep.");
    for (int i = 0; i < m_xChoice->count(); ++i)
        offer(m_xChoice, i, hasCurve(static_cast<X>(i), m_yKind), any ? tr("No measured cell says this size.") : nothing);
    for (int i = 0; i < m_yChoice->count(); ++i) {
        offer(m_yChoice, i, hasCurve(m_xKind, static_cast<Y>(i)), any ? tr("No measured cell holds this quality; run or sweep again to measure it.") : nothing);
    }
}

QString QualityView::title() const
{
    if (m_xKind == X::Replaced)
        return tr("Quality against replaced layers");
    return m_xKind == X::Tokens ? tr("Quality against tokens") : tr("Quality against bytes");
}

QString QualityView::xTitle() const
{
    const QString names[] = {tr("stored cache, MiB"), tr("nominal cache, MiB"), tr("kept tokens"), tr("stored and small model’s cache, MiB"), tr("layers replaced, percent")};
    return names[static_cast<int>(m_xKind)] + (m_xScale == Scale::Log ? tr(", log scale") : QString());
}

QString QualityView::yTitle() const
{
    QString against = tr("full");
    for (const RunEntry &run : data().runs)
        if (run.baseline)
            against = runLetter(run.index);
    const QString names[] = {tr("ΔNLL against %1, nats/token").arg(against), tr("KL against %1, nats").arg(against), tr("top-1 agreement with %1, percent").arg(against), tr("log-perplexity, nats/token")};
    return names[static_cast<int>(m_yKind)] + (m_yScale == Scale::Log ? tr(", log scale") : QString());
}

QString QualityView::yText(double y) const
{
    switch (m_yKind) {
    case Y::DeltaNll: return format::signedDecimals(y, 4);
    case Y::Kl: return format::decimals(y, 3);
    case Y::Top1: return format::percent(y, 1);
    case Y::Nll: return format::decimals(y, 4);
    }
    return {};
}

QString QualityView::xText(double x) const
{
    if (m_xKind == X::Replaced)
        return format::percent(x / 100, 1);
    return m_xKind == X::Tokens ? format::tokens(std::llround(x)) : format::bytes(x * kMebi);
}

QString QualityView::note() const
{
    if (m_lines.empty() || width() >= kWideHeader)
        return {};
    const bool bands = std::any_of(m_lines.begin(), m_lines.end(), [](const Line &line) {
        return std::any_of(line.points.begin(), line.points.end(), [](const Point &p) { return p.band; });
    });
    return bands && m_showBands ? tr("95 % band") : QString();
}

QVector<LegendEntry> QualityView::legend(const Theme &theme) const
{
    QVector<LegendEntry> entries;
    if (usesDirectLabels() && width() < kWideHeader)
        return entries;
    bool forecast = false;
    for (const Line &line : m_lines) {
        for (const Point &p : line.points)
            forecast = forecast || p.forecast;
        if (!line.reference && !usesDirectLabels())
            entries.push_back({LegendEntry::Sample::Run, {}, {}, theme.run(line.letter), QStringLiteral("%1 %2").arg(runLetter(line.letter), line.name), {}});
    }
    if (forecast)
        entries.push_back({LegendEntry::Sample::Hollow, {}, {}, RunStyle{theme.t2, {}, RunStyle::Marker::Circle, true}, tr("forecast"), {}});
    return entries;
}

QString QualityView::emptyReason() const
{
    if (!m_lines.empty())
        return {};
    return data().curves.empty() ? tr("Nothing measured yet. Run a pinned setting or start a sweep to see what bytes buy.")
                                 : tr("No run was measured on these axes. Choose other axes, or run a sweep.");
}

QString QualityView::caption() const
{
    return tr("%1 over %2, one line per run; filled = measured, hollow = forecast, band = 95 % interval of the mean.").arg(yTitle(), xTitle());
}

QString QualityView::csv() const
{
    const QString xNames[] = {QStringLiteral("stored cache MiB"), QStringLiteral("nominal cache MiB"), QStringLiteral("kept tokens"), QStringLiteral("stored and small model cache MiB"), QStringLiteral("layers replaced percent")};
    const QString yNames[] = {QStringLiteral("delta NLL nats/token"), QStringLiteral("KL nats"), QStringLiteral("top-1 agreement"), QStringLiteral("NLL nats/token")};
    QString out = QStringLiteral("run,method,budget,%1,%2,low,high,forecast\n").arg(xNames[static_cast<int>(m_xKind)], yNames[static_cast<int>(m_yKind)]);
    const auto number = [](double value) { return std::isfinite(value) ? QString::number(value, 'g', 12) : QString(); };
    for (const Line &line : m_lines)
        for (const Point &p : line.points)
            out += QStringLiteral("%1,\"%2\",%3,%4,%5,%6,%7,%8\n")
                       .arg(runLetter(line.letter), line.name, p.budget, number(p.x), number(p.y), p.band ? number(p.low) : QString(), p.band ? number(p.high) : QString(),
                           p.forecast ? QStringLiteral("1") : QStringLiteral("0"));
    return out;
}

QString QualityView::describe() const
{
    const Hit hit = markedPoint();
    if (hit.line < 0)
        return tr("Nothing marked. Arrow keys move along a line and between lines.");
    QStringList parts{m_lines[static_cast<size_t>(hit.line)].name + QLatin1Char(' ') + m_lines[static_cast<size_t>(hit.line)].points[static_cast<size_t>(hit.point)].budget};
    for (const auto &[name, value] : tooltipRows(hit))
        parts << name + QLatin1Char(' ') + value;
    return parts.join(QStringLiteral("; "));
}

QJsonObject QualityView::saveState() const
{
    QJsonObject state{{QStringLiteral("xLog"), m_xScale == Scale::Log}, {QStringLiteral("yLog"), m_yScale == Scale::Log}, {QStringLiteral("front"), m_showFront},
        {QStringLiteral("bands"), m_showBands}};
    if (m_axesChosen) {
        state[QStringLiteral("x")] = static_cast<int>(m_xKind);
        state[QStringLiteral("y")] = static_cast<int>(m_yKind);
    }
    return state;
}

void QualityView::restoreState(const QJsonObject &state)
{
    for (QAction *action : actions())
        action->setChecked(state.value(action->objectName()).toBool(action->isChecked()));
    const bool chosen = state.contains(QStringLiteral("x"));
    const int x = state.value(QStringLiteral("x")).toInt(), y = state.value(QStringLiteral("y")).toInt();
    setAxes(chosen ? static_cast<X>(std::clamp(x, 0, static_cast<int>(X::Replaced))) : usualX(), static_cast<Y>(std::clamp(y, 0, static_cast<int>(Y::Nll))));
    m_axesChosen = chosen;
}

QPointF QualityView::pointPosition(const Hit &hit) const
{
    const Point &p = m_lines[static_cast<size_t>(hit.line)].points[static_cast<size_t>(hit.point)];
    const Plan plan = planFor(bodyRect());
    return plan.at(p.x, std::clamp(p.y, plan.y.lo, plan.y.hi));
}

QualityView::Hit QualityView::pointAt(const QPointF &position) const
{
    Hit best;
    double nearest = kReach * kReach;
    if (m_lines.empty())
        return best;
    const Plan plan = planFor(bodyRect());
    for (size_t l = 0; l < m_lines.size(); ++l)
        for (size_t i = 0; i < m_lines[l].points.size(); ++i) {
            const Point &p = m_lines[l].points[i];
            const QPointF d = plan.at(p.x, std::clamp(p.y, plan.y.lo, plan.y.hi)) - position;
            const double distance = QPointF::dotProduct(d, d);
            if (distance < nearest) {
                nearest = distance;
                best = {static_cast<int>(l), static_cast<int>(i)};
            }
        }
    return best;
}

void QualityView::hover(const Hit &hit)
{
    if (hit == m_hover)
        return;
    m_hover = hit;
    update();
    setAccessibleDescription(describe());
    if (hit.line < 0)
        return;
    Selection next = selection();
    next.run = m_lines[static_cast<size_t>(hit.line)].run;
    request(next, Gesture::Hover);
}

void QualityView::mouseMoveEvent(QMouseEvent *event) { hover(pointAt(event->position())); }

void QualityView::mousePressEvent(QMouseEvent *event)
{
    const Hit hit = pointAt(event->position());
    if (event->button() != Qt::LeftButton || hit.line < 0)
        return;
    Selection next = selection();
    next.run = m_lines[static_cast<size_t>(hit.line)].run;
    request(next, Gesture::Click);
}

void QualityView::mouseDoubleClickEvent(QMouseEvent *event)
{
    const Hit hit = pointAt(event->position());
    if (hit.line >= 0 && m_lines[static_cast<size_t>(hit.line)].letter >= 0)
        Q_EMIT activated(m_lines[static_cast<size_t>(hit.line)].letter);
}

void QualityView::leaveEvent(QEvent *event)
{
    PictureView::leaveEvent(event);
    hover({});
}

void QualityView::keyPressEvent(QKeyEvent *event)
{
    if (m_lines.empty())
        return PictureView::keyPressEvent(event);
    Hit hit = markedPoint();
    if (hit.line < 0)
        hit = {0, 0};
    const auto lineCount = static_cast<int>(m_lines.size());
    switch (event->key()) {
    case Qt::Key_Left: --hit.point; break;
    case Qt::Key_Right: ++hit.point; break;
    case Qt::Key_Up: --hit.line; break;
    case Qt::Key_Down: ++hit.line; break;
    case Qt::Key_Return:
    case Qt::Key_Enter: {
        Selection next = selection();
        next.run = m_lines[static_cast<size_t>(hit.line)].run;
        return request(next, Gesture::Click);
    }
    case Qt::Key_Escape:
        hover({});
        return requestClear();
    default: return PictureView::keyPressEvent(event);
    }
    hit.line = std::clamp(hit.line, 0, lineCount - 1);
    hit.point = std::clamp(hit.point, 0, static_cast<int>(m_lines[static_cast<size_t>(hit.line)].points.size()) - 1);
    hover(hit);
}

} // namespace winnow
