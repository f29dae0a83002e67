#include "core/base/json_fields.h"
#include "views/format.h"
#include "views/token_strip.h"
#include "views/type.h"
#include "views/widgets/segmented_control.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QScrollBar>
#include <QToolTip>

#include <algorithm>

namespace winnow {

namespace {

constexpr double kLeft = 14, kTop = 4;

QString className(TokenClass kind)
{
    switch (kind) {
    case TokenClass::Kept: return TokenStrip::tr("kept");
    case TokenClass::Window: return TokenStrip::tr("window");
    case TokenClass::Sink: return TokenStrip::tr("sink");
    case TokenClass::Marginal: return TokenStrip::tr("marginal");
    case TokenClass::Merged: return TokenStrip::tr("merged");
    case TokenClass::Evicted: return TokenStrip::tr("evicted");
    }
    return {};
}

QString csvField(QString text)
{
    text.replace(u'"', QStringLiteral("\"\""));
    return QLatin1Char('"') + text + QLatin1Char('"');
}

} // namespace

void TokenStrip::setScope(Scope scope)
{
    if (scope == m_scope)
        return;
    m_scope = scope;
    if (m_segments)
        m_segments->setCurrent(static_cast<int>(scope));
    computeLooks();
    invalidateBase();
    Q_EMIT headerChanged();
}

void TokenStrip::setCompact(bool compact)
{
    m_compact = compact;
    refreshLabels();
}

QVector<QWidget *> TokenStrip::headerControls()
{
    if (!m_segments) {
        m_segments = new SegmentedControl({tr("All layers"), tr("Layer"), tr("Head")}, this);
        m_segments->setCurrent(static_cast<int>(m_scope));
        connect(m_segments, &SegmentedControl::chosen, this, [this](int index) { setScope(static_cast<Scope>(index)); });
        refreshLabels();
    }
    return {m_segments};
}

void TokenStrip::refreshLabels()
{
    if (!m_segments)
        return;
    m_segments->setLabels({m_compact ? tr("All") : tr("All layers"), tr("Layer %1").arg(m_layer),
        m_compact ? tr("Head") : tr("Head %1").arg(format::headAddress(m_layer, m_head))});
}

QVector<LegendEntry> TokenStrip::legend(const Theme &theme) const
{
    QVector<LegendEntry> entries;
    if (!m_grid || m_looks.empty())
        return entries;
    std::array<int, 6> counts{};
    bool fresh = false;
    for (const Look &look : m_looks) {
        if (look.fresh)
            fresh = fresh || !look.hidden;
        else
            ++counts[static_cast<size_t>(look.kind)];
    }
    const auto of = [&](TokenClass kind) { return counts[static_cast<size_t>(kind)]; };
    const auto add = [&](const ClassStyle &style, const QString &text) {
        entries.push_back({LegendEntry::Sample::Class, {}, style, {}, text, {}});
    };
    const bool counted = m_scope == Scope::Head;
    const auto named = [&](const QString &name, int count) { return counted ? QStringLiteral("%1 %2").arg(name, format::integer(count)) : name; };
    const int heads = headsInScope();
    if (counted) {
        add(theme.kept, named(tr("kept"), of(TokenClass::Kept)));
    } else {
        LegendEntry fills{LegendEntry::Sample::Fills, {}, {}, {}, {}, {}};
        const int shades = std::min(heads, 4);
        for (int i = 1; i <= shades; ++i)
            fills.fills << fillOf({TokenClass::Kept, heads * i / shades, false, false}, theme);
        QStringList numbers;
        for (int i = 1; i <= heads && heads <= 3; ++i)
            numbers << QString::number(i);
        const QString which = heads <= 3 ? numbers.join(QStringLiteral(", ")) : tr("1 to %1").arg(heads);
        fills.text = m_compact ? tr("kept by %1").arg(which) : tr("kept by %1 of %n head(s)", nullptr, heads).arg(which);
        fills.text.replace(QStringLiteral("head(s)"), heads == 1 ? QStringLiteral("head") : QStringLiteral("heads"));
        entries.push_back(fills);
    }
    if (of(TokenClass::Window))
        add(theme.window, named(tr("window"), of(TokenClass::Window)));
    if (of(TokenClass::Sink))
        add(theme.window, named(tr("sink"), of(TokenClass::Sink)));
    if (of(TokenClass::Marginal))
        add(theme.marginal, named(tr("marginal"), of(TokenClass::Marginal)));
    if (of(TokenClass::Merged))
        add(theme.merged, named(tr("merged"), of(TokenClass::Merged)));
    if (of(TokenClass::Evicted))
        entries.push_back({LegendEntry::Sample::Text, {}, {}, {}, named(tr("evicted"), of(TokenClass::Evicted)), theme.evicted.text});
    if (fresh)
        add(theme.fresh, tr("new"));
    return entries;
}

QString TokenStrip::emptyReason() const
{
    if (!data().current.report)
        return tr("No input yet. Open a text to see its tokens here.");
    return m_text && !m_text->spans.empty() ? QString() : tr("The input has no tokens. Type or open a text.");
}

QString TokenStrip::caption() const
{
    const QString where = m_scope == Scope::AllLayers ? tr("all layers")
        : m_scope == Scope::Layer                     ? tr("layer %1").arg(m_layer)
                                                      : tr("head %1").arg(format::headAddress(m_layer, m_head));
    const QString step = selection().step < 0 ? tr("after the prompt") : tr("after decode step %1").arg(selection().step + 1);
    return tr("Tokens of the input and what %1 at %2 keeps of their cache, %3, %4.")
        .arg(data().current.title, data().current.budget, where, step);
}

QString TokenStrip::csv() const
{
    QString out = QStringLiteral("token,piece,class,heads kept,heads\n");
    for (size_t i = 0; i < m_looks.size(); ++i) {
        const Look &look = m_looks[i];
        if (look.hidden)
            continue;
        const TokenSpan &span = m_text->spans[i];
        out += QStringLiteral("%1,%2,%3,%4,%5\n")
                   .arg(i)
                   .arg(csvField(m_text->text.mid(span.begin, span.end - span.begin)), look.fresh ? tr("new") : className(look.kind))
                   .arg(look.share)
                   .arg(headsInScope());
    }
    return out;
}

QString TokenStrip::describe() const
{
    const int token = selection().token;
    if (token < 0 || token >= static_cast<int>(m_looks.size()))
        return tr("Nothing marked. Arrow keys move from token to token.");
    const Look &look = m_looks[static_cast<size_t>(token)];
    return tr("Token %1, “%2”, %3, kept by %4 of %5 heads.")
        .arg(token)
        .arg(m_text->label(token), look.fresh ? tr("new") : className(look.kind))
        .arg(look.share)
        .arg(headsInScope());
}

QJsonObject TokenStrip::saveState() const
{
    return {{QStringLiteral("scope"), static_cast<int>(m_scope)}, {QStringLiteral("layer"), m_layer}, {QStringLiteral("head"), m_head}};
}

void TokenStrip::restoreState(const QJsonObject &state)
{
    m_layer = std::max(0, state.value(QStringLiteral("layer")).toInt(m_layer));
    m_head = std::max(0, state.value(QStringLiteral("head")).toInt(m_head));
    if (m_grid) {
        m_layer = std::min(m_layer, m_grid->layers() - 1);
        m_head = std::min(m_head, m_grid->heads() - 1);
    }
    setScope(static_cast<Scope>(std::clamp(state.value(QStringLiteral("scope")).toInt(static_cast<int>(m_scope)), 0, 2)));
    computeLooks();
    refreshLabels();
    invalidateBase();
}

int TokenStrip::tokenAt(const QPointF &point) const
{
    if (!m_layout)
        return -1;
    const int token = m_layout->tokenAt(point - bodyRect().topLeft() - QPointF(kLeft, kTop));
    return token >= 0 && m_looks[static_cast<size_t>(token)].hidden ? -1 : token;
}

QRectF TokenStrip::tokenRect(int token) const
{
    const std::vector<QRectF> boxes = m_layout ? m_layout->boxes(token) : std::vector<QRectF>();
    return boxes.empty() ? QRectF() : boxes.front().translated(bodyRect().topLeft() + QPointF(kLeft, kTop));
}

void TokenStrip::ensureVisible(int token)
{
    const QRectF box = tokenRect(token);
    if (box.isNull() || !m_scroll->isVisibleTo(this))
        return;
    if (box.top() < 0)
        m_scroll->setValue(m_scroll->value() + static_cast<int>(box.top()) - 8);
    else if (box.bottom() > height())
        m_scroll->setValue(m_scroll->value() + static_cast<int>(box.bottom()) - height() + 8);
}

void TokenStrip::moveTo(int token, Gesture gesture)
{
    Selection next = selection();
    next.token = token;
    if (gesture == Gesture::Click && m_scope != Scope::AllLayers)
        next.layer = m_layer;
    if (gesture == Gesture::Click && m_scope == Scope::Head)
        next.head = m_head;
    request(next, gesture);
}

void TokenStrip::resizeEvent(QResizeEvent *event)
{
    relayout();
    PictureView::resizeEvent(event);
}

void TokenStrip::wheelEvent(QWheelEvent *event)
{
    if (!m_scroll->isVisibleTo(this)) {
        event->ignore();
        return;
    }
    const int pixels = event->pixelDelta().isNull() ? event->angleDelta().y() * m_scroll->singleStep() * 3 / 120 : event->pixelDelta().y();
    m_scroll->setValue(m_scroll->value() - pixels);
    event->accept();
}

QString TokenStrip::hoverText(int token) const
{
    if (!m_grid || token < 0 || token >= m_grid->width() || m_grid->kept().changes.empty())
        return {};
    const Selection &mark = selection();
    const bool all = m_scope == Scope::AllLayers;
    const int layer = all && mark.layer >= 0 ? std::min(mark.layer, m_grid->layers() - 1) : m_layer;
    const int head = m_scope != Scope::Head && mark.head >= 0 ? std::min(mark.head, m_grid->heads() - 1) : m_head;
    QStringList lines{tr("Head %1").arg(format::headAddress(layer, head))};
    const bool prompt = token < m_grid->tokens();
    if (prompt && m_grid->hasScores()) {
        int rank = 1;
        for (int other = 0; other < m_grid->tokens(); ++other)
            rank += m_grid->score(layer, head, other) > m_grid->score(layer, head, token) ? 1 : 0;
        lines << tr("Rank %1 of %2 after the prompt").arg(rank).arg(m_grid->tokens());
    }
    QString history = prompt ? className(m_grid->kept().tokenClass(layer, head, token)) : tr("new");
    const std::vector<ClassChange> changes = m_grid->history(layer, head, token);
    constexpr size_t kShown = 6; // the last ones
    if (changes.size() > kShown)
        history += tr(", %1 changes").arg(changes.size());
    for (size_t i = changes.size() > kShown ? changes.size() - kShown : 0; i < changes.size(); ++i)
        history += tr(", %1 from step %2").arg(className(changes[i].to)).arg(changes[i].step + 1);
    lines << history;
    if (m_servingOf != data().current.report) {
        m_servingOf = data().current.report;
        m_serving = servingHeads(*m_servingOf);
    }
    const auto queryHeads = static_cast<int>(integerField(m_servingOf->model(), "heads"));
    if (const QString serving = servingText(m_serving, layer, head, queryHeads / std::max(1, m_grid->heads())); !serving.isEmpty())
        lines << tr("Decided by small heads %1").arg(serving);
    return lines.join(QLatin1Char('\n'));
}

void TokenStrip::mouseMoveEvent(QMouseEvent *event)
{
    const int token = tokenAt(event->position());
    if (event->buttons() & Qt::LeftButton) {
        if (m_dragFrom >= 0 && token >= 0 && (token != m_dragFrom || m_dragging)) {
            m_dragging = true;
            m_dragTo = token;
            update();
        }
        return;
    }
    QToolTip::showText(event->globalPosition().toPoint(), hoverText(token), this);
    if (token != selection().token || token < 0)
        moveTo(token, Gesture::Hover);
}

void TokenStrip::mousePressEvent(QMouseEvent *event)
{
    if (event->button() != Qt::LeftButton)
        return;
    m_dragFrom = tokenAt(event->position());
    m_dragTo = -1;
    m_dragging = false;
    update();
}

void TokenStrip::mouseReleaseEvent(QMouseEvent *event)
{
    if (event->button() != Qt::LeftButton || m_dragging)
        return;
    if (m_dragFrom >= 0)
        moveTo(m_dragFrom, Gesture::Click);
    else
        requestClear();
    m_dragFrom = -1;
}

void TokenStrip::leaveEvent(QEvent *event)
{
    PictureView::leaveEvent(event);
    if (!selection().pinned && selection().token >= 0)
        moveTo(-1, Gesture::Hover);
}

void TokenStrip::copySelectedText() const
{
    if (!m_text || m_dragFrom < 0 || m_dragTo < 0)
        return;
    const auto [first, last] = std::minmax(m_dragFrom, m_dragTo);
    const int begin = m_text->spans[static_cast<size_t>(first)].begin;
    QGuiApplication::clipboard()->setText(m_text->text.mid(begin, m_text->spans[static_cast<size_t>(last)].end - begin));
}

void TokenStrip::keyPressEvent(QKeyEvent *event)
{
    const int count = m_text ? static_cast<int>(m_looks.size()) : 0;
    const int token = std::min(selection().token, count - 1);
    if (event->matches(QKeySequence::Copy))
        return copySelectedText();
    if (event->matches(QKeySequence::SelectAll) && count > 0) {
        m_dragFrom = 0;
        m_dragTo = count - 1;
        return update();
    }
    if (count == 0)
        return PictureView::keyPressEvent(event);
    int next = token;
    switch (event->key()) {
    case Qt::Key_Left: next = token < 0 ? 0 : std::max(0, token - 1); break;
    case Qt::Key_Right: next = std::min(count - 1, token + 1); break;
    case Qt::Key_Up: next = token < 0 ? 0 : m_layout->tokenBeside(token, -1); break;
    case Qt::Key_Down: next = token < 0 ? 0 : m_layout->tokenBeside(token, 1); break;
    case Qt::Key_Home: next = 0; break;
    case Qt::Key_End: next = count - 1; break;
    case Qt::Key_Escape:
        m_dragFrom = m_dragTo = -1;
        requestClear();
        return update();
    case Qt::Key_Return:
    case Qt::Key_Enter: return moveTo(token, Gesture::Click);
    default: return PictureView::keyPressEvent(event);
    }
    next = std::clamp(next, 0, count - 1);
    while (next > 0 && m_looks[static_cast<size_t>(next)].hidden)
        --next;
    // The keyboard moves a pinned mark as a pinned mark: the cell under the keys is what the user chose.
    moveTo(next, Gesture::Click);
}

} // namespace winnow
