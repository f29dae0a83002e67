#include "views/prompt_canvas.h"

#include "views/format.h"
#include "views/type.h"
#include "views/widgets/segmented_control.h"

#include <QAction>
#include <QPainter>
#include <QScrollBar>

#include <algorithm>
#include <cmath>
#include <limits>

namespace winnow {

namespace {

constexpr double kLeft = 14, kRight = 14, kTop = 4, kBottom = 8, kGutter = 24;
constexpr double kDeepest = 0.62; // share of the accent in the strongest tint: text stays readable

QColor blended(const QColor &from, const QColor &to, double t)
{
    const auto mix = [&](int a, int b) { return static_cast<int>(std::lround(a + (b - a) * t)); };
    return QColor(mix(from.red(), to.red()), mix(from.green(), to.green()), mix(from.blue(), to.blue()));
}

/// The value below which `share` of the values lie; 0 when there are none.
double quantile(std::vector<float> values, double share)
{
    std::erase_if(values, [](float value) { return std::isnan(value); });
    if (values.empty())
        return 0;
    const auto at = values.begin() + static_cast<long>(static_cast<double>(values.size() - 1) * share);
    std::nth_element(values.begin(), at, values.end());
    return static_cast<double>(*at);
}

} // namespace

PromptCanvas::PromptCanvas(QWidget *parent)
    : PictureView(parent)
    , m_scroll(new QScrollBar(Qt::Vertical, this))
{
    setAccessibleName(tr("Tokens of the prompt"));
    m_scroll->hide();
    connect(m_scroll, &QScrollBar::valueChanged, this, [this] { invalidateBase(); });
    auto *words = new QAction(tr("Whole words"), this);
    words->setObjectName(QStringLiteral("words"));
    words->setCheckable(true);
    connect(words, &QAction::toggled, this, &PromptCanvas::setWholeWords);
    addAction(words);
}

int PromptCanvas::stage() const { return m_of ? m_of->shownStage(selection().step) : 0; }

bool PromptCanvas::dataChanged()
{
    const PromptDataPtr before = m_of;
    m_of = data().current.prompt;
    if (!m_of) {
        m_pages.clear();
        m_kept.reset();
        m_scroll->hide();
        return true;
    }
    const bool sameText = before && before->text->shown == m_of->text->shown && before->ids == m_of->ids;
    if (!before || before->rendered != m_of->rendered || !sameText)
        buildKept();
    refreshValues();
    relayout();
    if (!sameText)
        m_scroll->setValue(0);
    return true;
}

void PromptCanvas::buildKept()
{
    m_keptTokens.clear();
    std::vector<std::string> pieces;
    const QString &whole = m_of->rendered;
    qsizetype at = 0;
    for (int token = 0; token < m_of->tokens(); ++token) {
        if (m_of->stageOf[static_cast<size_t>(token)] > 0)
            continue;
        const TokenSpan &span = m_of->text->spans[static_cast<size_t>(token)];
        const QString own = m_of->text->text.mid(span.begin, span.end - span.begin);
        qsizetype end = at;
        if (span.parts == 1 && !own.isEmpty()) {
            // A joiner may stand before it, a broken character may be missing.
            const qsizetype found = whole.indexOf(own, at);
            end = found >= 0 && found <= at + 8 ? found + own.size() : std::min(whole.size(), at + own.size());
        }
        pieces.push_back(whole.mid(at, end - at).toStdString());
        at = end;
        m_keptTokens.push_back(token);
    }
    if (!pieces.empty() && at < whole.size())
        pieces.back() += whole.mid(at).toStdString();
    m_kept = std::make_shared<const TokenText>(TokenText::fromPieces(pieces, {}));
}

void PromptCanvas::refreshValues()
{
    m_shade.clear();
    m_low = m_high = 0;
    const PromptScores *scores = m_of ? m_of->scoresOf(stage()) : nullptr;
    if (!scores || m_mode == Mode::Cuts || m_mode == Mode::SideBySide)
        return;
    std::vector<float> values = m_mode == Mode::Information ? scores->information : scores->attention;
    if (values.size() != static_cast<size_t>(m_of->tokens()))
        return;
    if (m_words) { // the mean of a word's tokens
        for (size_t first = 0; first < values.size();) {
            size_t end = first;
            double sum = 0, count = 0;
            for (; end < values.size() && m_of->wordOf[end] == m_of->wordOf[first]; ++end)
                if (!std::isnan(values[end])) {
                    sum += static_cast<double>(values[end]);
                    ++count;
                }
            std::fill(values.begin() + static_cast<long>(first), values.begin() + static_cast<long>(end), count > 0 ? static_cast<float>(sum / count) : std::numeric_limits<float>::quiet_NaN());
            first = end;
        }
    }
    // A few sinks take most of the attention: the strongest hundredth shares the deepest tint.
    m_high = quantile(values, 0.99);
    m_low = std::max(0.0, quantile(values, 0));
    for (const float value : values)
        m_shade.push_back(std::isnan(value) ? value : static_cast<float>(std::clamp((static_cast<double>(value) - m_low) / std::max(1e-12, m_high - m_low), 0.0, 1.0)));
}

bool PromptCanvas::followSelection(const Selection &before)
{
    const Selection &now = selection();
    if (now.pinned && now.token >= 0 && (now.token != before.token || !before.pinned))
        ensureVisible(now.token);
    if (before.step == now.step)
        return false;
    refreshValues();
    return true;
}

PromptCanvas::Cut PromptCanvas::cutOf(int token) const
{
    if (!m_of || token < 0 || token >= m_of->tokens())
        return Cut::Kept;
    const int removed = m_of->stageOf[static_cast<size_t>(token)], now = stage();
    if (removed == 0 || removed > now + 1)
        return Cut::Kept;
    return removed == now + 1 ? Cut::Next : removed == now ? Cut::Now : Cut::Earlier;
}

bool PromptCanvas::isBroken(int token) const
{
    const auto [first, last] = reach(token);
    int cut = 0;
    for (int t = first; t <= last; ++t)
        cut += m_of->cutBy(t, stage()) ? 1 : 0;
    return cut > 0 && cut < last - first + 1;
}

std::pair<int, int> PromptCanvas::reach(int token) const
{
    if (!m_of || !m_words || token < 0 || token >= m_of->tokens())
        return {token, token};
    const std::vector<int> &words = m_of->wordOf;
    int first = token, last = token;
    while (first > 0 && words[static_cast<size_t>(first) - 1] == words[static_cast<size_t>(token)])
        --first;
    while (last + 1 < m_of->tokens() && words[static_cast<size_t>(last) + 1] == words[static_cast<size_t>(token)])
        ++last;
    return {first, last};
}

void PromptCanvas::setMode(Mode mode)
{
    if (mode == m_mode)
        return;
    m_mode = mode;
    if (m_segments)
        m_segments->setCurrent(static_cast<int>(mode));
    refreshValues();
    relayout();
    invalidateBase();
    Q_EMIT headerChanged();
}

void PromptCanvas::setWholeWords(bool words)
{
    if (words == m_words)
        return;
    m_words = words;
    for (QAction *action : actions())
        if (action->objectName() == QLatin1String("words"))
            action->setChecked(words);
    refreshValues();
    invalidateBase();
    Q_EMIT headerChanged();
}

std::vector<PromptCanvas::Page> PromptCanvas::pagesFor(double width) const
{
    std::vector<Page> pages;
    if (!m_of || m_of->text->spans.empty())
        return pages;
    const double room = width - kLeft - kRight;
    if (m_mode != Mode::SideBySide) {
        pages.push_back({std::make_shared<const TokenLayout>(m_of->text, room), {kLeft, kTop}, {}, false});
        return pages;
    }
    const double column = (room - kGutter) / 2;
    pages.push_back({std::make_shared<const TokenLayout>(m_of->text, column), {kLeft, kTop}, {}, false});
    if (m_kept)
        pages.push_back({std::make_shared<const TokenLayout>(m_kept, column), {kLeft + column + kGutter, kTop}, m_keptTokens, true});
    return pages;
}

QColor PromptCanvas::textColor(int token, const Page &page, const Theme &theme) const
{
    if (page.compressed)
        return theme.t1;
    // A character that is split over tokens is lost with the first of them.
    const TokenSpan &span = m_of->text->spans[static_cast<size_t>(token)];
    Cut worst = cutOf(token);
    for (int part = token - span.part; part < token - span.part + span.parts && part < m_of->tokens(); ++part)
        if (const Cut cut = cutOf(part); cut == Cut::Earlier || (cut == Cut::Now && worst != Cut::Earlier))
            worst = cut;
    switch (worst) {
    case Cut::Earlier: return theme.evicted.text;
    case Cut::Now: return m_mode == Mode::Cuts || m_mode == Mode::SideBySide ? theme.t2 : theme.evicted.text;
    case Cut::Kept:
    case Cut::Next: break;
    }
    return theme.t1;
}

void PromptCanvas::paintCell(QPainter &painter, const QRectF &box, int token, const Theme &theme) const
{
    QColor fill;
    if (m_mode == Mode::Cuts || m_mode == Mode::SideBySide) {
        if (cutOf(token) == Cut::Now)
            fill = theme.merged.fill;
    } else if (const auto at = static_cast<size_t>(token); at < m_shade.size() && !m_of->cutBy(token, stage() - 1)) {
        fill = std::isnan(m_shade[at]) ? theme.masked : blended(theme.surface, theme.accent, kDeepest * static_cast<double>(m_shade[at]));
    }
    if (!fill.isValid() || box.isNull())
        return;
    painter.setPen(Qt::NoPen);
    painter.setBrush(fill);
    painter.drawRoundedRect(box, 2, 2);
}

void PromptCanvas::paintCues(QPainter &painter, const QRectF &box, double baseline, int token, const Theme &theme) const
{
    if (box.isNull())
        return;
    const Cut cut = cutOf(token);
    const QFontMetricsF metrics(painter.font());
    if (cut == Cut::Earlier || cut == Cut::Now) {
        const bool fresh = cut == Cut::Now && (m_mode == Mode::Cuts || m_mode == Mode::SideBySide);
        painter.setPen(QPen(fresh ? theme.merged.line : theme.evicted.text, 1.2));
        const double y = baseline - metrics.xHeight() * 0.55;
        painter.drawLine(QPointF(box.left(), y), QPointF(box.right(), y));
    } else if (cut == Cut::Next) {
        QPen dots(theme.merged.line, 1.6);
        dots.setDashPattern({1, 1.1});
        dots.setCapStyle(Qt::FlatCap);
        painter.setPen(dots);
        const double y = baseline + metrics.descent() + 0.5;
        painter.drawLine(QPointF(box.left(), y), QPointF(box.right(), y));
    }
    if (m_words && isBroken(token)) {
        painter.setPen(QPen(theme.worse, 1));
        painter.drawLine(QPointF(box.left(), box.bottom()), QPointF(box.right(), box.bottom()));
    }
}

void PromptCanvas::paintLine(QPainter &painter, const QPointF &origin, const Page &page, const TokenLayout::Line &line, const Theme &theme) const
{
    const TokenLayout &layout = *page.layout;
    const TokenText &text = layout.text();
    const QFontMetricsF metrics(layout.font());
    const double baseline = origin.y() + line.top + (layout.lineHeight() + metrics.ascent() - metrics.descent()) / 2;
    const double inset = (layout.lineHeight() - scaled(19)) / 2;
    const int count = static_cast<int>(text.spans.size());
    const int start = std::max(0, text.tokenAt(line.begin));
    const auto at = [&](int span) -> const TokenSpan & { return text.spans[static_cast<size_t>(span)]; };
    const auto tokenOf = [&](int span) { return page.tokenOf.empty() ? span : page.tokenOf[static_cast<size_t>(span)]; };
    const auto boxOf = [&](int span) {
        const int begin = std::max(skipLeadingSpace(text.shown, at(span).begin, at(span).end), line.begin);
        QRectF box = layout.boxOn(line, begin, at(span).end);
        const bool trailing = std::min(at(span).end, line.end) == line.end && QStringView(text.shown).mid(begin, line.end - begin).trimmed().isEmpty();
        if (box.isNull() || trailing) // space at the end of a line, before a word that stands on the next one
            return QRectF();
        if (at(span).parts > 1) // tokens that split a cluster share its place
            box = QRectF(box.left() + box.width() * at(span).part / at(span).parts, box.top(), box.width() / at(span).parts, box.height());
        return box.translated(origin).adjusted(0, inset, 0, -inset);
    };
    for (int span = start; span < count && at(span).begin < line.end && !page.compressed; ++span)
        if (at(span).end > line.begin)
            paintCell(painter, boxOf(span), tokenOf(span), theme);
    for (int span = start; span < count && at(span).begin < line.end;) { // runs of one colour: letters keep their shapes
        int last = span;
        const QColor color = textColor(tokenOf(span), page, theme);
        while (last + 1 < count && at(last + 1).begin < line.end && (at(last + 1).begin < at(last).end || textColor(tokenOf(last + 1), page, theme) == color))
            ++last;
        int begin = std::max(at(span).begin, line.begin), end = std::min(at(last).end, line.end);
        span = last + 1;
        if (begin >= end)
            continue;
        begin = skipLeadingSpace(text.shown, begin, end);
        const double left = layout.boxOn(line, begin, end).left() + origin.x();
        // The return sign is drawn where a line break is cut; elsewhere the break speaks for itself.
        if (text.shown[end - 1] == QChar(0x21B5) && color == theme.t1)
            --end;
        painter.setPen(color);
        if (begin < end)
            painter.drawText(QPointF(left, baseline), text.shown.mid(begin, end - begin));
    }
    for (int span = start; span < count && at(span).begin < line.end && !page.compressed; ++span)
        if (at(span).end > line.begin)
            paintCues(painter, boxOf(span), baseline, tokenOf(span), theme);
}

void PromptCanvas::paintPage(QPainter &painter, const QPointF &origin, const Page &page, const Theme &theme) const
{
    painter.setFont(page.layout->font());
    const QRectF clip = painter.hasClipping() ? painter.clipBoundingRect() : QRectF(origin, QSizeF(page.layout->width(), page.layout->height()));
    const auto [first, last] = page.layout->linesBetween(clip.top() - origin.y(), clip.bottom() - origin.y());
    for (size_t i = first; i < last; ++i)
        paintLine(painter, origin, page, page.layout->lines()[i], theme);
}

void PromptCanvas::paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    const bool same = std::abs(body.width() - width()) < 0.5;
    const std::vector<Page> own = same ? std::vector<Page>() : pagesFor(body.width());
    const std::vector<Page> &pages = same ? m_pages : own;
    for (const Page &page : pages) {
        if (page.compressed) {
            const double x = body.left() + page.origin.x() - kGutter / 2;
            painter.fillRect(QRectF(std::floor(x), body.top(), 1, body.height()), theme.hair);
        }
        paintPage(painter, body.topLeft() + page.origin, page, theme);
    }
}

