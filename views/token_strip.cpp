#include "views/token_strip.h"

#include "views/format.h"
#include "views/type.h"
#include "views/widgets/segmented_control.h"

#include <QPainter>
#include <QScrollBar>

#include <algorithm>

namespace winnow {

namespace {

constexpr double kLeft = 14, kRight = 14, kTop = 4, kBottom = 8;

QColor blended(const QColor &from, const QColor &to, double t)
{
    const auto mix = [&](int a, int b) { return static_cast<int>(std::lround(a + (b - a) * t)); };
    return QColor(mix(from.red(), to.red()), mix(from.green(), to.green()), mix(from.blue(), to.blue()));
}

} // namespace

TokenStrip::TokenStrip(QWidget *parent)
    : PictureView(parent)
    , m_scroll(new QScrollBar(Qt::Vertical, this))
{
    setAccessibleName(tr("Tokens of the input"));
    m_scroll->hide();
    connect(m_scroll, &QScrollBar::valueChanged, this, [this] { invalidateBase(); });
}

bool TokenStrip::dataChanged()
{
    const ReportPtr &report = data().current.report;
    m_grid = m_grids.gridOf(report);
    m_grids.dropUnused();
    if (!report) {
        m_text.reset();
        m_layout.reset();
    } else if (!m_textOf || m_textOf->ids() != report->ids()) {
        const Json input = report->input();
        const std::string text = input.is_object() && input.contains("text") && input["text"].is_string()
            ? input["text"].get<std::string>() : std::string();
        m_text = std::make_shared<const TokenText>(TokenText::fromPieces(report->pieces(), text));
        m_layout.reset();
        m_dragFrom = m_dragTo = -1;
    }
    m_textOf = report;
    if (m_grid) {
        m_layer = std::clamp(m_layer, 0, m_grid->layers() - 1);
        m_head = std::clamp(m_head, 0, m_grid->heads() - 1);
    }
    relayout();
    computeLooks();
    refreshLabels();
    return true;
}

bool TokenStrip::followSelection(const Selection &before)
{
    const Selection &now = selection();
    bool repaint = before.step != now.step;
    if (now.pinned && m_grid) {
        const int layer = now.layer >= 0 ? std::min(now.layer, m_grid->layers() - 1) : m_layer;
        const int head = now.head >= 0 ? std::min(now.head, m_grid->heads() - 1) : m_head;
        repaint = repaint || (m_scope != Scope::AllLayers && layer != m_layer) || (m_scope == Scope::Head && head != m_head);
        m_layer = layer;
        m_head = head;
        if (now.token != before.token || !before.pinned)
            ensureVisible(now.token);
        refreshLabels();
    }
    if (repaint)
        computeLooks();
    return repaint;
}

int TokenStrip::step() const { return selection().step; }

int TokenStrip::headsInScope() const
{
    if (!m_grid)
        return 0;
    return m_scope == Scope::AllLayers ? m_grid->layers() * m_grid->heads() : m_scope == Scope::Layer ? m_grid->heads() : 1;
}

TokenStrip::Look TokenStrip::lookOf(int token) const
{
    Look look;
    if (!m_grid)
        return {TokenClass::Kept, 0, true, false};
    const bool beyond = token >= m_grid->tokens();
    look.fresh = beyond;
    look.hidden = beyond && (token >= m_grid->width() || token - m_grid->tokens() > step());
    if (look.hidden)
        return look;
    if (!m_grid->hasClasses()) { // only kept and evicted: the counts say everything
        look.share = m_scope == Scope::AllLayers ? m_grid->headsKeptAll(token, step())
            : m_scope == Scope::Layer            ? m_grid->headsKept(m_layer, token, step())
                                                 : static_cast<int>(m_grid->keptAt(m_layer, m_head, token, step()));
        look.kind = look.share > 0 ? TokenClass::Kept : TokenClass::Evicted;
        return look;
    }
    const int firstLayer = m_scope == Scope::AllLayers ? 0 : m_layer;
    const int lastLayer = m_scope == Scope::AllLayers ? m_grid->layers() - 1 : m_layer;
    const int firstHead = m_scope == Scope::Head ? m_head : 0;
    const int lastHead = m_scope == Scope::Head ? m_head : m_grid->heads() - 1;
    std::array<int, 6> counts{};
    for (int l = firstLayer; l <= lastLayer; ++l)
        for (int h = firstHead; h <= lastHead; ++h)
            ++counts[static_cast<size_t>(m_grid->classAt(l, h, token, step()))];
    const auto of = [&](TokenClass c) { return counts[static_cast<size_t>(c)]; };
    const int total = headsInScope();
    const int full = of(TokenClass::Kept) + of(TokenClass::Window) + of(TokenClass::Sink);
    look.share = full;
    if (of(TokenClass::Window) + of(TokenClass::Sink) == total)
        look.kind = of(TokenClass::Window) >= of(TokenClass::Sink) ? TokenClass::Window : TokenClass::Sink;
    else if (full > 0)
        look.kind = TokenClass::Kept;
    else if (of(TokenClass::Marginal) + of(TokenClass::Merged) > 0)
        look.kind = of(TokenClass::Marginal) >= of(TokenClass::Merged) ? TokenClass::Marginal : TokenClass::Merged;
    return look;
}

void TokenStrip::computeLooks()
{
    const size_t count = m_text ? m_text->spans.size() : 0;
    m_looks.resize(count);
    for (size_t i = 0; i < count; ++i)
        m_looks[i] = lookOf(static_cast<int>(i));
}

ClassStyle TokenStrip::styleOf(const Look &look, const Theme &theme) const
{
    if (look.fresh && look.kind != TokenClass::Evicted)
        return theme.fresh;
    switch (look.kind) {
    case TokenClass::Kept: return theme.kept;
    case TokenClass::Window:
    case TokenClass::Sink: return theme.window;
    case TokenClass::Marginal: return theme.marginal;
    case TokenClass::Merged: return theme.merged;
    case TokenClass::Evicted: return theme.evicted;
    }
    return theme.evicted;
}

QColor TokenStrip::fillOf(const Look &look, const Theme &theme) const
{
    if (look.fresh)
        return {};
    if (look.kind != TokenClass::Kept)
        return styleOf(look, theme).fill;
    return blended(theme.surface, theme.kept.fill, static_cast<double>(look.share) / std::max(1, headsInScope()));
}

void TokenStrip::paintLine(QPainter &painter, const QPointF &origin, const TokenLayout &layout, const TokenLayout::Line &line,
    const Theme &theme) const
{
    const QString &shown = m_text->shown;
    const int count = static_cast<int>(m_looks.size());
    const QFontMetricsF metrics(layout.font());
    const double baseline = line.top + (layout.lineHeight() + metrics.ascent() - metrics.descent()) / 2;
    const double inset = (layout.lineHeight() - scaled(19)) / 2;
    for (int token = std::max(0, m_text->tokenAt(line.begin)); token < count;) {
        const auto at = [&](int k) -> const TokenSpan & { return m_text->spans[static_cast<size_t>(k)]; };
        if (at(token).begin >= line.end)
            break;
        int last = token; // the run of tokens that look alike
        while (last + 1 < count && at(last + 1).begin < line.end
            && m_looks[static_cast<size_t>(last) + 1] == m_looks[static_cast<size_t>(token)])
            ++last;
        const Look &look = m_looks[static_cast<size_t>(token)];
        const int begin = std::max(at(token).begin, line.begin);
        const int end = std::min(std::max(at(token).end, at(last).end), line.end);
        token = last + 1;
        if (begin >= end || look.hidden)
            continue;
        const ClassStyle style = styleOf(look, theme);
        const int inked = skipLeadingSpace(shown, begin, end);
        QRectF box = layout.boxOn(line, inked, end).translated(origin).adjusted(0, inset, 0, -inset);
        if (look.kind == TokenClass::Kept || look.kind == TokenClass::Evicted || style.cue != ClassStyle::Cue::None)
            paintClassBox(painter, box, style, fillOf(look, theme));
        painter.setPen(style.text.isValid() ? style.text : theme.t1);
        // Without the leading space: SVG readers collapse it and would shift the words.
        painter.drawText(QPointF(layout.boxOn(line, inked, end).left() + origin.x(), baseline + origin.y()), shown.mid(inked, end - inked));
    }
}

void TokenStrip::paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    if (!m_text || m_text->spans.empty())
        return;
    const auto layout = layoutFor(body.width() - kLeft - kRight);
    const QPointF origin(body.left() + kLeft, body.top() + kTop);
    painter.setFont(layout->font());
    const QRectF clip = painter.hasClipping() ? painter.clipBoundingRect() : body;
    const auto [first, last] = layout->linesBetween(clip.top() - origin.y(), clip.bottom() - origin.y());
    for (size_t i = first; i < last; ++i)
        paintLine(painter, origin, *layout, layout->lines()[i], theme);
}

