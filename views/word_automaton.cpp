#include "views/word_automaton.h"

#include "views/format.h"
#include "views/icons.h"
#include "views/type.h"

#include <QComboBox>
#include <QFontMetricsF>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>
#include <QScrollBar>
#include <QToolButton>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>
#include <functional>

namespace winnow {

namespace {

constexpr double kStrip = 30, kState = 24, kRow = 25, kColumn = 150, kRadius = 9, kPad = 14;

QToolButton *stepButton(const QString &icon, const QString &help, QWidget *parent)
{
    auto *button = new QToolButton(parent);
    button->setObjectName(icon);
    button->setToolTip(help);
    button->setAccessibleName(help);
    button->setIconSize({14, 14});
    button->setFixedSize(22, 22);
    button->setAutoRepeat(true);
    button->hide();
    return button;
}

} // namespace

WordAutomaton::WordAutomaton(QWidget *parent)
    : PictureView(parent)
    , m_back(stepButton(QStringLiteral("media-skip-backward"), tr("One character back (Left)"), this))
    , m_forward(stepButton(QStringLiteral("media-skip-forward"), tr("One character on (Right)"), this))
    , m_alphabet(new QComboBox(this))
    , m_scroll(new QScrollBar(Qt::Vertical, this))
{
    setAccessibleName(tr("Automaton over the marked line"));
    m_alphabet->setProperty("size", "header");
    m_alphabet->setProperty("optional", true);
    m_alphabet->setAccessibleName(tr("Alphabet of the trie"));
    m_alphabet->addItem(tr("Characters"), QStringLiteral("codePoint"));
    m_alphabet->addItem(tr("Half bytes"), QStringLiteral("halfByte"));
    m_alphabet->hide();
    m_scroll->hide();
    connect(m_back, &QToolButton::clicked, this, [this] { setStep(m_step - 1); });
    connect(m_forward, &QToolButton::clicked, this, [this] { setStep(m_step + 1); });
    connect(m_alphabet, &QComboBox::activated, this, [this] { Q_EMIT alphabetAsked(m_alphabet->currentData().toString()); });
    connect(m_scroll, &QScrollBar::valueChanged, this, [this] { invalidateBase(); });
}

QVector<QWidget *> WordAutomaton::headerControls() { return {m_back, m_forward, m_alphabet}; }

void WordAutomaton::setTheme(const Theme &theme)
{
    for (QToolButton *button : {m_back, m_forward})
        button->setIcon(themedIcon(button->objectName(), theme));
    PictureView::setTheme(theme);
}

int WordAutomaton::stepCount() const { return lattice() ? static_cast<int>(lattice()->steps.size()) : 0; }

int WordAutomaton::indexOf(int id) const
{
    const auto &nodes = lattice()->nodes;
    const auto it = std::find_if(nodes.begin(), nodes.end(), [&](const TrieNode &node) { return node.id == id; });
    return it == nodes.end() ? -1 : static_cast<int>(it - nodes.begin());
}

int WordAutomaton::currentNode() const
{
    if (!lattice() || lattice()->nodes.empty())
        return -1;
    if (m_step == 0) {
        const auto root = std::find_if(lattice()->nodes.begin(), lattice()->nodes.end(), [](const TrieNode &node) { return node.parent < 0; });
        return root == lattice()->nodes.end() ? -1 : static_cast<int>(root - lattice()->nodes.begin());
    }
    return m_step <= stepCount() ? indexOf(lattice()->steps[static_cast<size_t>(m_step) - 1].state) : -1;
}

void WordAutomaton::setStep(int step)
{
    m_step = std::clamp(step, 0, stepCount());
    m_back->setEnabled(m_step > 0);
    m_forward->setEnabled(m_step < stepCount());
    if (const int node = currentNode(); node >= 0 && m_scroll->isVisibleTo(this)) {
        const double y = m_places[static_cast<size_t>(node)].row * scaled(kRow);
        if (y < m_scroll->value() || y > m_scroll->value() + height() - scaled(kStrip + kState + 26 + 1.5 * kRow))
            m_scroll->setValue(static_cast<int>(y - scaled(kRow)));
    }
    setAccessibleDescription(describe());
    invalidateBase();
    Q_EMIT headerChanged();
}

bool WordAutomaton::dataChanged()
{
    arrange();
    if (lattice())
        m_alphabet->setCurrentIndex(std::max(0, m_alphabet->findData(lattice()->alphabet)));
    followSelection({});
    return true;
}

bool WordAutomaton::followSelection(const Selection &)
{
    // The walk stands behind the marked word.
    const WordMark &mark = selection().word;
    int step = std::min(m_step, stepCount());
    if (lattice() && mark.hasWord() && mark.line == lattice()->line && stepCount() > 0) {
        const auto &points = lattice()->points;
        const auto characters = static_cast<int>(lattice()->characters.size());
        const int at = static_cast<int>(std::lower_bound(points.begin(), points.end(), mark.end) - points.begin());
        step = characters > 0 ? at * stepCount() / characters : 0; // half bytes: several steps a character
    }
    setStep(step);
    return true;
}

void WordAutomaton::arrange()
{
    m_places.clear();
    m_rows = 0;
    if (lattice()) {
        const auto &nodes = lattice()->nodes;
        m_places.resize(nodes.size());
        std::vector<std::vector<int>> children(nodes.size());
        std::vector<int> roots;
        for (size_t i = 0; i < nodes.size(); ++i) {
            const int parent = nodes[i].parent < 0 ? -1 : indexOf(nodes[i].parent);
            (parent < 0 ? roots : children[static_cast<size_t>(parent)]).push_back(static_cast<int>(i));
        }
        // Leaves take rows in order; a node stands beside its first child.
        std::vector<std::pair<int, size_t>> stack;
        for (const int root : roots) {
            stack.emplace_back(root, 0);
            while (!stack.empty()) {
                auto &[node, next] = stack.back();
                const auto &below = children[static_cast<size_t>(node)];
                if (next == 0)
                    m_places[static_cast<size_t>(node)] = {m_rows, static_cast<int>(stack.size()) - 1};
                if (next < below.size()) {
                    if (next > 0)
                        m_rows += 1;
                    const int child = below[next++];
                    stack.emplace_back(child, 0);
                } else {
                    stack.pop_back();
                }
            }
            m_rows += 1;
        }
    }
    updateScroll();
}

void WordAutomaton::updateScroll()
{
    const double top = scaled(kStrip + kState), content = m_rows * scaled(kRow) + 24;
    const int bar = std::min(10, m_scroll->sizeHint().width());
    m_scroll->setGeometry(width() - bar, qRound(top), bar, std::max(0, height() - qRound(top)));
    m_scroll->setRange(0, std::max(0, static_cast<int>(content - height() + top)));
    m_scroll->setPageStep(std::max(1, height() - qRound(top)));
    m_scroll->setVisible(content > height() - top + 1);
}

WordAutomaton::Plan WordAutomaton::planFor(const QRectF &body) const
{
    int depth = 1;
    for (const Place &place : m_places)
        depth = std::max(depth, place.depth);
    Plan plan;
    plan.row = scaled(kRow);
    plan.column = std::clamp((body.width() - 2 * kPad - scaled(70)) / depth, scaled(34), scaled(kColumn));
    plan.left = body.left() + kPad + scaled(kRadius);
    plan.top = body.top() + scaled(kStrip + kState) + scaled(26) - (body == bodyRect() ? m_scroll->value() : 0);
    return plan;
}

QPointF WordAutomaton::centreIn(const Plan &plan, int node) const
{
    const Place &place = m_places[static_cast<size_t>(node)];
    return {plan.left + plan.column * place.depth, plan.top + plan.row * place.row};
}

QPointF WordAutomaton::nodeCentre(int node) const { return centreIn(planFor(bodyRect()), node); }

QString WordAutomaton::stateWord(int node) const
{
    QStringList labels;
    for (int at = node; at >= 0 && lattice()->nodes[static_cast<size_t>(at)].parent >= 0; at = indexOf(lattice()->nodes[static_cast<size_t>(at)].parent))
        labels.prepend(lattice()->nodes[static_cast<size_t>(at)].label);
    const QString word = lattice()->nodes[static_cast<size_t>(node)].word;
    return !word.isEmpty() ? word : labels.isEmpty() ? tr("root") : labels.join(QString());
}

double WordAutomaton::stripStep(const QRectF &body) const
{
    return std::min(scaled(26), (body.width() - 2 * kPad) / std::max(1, stepCount()));
}

void WordAutomaton::paintStrip(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    const double step = stripStep(body);
    QFont font = typeFont(step >= scaled(18) ? TypeRole::WideToken : TypeRole::Axis);
    painter.setFont(font);
    const QFontMetricsF metrics(font);
    for (int i = 0; i < stepCount(); ++i) {
        const QRectF box(body.left() + kPad + step * i, body.top() + 2, step, scaled(kStrip) - 6);
        const bool read = i < m_step, last = i == m_step - 1;
        if (last) {
            painter.setPen(Qt::NoPen);
            painter.setBrush(theme.accentSoft);
            painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), 3, 3);
        }
        painter.setPen(last ? theme.accentText : read ? theme.t1 : theme.t3);
        const QString character = standingAlone(lattice()->steps[static_cast<size_t>(i)].character);
        if (step >= 7)
            painter.drawText(QPointF(box.center().x() - metrics.horizontalAdvance(character) / 2, box.center().y() + metrics.capHeight() / 2), character);
    }
    const int node = currentNode();
    if (node < 0)
        return;
    const QRectF row(body.left() + kPad, body.top() + scaled(kStrip) - 2, body.width() - 2 * kPad, scaled(kState));
    painter.setFont(typeFont(TypeRole::Label));
    const QFontMetricsF label(painter.font());
    const QStringList borders = m_step > 0 ? lattice()->steps[static_cast<size_t>(m_step) - 1].borders : QStringList();
    const QString state = tr("state %1").arg(stateWord(node)), ends = borders.isEmpty() ? tr("no word ends here") : tr("words that end here: %1").arg(borders.join(QStringLiteral(", ")));
    painter.setPen(theme.t1);
    painter.drawText(row, Qt::AlignLeft | Qt::AlignVCenter, state);
    const double x = label.horizontalAdvance(state) + 14;
    painter.setPen(theme.t2);
    painter.drawText(row.adjusted(x, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter, label.elidedText(ends, Qt::ElideRight, row.width() - x));
}

