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

constexpr double kLeft = 14, kRight = 14, kTop = 4, kBottom = 8;

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
    auto *words = new QAction(tr("Whole Words"), this);
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