void TokenStrip::paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    if (!m_text)
        return;
    const auto layout = layoutFor(body.width() - kLeft - kRight);
    const QPointF origin(body.left() + kLeft, body.top() + kTop);
    if (m_dragFrom >= 0 && m_dragTo >= 0) {
        QColor wash = theme.accent;
        wash.setAlphaF(0.22f);
        for (int t = std::min(m_dragFrom, m_dragTo); t <= std::max(m_dragFrom, m_dragTo); ++t)
            for (const QRectF &box : layout->boxes(t))
                painter.fillRect(box.translated(origin), wash);
    }
    const int token = selection().token;
    const bool shownToken = token >= 0 && token < static_cast<int>(m_looks.size()) && !m_looks[static_cast<size_t>(token)].hidden;
    if (!shownToken)
        return;
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(theme.mark, 1.5));
    const double inset = (layout->lineHeight() - scaled(20)) / 2;
    for (const QRectF &box : layout->boxes(token))
        painter.drawRoundedRect(box.translated(origin).adjusted(-1, inset, 1, -inset), 3, 3);
}

QRectF TokenStrip::bodyRect() const
{
    const double content = m_layout ? m_layout->height() + kTop + kBottom : height();
    return QRectF(0, -m_scroll->value(), width(), std::max<double>(content, height()));
}