void WordAutomaton::paintLinks(QPainter &painter, const Plan &plan, const Theme &theme) const
{
    const int current = currentNode();
    painter.setBrush(Qt::NoBrush);
    const auto link = [&](int from, int to, const QColor &color, Qt::PenStyle style, double side) {
        if (to < 0 || lattice()->nodes[static_cast<size_t>(to)].parent < 0 || from == to)
            return; // links to the root are everywhere
        const QPointF a = centreIn(plan, from), b = centreIn(plan, to);
        QPainterPath path(a);
        const QPointF bend((a.x() + b.x()) / 2 + side * plan.row, (a.y() + b.y()) / 2 - side * plan.row * 0.6);
        path.quadTo(bend, b);
        QPen pen(color, from == current ? 1.75 : 1);
        pen.setStyle(style);
        painter.setPen(pen);
        painter.drawPath(path);
    };
    for (int i = 0; i < static_cast<int>(lattice()->nodes.size()); ++i) {
        const TrieNode &node = lattice()->nodes[static_cast<size_t>(i)];
        QColor fail = theme.parts[1], pre = theme.parts[3];
        if (i != current)
            for (QColor *color : {&fail, &pre})
                color->setAlphaF(0.3F);
        link(i, node.fail < 0 ? -1 : indexOf(node.fail), fail, Qt::DashLine, 0.7);
        link(i, node.pre < 0 ? -1 : indexOf(node.pre), pre, Qt::DotLine, -0.5);
    }
}

