#include "views/word_dictionary.h"

#include "views/format.h"
#include "views/type.h"
#include "views/widgets/budget_slider.h"
#include "views/widgets/segmented_control.h"

#include <QAction>
#include <QFontMetricsF>
#include <QLineEdit>
#include <QPainter>
#include <QSpinBox>

#include <algorithm>
#include <cmath>

namespace winnow {

namespace {

constexpr size_t kMostRows = 20000; // more are found by the search
constexpr double kHistogram = 54, kRatio = 26, kBins = 16;
constexpr int kRatioSteps = 500; // of the range 0.5 to 1

} // namespace

WordDictionaryView::WordDictionaryView(QWidget *parent)
    : PaintedTable(parent)
    , m_parts(new SegmentedControl({tr("All"), tr("Cut")}, this))
    , m_find(new QLineEdit(this))
    , m_ratio(new BudgetSlider(this))
    , m_count(new QSpinBox(this))
{
    setAccessibleName(tr("Dictionary"));
    m_parts->hide();
    m_parts->setToolTip(tr("All words, or those that the ratio of best types cuts"));
    m_find->hide();
    m_find->setPlaceholderText(tr("Find"));
    m_find->setAccessibleName(tr("Find a word"));
    m_find->setClearButtonEnabled(true);
    m_find->setStyleSheet(QStringLiteral("QLineEdit { min-height: 18px; max-height: 20px; padding: 0 4px; }"));
    m_find->setFixedSize(90, 22);
    m_find->setProperty("optional", true);
    m_ratio->setRange(0, kRatioSteps);
    m_ratio->setAccessibleName(tr("Top ratio"));
    m_ratio->setToolTip(tr("Share of the types kept in each batch, best PMI first"));
    m_count->setRange(0, 999999999);
    m_count->setAccessibleName(tr("Count"));
    m_count->hide();
    auto *load = new QAction(tr("Load Dictionary…"), this), *save = new QAction(tr("Save Dictionary…"), this), *edit = new QAction(tr("Edit Count"), this);
    addActions({load, save, edit});
    connect(load, &QAction::triggered, this, &WordDictionaryView::loadAsked);
    connect(save, &QAction::triggered, this, &WordDictionaryView::saveAsked);
    connect(edit, &QAction::triggered, this, [this] {
        if (const int id = markedId(); id >= 0)
            rowOpened(id);
    });
    connect(m_parts, &SegmentedControl::chosen, this, [this](int index) { setPart(static_cast<Part>(index)); });
    connect(m_find, &QLineEdit::textChanged, this, &WordDictionaryView::setSearch);
    connect(m_ratio, &QSlider::valueChanged, this, [this](int value) {
        if (!m_filling)
            Q_EMIT topRatioChanged(0.5 + 0.5 * value / kRatioSteps);
    });
    connect(m_count, &QSpinBox::editingFinished, this, &WordDictionaryView::commitCount);
}

QVector<QWidget *> WordDictionaryView::headerControls() { return {m_parts, m_find}; }

void WordDictionaryView::setTheme(const Theme &theme)
{
    m_ratio->setTheme(theme);
    PaintedTable::setTheme(theme);
}

const WordList *WordDictionaryView::list() const
{
    const WordRun *run = data().words ? data().words->current() : nullptr;
    return run ? run->dictionary.get() : nullptr;
}

void WordDictionaryView::setPlain(bool plain)
{
    m_plain = plain;
    placeControls();
}

bool WordDictionaryView::followSelection(const Selection &)
{
    revealId(markedId());
    return false;
}

double WordDictionaryView::topMargin() const
{
    if (m_plain)
        return 0;
    const bool room = height() > scaled(210);
    return (room ? scaled(kHistogram) : 0) + (list() && !std::isnan(list()->topRatio) ? scaled(kRatio) : 0);
}

void WordDictionaryView::setPart(Part part)
{
    m_part = part;
    m_parts->setCurrent(static_cast<int>(part));
    fill();
    Q_EMIT headerChanged();
}

void WordDictionaryView::setSearch(const QString &text)
{
    m_search = text.trimmed();
    if (m_find->text() != text)
        m_find->setText(text);
    fill();
}

bool WordDictionaryView::dataChanged()
{
    fill();
    return true;
}

void WordDictionaryView::fill()
{
    std::vector<Row> rows;
    m_filling = true;
    if (const WordList *words = list()) {
        if (!std::isnan(words->topRatio) && !m_ratio->isSliderDown())
            m_ratio->setValue(static_cast<int>(std::lround((words->topRatio - 0.5) * 2 * kRatioSteps)));
        for (size_t i = 0; i < words->entries.size() && rows.size() < kMostRows; ++i) {
            const WordEntry &entry = words->entries[i];
            if ((m_part == Part::Cut && entry.kept) || (!m_search.isEmpty() && !entry.word.contains(m_search)))
                continue;
            Cell word{entry.word, 0, entry.kept ? Cell::Tone::Plain : Cell::Tone::Quiet};
            word.struck = !entry.kept;
            word.bold = entry.edited;
            const bool sure = std::abs(entry.pmi) < 1e50; // single characters have no PMI
            rows.push_back({{word, {format::integer(entry.count), entry.count, entry.edited ? Cell::Tone::Good : Cell::Tone::Plain}, {sure ? format::decimals(entry.pmi, 2) : QStringLiteral("–"), sure ? entry.pmi : kNoNumber}, {format::decimals(entry.log2, 1), entry.log2}}, -1, static_cast<int>(i)});
        }
    }
    setTable({{tr("Word"), {}, false, 70}, {tr("Count"), {}, true, 62}, {tr("PMI"), {}, true, 52}, {tr("log₂ P"), {}, true, 58}}, std::move(rows));
    m_filling = false;
    placeControls();
}

std::vector<int> WordDictionaryView::histogram() const
{
    std::vector<int> bins(static_cast<size_t>(kBins), 0);
    for (const WordEntry &entry : list()->entries)
        if (entry.count > 0)
            ++bins[static_cast<size_t>(std::clamp(std::log2(entry.count), 0.0, kBins - 1))];
    while (bins.size() > 4 && bins.back() == 0)
        bins.pop_back();
    return bins;
}

void WordDictionaryView::paintAbove(QPainter &painter, const QRectF &area, const Theme &theme) const
{
    const WordList *words = list();
    if (!words || m_plain)
        return;
    painter.setFont(typeFont(TypeRole::Axis));
    const QFontMetricsF metrics(painter.font());
    const bool ratio = !std::isnan(words->topRatio), drawn = area.height() > scaled(kHistogram) - 1;
    if (drawn) {
        const std::vector<int> bins = histogram();
        const double most = std::log1p(*std::max_element(bins.begin(), bins.end())), step = (area.width() - 28) / static_cast<double>(bins.size());
        const double base = area.top() + scaled(kHistogram) - metrics.height() - 2, height = base - area.top() - 4;
        for (size_t i = 0; i < bins.size(); ++i) {
            const double x = area.left() + 14 + step * static_cast<double>(i), h = most > 0 ? height * std::log1p(bins[i]) / most : 0;
            painter.fillRect(QRectF(x + 0.5, base - h, std::max(1.0, step - 2), h), theme.parts[3]);
            painter.setPen(theme.t3);
            if (step > 26 || i % 2 == 0)
                drawTabular(painter, QRectF(x, base + 1, step - 1, metrics.height()), Qt::AlignHCenter, format::integer(std::pow(2.0, static_cast<double>(i))));
        }
        painter.setPen(QPen(theme.axis, 1));
        painter.drawLine(QPointF(area.left() + 14, std::round(base) + 0.5), QPointF(area.right() - 14, std::round(base) + 0.5));
        painter.setPen(theme.t3);
        painter.drawText(QRectF(area.left() + 14, area.top(), area.width() - 28, metrics.height()), Qt::AlignRight | Qt::AlignVCenter, tr("types by count, log scale"));
    }
    if (!ratio)
        return;
    const auto cut = std::count_if(words->entries.begin(), words->entries.end(), [](const WordEntry &entry) { return !entry.kept; });
    const QRectF row(area.left() + 14, area.bottom() - scaled(kRatio), area.width() - 28, scaled(kRatio));
    painter.setFont(typeFont(TypeRole::Label));
    painter.setPen(theme.t2);
    painter.drawText(row, Qt::AlignLeft | Qt::AlignVCenter, tr("Top ratio"));
    painter.setPen(theme.t1);
    drawTabular(painter, row, Qt::AlignRight, tr("%1, %2 cut").arg(format::decimals(words->topRatio, 3), format::integer(static_cast<double>(cut))));
}

void WordDictionaryView::placeControls()
{
    const bool ratio = list() && !std::isnan(list()->topRatio) && !m_plain;
    m_ratio->setVisible(ratio);
    if (ratio) {
        const int left = 14 + static_cast<int>(QFontMetricsF(typeFont(TypeRole::Label)).horizontalAdvance(tr("Top ratio"))) + 10;
        m_ratio->setGeometry(left, qRound(topMargin() - scaled(kRatio) + 2), std::max(60, width() - left - 14 - qRound(scaled(96))), 22);
    }
    if (m_edited.isEmpty())
        m_count->hide();
}

void WordDictionaryView::resizeEvent(QResizeEvent *event)
{
    PaintedTable::resizeEvent(event);
    placeControls();
}

void WordDictionaryView::rowChosen(int id)
{
    const WordRun *run = data().words->current();
    const QString &word = list()->entries[static_cast<size_t>(id)].word;
    const int lines = static_cast<int>(data().words->lines.size()), from = std::max(0, selection().word.line);
    for (int i = 0; i < lines; ++i) { // from the marked line on, round the end
        const int line = (from + i) % lines;
        const WordText &text = data().words->lines[static_cast<size_t>(line)];
        for (const WordSpan &span : run->lines[static_cast<size_t>(line)].words)
            if (text.word(span) == word) {
                Selection next = selection();
                next.word = {line, span.first, span.end, run->run};
                return request(next, Gesture::Click);
            }
    }
}

void WordDictionaryView::rowOpened(int id)
{
    for (size_t i = 0; i < order().size(); ++i) {
        if (rows()[static_cast<size_t>(order()[i])].id != id)
            continue;
        revealId(id);
        const QRectF row = rowRect(static_cast<int>(i)), head = headRect(1);
        const WordEntry &entry = list()->entries[static_cast<size_t>(id)];
        m_edited.clear(); // no commit while the box is filled
        m_count->setValue(static_cast<int>(entry.count));
        m_edited = entry.word;
        m_count->setGeometry(qRound(head.left()) - 20, qRound(row.top()) + 1, qRound(head.width()) + 26, qRound(row.height()) - 2);
        m_count->show();
        m_count->setFocus();
        m_count->selectAll();
        return;
    }
}

void WordDictionaryView::editCount(const QString &word)
{
    if (!list())
        return;
    for (size_t i = 0; i < list()->entries.size(); ++i)
        if (list()->entries[i].word == word)
            return rowOpened(static_cast<int>(i));
}

void WordDictionaryView::commitCount()
{
    const QString word = std::exchange(m_edited, QString());
    m_count->hide();
    if (word.isEmpty() || !list())
        return;
    const auto entry = std::find_if(list()->entries.begin(), list()->entries.end(), [&](const WordEntry &each) { return each.word == word; });
    if (entry != list()->entries.end() && static_cast<int>(entry->count) != m_count->value())
        Q_EMIT countChanged(word, m_count->value());
}

int WordDictionaryView::markedId() const
{
    const WordMark &mark = selection().word;
    if (!list() || !mark.hasWord() || mark.line >= static_cast<int>(data().words->lines.size()))
        return -1;
    const QString word = data().words->lines[static_cast<size_t>(mark.line)].between(mark.first, mark.end);
    const auto &entries = list()->entries;
    const auto it = std::find_if(entries.begin(), entries.end(), [&](const WordEntry &entry) { return entry.word == word; });
    return it == entries.end() ? -1 : static_cast<int>(it - entries.begin());
}

QString WordDictionaryView::note() const
{
    if (!list())
        return {};
    const auto all = list()->entries.size();
    return rows().size() == all ? tr("%1 words").arg(format::integer(static_cast<double>(all))) : tr("%1 of %2 words").arg(format::integer(static_cast<double>(rows().size())), format::integer(static_cast<double>(all)));
}

QString WordDictionaryView::emptyReason() const
{
    if (const QString reason = missingWordsReason(data().words); !reason.isEmpty())
        return reason;
    return !list() || list()->entries.empty() ? tr("No word list. Choose LLACA or another dictionary method, train one, or load a file under ⋯.") : QString();
}

QString WordDictionaryView::caption() const
{
    return list() ? tr("Words of %1 with counts, pointwise mutual information and log₂ P; %2 words, total count %3.").arg(data().words->current()->title, format::integer(static_cast<double>(list()->entries.size())), format::integer(list()->total)) : QString();
}

QString WordDictionaryView::csv() const { return tableCsv(); }

QString WordDictionaryView::describe() const
{
    const int id = markedId();
    if (id < 0)
        return note();
    const WordEntry &entry = list()->entries[static_cast<size_t>(id)];
    return tr("%1, count %2, PMI %3, log₂ P %4").arg(entry.word, format::integer(entry.count), format::decimals(entry.pmi, 2), format::decimals(entry.log2, 2));
}

} // namespace winnow