double TokenStrip::figureHeight(double width) const
{
    if (!m_text)
        return 0;
    // A figure ends with the last token that is shown, not with the room for those still to be decoded.
    int last = static_cast<int>(m_looks.size()) - 1;
    while (last > 0 && m_looks[static_cast<size_t>(last)].hidden)
        --last;
    const std::vector<QRectF> boxes = layoutFor(width - kLeft - kRight)->boxes(last);
    return figureHeadHeight() + (boxes.empty() ? 0 : boxes.back().bottom()) + kTop + kBottom;
}

std::shared_ptr<const TokenLayout> TokenStrip::layoutFor(double width) const
{
    if (m_layout && std::abs(m_layout->width() - width) < 0.5)
        return m_layout;
    return std::make_shared<const TokenLayout>(m_text, width);
}

void TokenStrip::relayout()
{
    if (!m_text) {
        m_scroll->hide();
        return;
    }
    m_layout = layoutFor(width() - kLeft - kRight);
    const double visible = height();
    const bool overflow = m_layout->height() + kTop + kBottom > visible + 1;
    const int bar = std::min(static_cast<int>(kRight), m_scroll->sizeHint().width()); // in the margin: the text keeps its width
    m_scroll->setVisible(overflow);
    m_scroll->setGeometry(width() - bar, 0, bar, height());
    m_scroll->setSingleStep(static_cast<int>(m_layout->lineHeight()));
    m_scroll->setPageStep(std::max(1, height()));
    m_scroll->setRange(0, overflow ? static_cast<int>(m_layout->height() + kTop + kBottom - visible) : 0);
}

} // namespace winnow