void WordAutomaton::paintNode(QPainter &painter, const Plan &plan, int index, const Theme &theme) const
{
    const TrieNode &node = lattice()->nodes[static_cast<size_t>(index)];
    const QPointF centre = centreIn(plan, index);
    const bool current = index == currentNode(), word = node.count > 0, root = node.parent < 0;
    const double radius = scaled(kRadius);
    painter.setPen(QPen(current ? theme.accent : word ? theme.t2 : theme.border, word ? 1.75 : 1));
    painter.setBrush(current ? theme.accent : word ? theme.kept.fill : theme.surface);
    painter.drawEllipse(centre, radius, radius);
    painter.setPen(current ? theme.onAccent : theme.t1);
    QFont font = typeFont(TypeRole::Label);
    painter.setFont(font);
    const QFontMetricsF metrics(font);
    const QString label = root ? QStringLiteral("·") : standingAlone(node.label);
    painter.drawText(QPointF(centre.x() - metrics.horizontalAdvance(label) / 2, centre.y() + metrics.capHeight() / 2), label);
    if (!word && !root)
        return;
    painter.setFont(typeFont(TypeRole::Axis));
    painter.setPen(theme.t2);
    const double room = plan.column - 2 * radius - 6;
    QString count = root ? tr("S %1").arg(format::integer(node.sum)) : tr("%1 of %2").arg(format::integer(node.count), format::integer(node.sum));
    if (!root && tabularWidth(painter.font(), count) > room)
        count = format::integer(node.count);
    // The root has its sum above, where no branch leaves.
    const QRectF box = root ? QRectF(centre.x() - radius, centre.y() - radius - 15, tabularWidth(painter.font(), count) + 2, 14) : QRectF(centre.x() + radius + 3, centre.y() - 8, tabularWidth(painter.font(), count) + 2, 16);
    if (!root && box.width() > room)
        return;
    painter.fillRect(box, theme.surface);
    drawTabular(painter, box, Qt::AlignLeft, count);
}

