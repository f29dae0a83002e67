// What the lattice says about the marked arc, in as many rows as the width needs, and the box of its count.
#include "views/word_lattice.h"

#include "views/format.h"
#include "views/type.h"

#include <QPainter>
#include <QSpinBox>

namespace winnow {

namespace {

constexpr double kSide = 14, kAfterWord = 12, kAfterName = 5, kAfterValue = 12, kBox = 72;

} // namespace

std::vector<WordLatticeView::Fact> WordLatticeView::laidFacts(double width) const
{
    std::vector<Fact> facts;
    const LatticeEdge &edge = lattice()->edges[static_cast<size_t>(m_edge)];
    const QFont font = typeFont(TypeRole::Label);
    const QFontMetricsF metrics(font);
    const double right = width - 2 * kSide + 2;
    double x = QFontMetricsF(typeFont(TypeRole::ViewTitle)).horizontalAdvance(wordOf(edge)) + kAfterWord;
    int row = 0;
    for (const auto &[name, value] : edgeFacts(edge)) {
        Fact fact{name, value, 0, metrics.horizontalAdvance(name) + kAfterName, 0, edge.kind == QLatin1String("dict") && name == tr("count")};
        const double valueWidth = fact.edited ? kBox : tabularWidth(font, value);
        if (x > 0 && x + fact.nameWidth + valueWidth > right) {
            x = 0;
            ++row;
        }
        fact.x = x;
        fact.row = row;
        x += fact.nameWidth + valueWidth + kAfterValue;
        facts.push_back(std::move(fact));
    }
    return facts;
}

int WordLatticeView::factRows(double width) const
{
    const std::vector<Fact> facts = laidFacts(width);
    return facts.empty() ? 1 : facts.back().row + 1;
}

void WordLatticeView::paintFacts(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    const Plan plan = planFor(body);
    const LatticeEdge &edge = lattice()->edges[static_cast<size_t>(m_edge)];
    const QRectF first(body.left() + kSide, plan.base + scaled(kChars) - 2, body.width() - 2 * kSide, scaled(kFacts) - 2);
    painter.setFont(typeFont(TypeRole::ViewTitle));
    painter.setPen(theme.t1);
    painter.drawText(first, Qt::AlignLeft | Qt::AlignVCenter, wordOf(edge));
    painter.setFont(typeFont(TypeRole::Label));
    for (const Fact &fact : laidFacts(body.width())) {
        const QRectF row = first.translated(fact.x, fact.row * scaled(kFacts));
        painter.setPen(theme.t3);
        painter.drawText(QRectF(row.left(), row.top(), fact.nameWidth, row.height()), Qt::AlignLeft | Qt::AlignVCenter, fact.name);
        if (fact.edited && m_count->isVisibleTo(this) && body == bodyRect())
            continue;
        painter.setPen(theme.t1);
        drawTabular(painter, QRectF(row.left() + fact.nameWidth, row.top(), 200, row.height()), Qt::AlignLeft, fact.value);
    }
}

void WordLatticeView::placeCount()
{
    const bool shown = lattice() && m_edge >= 0 && lattice()->edges[static_cast<size_t>(m_edge)].kind == QLatin1String("dict");
    m_placing = true;
    if (shown) {
        const LatticeEdge &edge = lattice()->edges[static_cast<size_t>(m_edge)];
        if (!m_count->hasFocus() || m_count->value() != static_cast<int>(edge.count))
            m_count->setValue(static_cast<int>(edge.count));
        const QRectF body = bodyRect();
        const Plan plan = planFor(body);
        for (const Fact &fact : laidFacts(body.width()))
            if (fact.edited)
                m_count->setGeometry(qRound(body.left() + kSide + fact.x + fact.nameWidth), qRound(plan.base + scaled(kChars) - 2 + fact.row * scaled(kFacts) + (scaled(kFacts) - 2 - 22) / 2), qRound(kBox), 22);
    }
    m_count->setVisible(shown);
    m_placing = false;
}

} // namespace winnow