void PromptCanvas::paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    const int token = selection().token;
    if (!m_of || token < 0 || token >= m_of->tokens())
        return;
    const bool same = std::abs(body.width() - width()) < 0.5;
    const std::vector<Page> own = same ? std::vector<Page>() : pagesFor(body.width());
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(theme.mark, 1.5));
    const auto [first, last] = reach(token);
    for (const Page &page : same ? m_pages : own) {
        const double inset = (page.layout->lineHeight() - scaled(20)) / 2;
        std::vector<QRectF> joined; // boxes of a word on one line make one outline
        for (int t = first; t <= last; ++t) {
            const auto span = page.tokenOf.empty() ? t : static_cast<int>(std::lower_bound(page.tokenOf.begin(), page.tokenOf.end(), t) - page.tokenOf.begin());
            if (!page.tokenOf.empty() && (span >= static_cast<int>(page.tokenOf.size()) || page.tokenOf[static_cast<size_t>(span)] != t))
                continue;
            for (const QRectF &box : page.layout->boxes(span)) {
                if (!joined.empty() && std::abs(joined.back().top() - box.top()) < 1)
                    joined.back() |= box;
                else
                    joined.push_back(box);
            }
        }
        for (const QRectF &box : joined)
            painter.drawRoundedRect(box.translated(body.topLeft() + page.origin).adjusted(-1, inset, 1, -inset), 3, 3);
    }
}

QRectF PromptCanvas::bodyRect() const
{
    double content = 0;
    for (const Page &page : m_pages)
        content = std::max(content, page.layout->height() + kTop + kBottom);
    return QRectF(0, -m_scroll->value(), width(), std::max<double>(content, height()));
}

double PromptCanvas::figureHeight(double width) const
{
    double content = 0;
    for (const Page &page : pagesFor(width))
        content = std::max(content, page.layout->height());
    return content > 0 ? figureHeadHeight() + content + kTop + kBottom : 0;
}

void PromptCanvas::relayout()
{
    m_pages = pagesFor(width());
    double content = 0;
    for (const Page &page : m_pages)
        content = std::max(content, page.layout->height() + kTop + kBottom);
    const bool overflow = content > height() + 1;
    const int bar = std::min(static_cast<int>(kRight), m_scroll->sizeHint().width()); // in the margin: the text keeps its width
    m_scroll->setVisible(overflow);
    m_scroll->setGeometry(width() - bar, 0, bar, height());
    m_scroll->setSingleStep(static_cast<int>(scaled(24)));
    m_scroll->setPageStep(std::max(1, height()));
    m_scroll->setRange(0, overflow ? static_cast<int>(content - height()) : 0);
}

} // namespace winnow