void WordAutomaton::paintTree(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    const Plan plan = planFor(body);
    painter.save();
    painter.setClipRect(QRectF(body.left(), body.top() + scaled(kStrip + kState), body.width(), body.height() - scaled(kStrip + kState)), Qt::IntersectClip);
    painter.setPen(QPen(theme.border, 1));
    for (int i = 0; i < static_cast<int>(m_places.size()); ++i) {
        const TrieNode &node = lattice()->nodes[static_cast<size_t>(i)];
        const int parent = node.parent < 0 ? -1 : indexOf(node.parent);
        if (parent < 0)
            continue;
        const QPointF a = centreIn(plan, parent), b = centreIn(plan, i);
        const double x = a.x() + std::min(scaled(17), plan.column / 2);
        painter.drawLine(QPointF(x, a.y()), QPointF(x, b.y()));
        painter.drawLine(QPointF(a.y() == b.y() ? a.x() : x, b.y()), b);
    }
    paintLinks(painter, plan, theme);
    for (int i = 0; i < static_cast<int>(m_places.size()); ++i)
        paintNode(painter, plan, i, theme);
    painter.restore();
}

void WordAutomaton::paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    if (!lattice() || lattice()->nodes.empty())
        return;
    paintStrip(painter, body, theme);
    paintTree(painter, body, theme);
}

void WordAutomaton::paintMarks(QPainter &, const QRectF &, const Theme &) const { }

void WordAutomaton::mousePressEvent(QMouseEvent *event)
{
    if (!lattice() || event->button() != Qt::LeftButton)
        return;
    if (event->position().y() < scaled(kStrip))
        setStep(static_cast<int>((event->position().x() - kPad) / stripStep(bodyRect())) + 1);
}

void WordAutomaton::wheelEvent(QWheelEvent *event)
{
    if (!m_scroll->isVisibleTo(this))
        return event->ignore();
    m_scroll->setValue(m_scroll->value() - event->angleDelta().y() / 2);
    event->accept();
}

void WordAutomaton::keyPressEvent(QKeyEvent *event)
{
    switch (event->key()) {
    case Qt::Key_Left: return setStep(m_step - 1);
    case Qt::Key_Right: return setStep(m_step + 1);
    case Qt::Key_Home: return setStep(0);
    case Qt::Key_End: return setStep(stepCount());
    case Qt::Key_Escape: return requestClear();
    default: return PictureView::keyPressEvent(event);
    }
}

void WordAutomaton::resizeEvent(QResizeEvent *event)
{
    PictureView::resizeEvent(event);
    updateScroll();
}

} // namespace winnow
