#include "app/window/command_palette.h"

#include "app/window/look.h"
#include "views/type.h"

#include <QGraphicsDropShadowEffect>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPainter>
#include <QVBoxLayout>

#include <algorithm>

namespace winnow {
namespace {

    constexpr int kWidth = 580, kRow = 32, kMost = 40;
    constexpr int kEntryRole = Qt::UserRole, kQueryRole = Qt::UserRole + 1;

    /// 0 = no match; higher = better.
    int score(const QString &text, const QStringList &words)
    {
        int total = 0;
        for (const QString &word : words) {
            const qsizetype at = text.indexOf(word, 0, Qt::CaseInsensitive);
            if (at < 0)
                return 0;
            const bool start = at == 0 || !text[at - 1].isLetterOrNumber();
            total += at == 0 ? 8 : start ? 4 : 1;
        }
        return total;
    }

    class PaletteDelegate : public QStyledItemDelegate {
    public:
        PaletteDelegate(Look &look, const std::vector<PaletteEntry> &shown, QObject *parent)
            : QStyledItemDelegate(parent)
            , m_look(look)
            , m_shown(shown)
        {
        }

        QSize sizeHint(const QStyleOptionViewItem &, const QModelIndex &) const override { return {100, kRow}; }

        void paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const override
        {
            const Theme &theme = m_look.theme();
            painter->save();
            const QRect row = option.rect;
            const int at = index.data(kEntryRole).toInt();
            if (at < 0 || static_cast<size_t>(at) >= m_shown.size()) {
                painter->setFont(typeFont(TypeRole::Hint));
                painter->setPen(theme.t2);
                painter->drawText(row.adjusted(10, 4, 0, 0), Qt::AlignVCenter | Qt::AlignLeft, index.data().toString());
                painter->restore();
                return;
            }
            const PaletteEntry &entry = m_shown[static_cast<size_t>(at)];
            if (option.state & QStyle::State_Selected) {
                painter->setRenderHint(QPainter::Antialiasing);
                painter->setPen(Qt::NoPen);
                painter->setBrush(theme.accentSoft);
                painter->drawRoundedRect(QRectF(row), 4, 4);
            }
            painter->drawPixmap(QPointF(row.left() + 11, row.top() + 8), m_look.pixmap(entry.icon, 16, theme.t2, painter->device()->devicePixelRatioF()));
            const QFont font = typeFont(TypeRole::Body);
            painter->setFont(font);
            const QFontMetrics metrics(font);
            const int rightWidth = metrics.horizontalAdvance(entry.right);
            const QString text = metrics.elidedText(entry.text, Qt::ElideMiddle, row.width() - 60 - rightWidth);
            paintMatch(*painter, row.adjusted(40, 0, 0, 0), text, index.data(kQueryRole).toString().split(QLatin1Char(' '), Qt::SkipEmptyParts));
            painter->setFont(typeFont(TypeRole::Label));
            painter->setPen(theme.t3);
            painter->drawText(row.adjusted(0, 0, -12, 0), Qt::AlignVCenter | Qt::AlignRight, entry.right);
            painter->restore();
        }

    private:
        void paintMatch(QPainter &painter, const QRect &room, const QString &text, const QStringList &words) const
        {
            std::vector<bool> marked(static_cast<size_t>(text.size()), false);
            for (const QString &word : words) {
                const qsizetype at = text.indexOf(word, 0, Qt::CaseInsensitive);
                for (qsizetype i = at; at >= 0 && i < at + word.size(); ++i)
                    marked[static_cast<size_t>(i)] = true;
            }
            int x = room.left();
            for (qsizetype i = 0; i < text.size();) {
                qsizetype end = i;
                while (end < text.size() && marked[static_cast<size_t>(end)] == marked[static_cast<size_t>(i)])
                    ++end;
                const QString part = text.mid(i, end - i);
                painter.setPen(marked[static_cast<size_t>(i)] ? m_look.theme().accentText : m_look.theme().t1);
                painter.drawText(QRect(x, room.top(), room.width(), room.height()), Qt::AlignVCenter | Qt::AlignLeft, part);
                x += painter.fontMetrics().horizontalAdvance(part);
                i = end;
            }
        }

        Look &m_look;
        const std::vector<PaletteEntry> &m_shown;
    };

} // namespace

std::vector<PaletteEntry> matchEntries(const std::vector<PaletteEntry> &entries, const QString &query, int most)
{
    const QStringList words = query.split(QLatin1Char(' '), Qt::SkipEmptyParts);
    struct Hit {
        size_t index;
        int score;
    };
    QStringList groups;
    std::vector<std::vector<Hit>> hits;
    for (size_t i = 0; i < entries.size(); ++i) {
        const int found = words.isEmpty() ? 1 : score(entries[i].text, words);
        if (found == 0)
            continue;
        qsizetype group = groups.indexOf(entries[i].group);
        if (group < 0) {
            group = groups.size();
            groups << entries[i].group;
            hits.emplace_back();
        }
        hits[static_cast<size_t>(group)].push_back({i, found});
    }
    std::vector<PaletteEntry> result;
    for (std::vector<Hit> &group : hits) {
        std::stable_sort(group.begin(), group.end(), [](const Hit &a, const Hit &b) { return a.score > b.score; });
        for (const Hit &hit : group) {
            if (static_cast<int>(result.size()) < most)
                result.push_back(entries[hit.index]);
        }
    }
    return result;
}

CommandPalette::CommandPalette(Look &look, QWidget *parent)
    : QFrame(parent)
    , m_look(look)
{
    setFixedWidth(kWidth);
    setAccessibleName(tr("Command palette"));
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(8, 8, 8, 8);
    layout->setSpacing(4);
    auto *top = new QHBoxLayout;
    top->setContentsMargins(34, 0, 10, 0);
    m_edit = new QLineEdit(this);
    m_edit->setFont(typeFont(TypeRole::DialogTitle));
    QFont font = m_edit->font();
    font.setWeight(QFont::Normal);
    m_edit->setFont(font);
    m_edit->setPlaceholderText(tr("Find action, method, run"));
    m_edit->setAccessibleName(tr("Find"));
    m_edit->setProperty("noRing", true); // the palette itself shows where the keys go
    m_edit->setStyleSheet(QStringLiteral("QLineEdit { background: transparent; border: none; padding: 0; min-height: 30px; }"));
    m_count = new QLabel(this);
    m_count->setFont(typeFont(TypeRole::Hint));
    m_count->setProperty("tone", "t3");
    top->addWidget(m_edit, 1);
    top->addWidget(m_count);
    layout->addLayout(top);
    m_list = new QListWidget(this);
    m_list->setItemDelegate(new PaletteDelegate(look, m_shown, m_list));
    m_list->setFocusPolicy(Qt::NoFocus);
    m_list->setFrameShape(QFrame::NoFrame);
    m_list->setStyleSheet(QStringLiteral("QListView { background: transparent; }"));
    m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_list->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    m_list->setAccessibleName(tr("Results"));
    layout->addWidget(m_list, 1);
    m_help = new QLabel(tr("↑ ↓ choose    Enter run    Tab copy as command    Esc close"), this);
    m_help->setFont(typeFont(TypeRole::Hint));
    m_help->setProperty("tone", "t3");
    m_help->setContentsMargins(8, 0, 0, 0);
    layout->addWidget(m_help);
    auto *shadow = new QGraphicsDropShadowEffect(this);
    shadow->setBlurRadius(28);
    shadow->setOffset(0, 8);
    shadow->setColor(QColor(0, 0, 0, 110));
    setGraphicsEffect(shadow);
    connect(m_edit, &QLineEdit::textChanged, this, &CommandPalette::refresh);
    connect(m_list, &QListWidget::itemClicked, this, [this](QListWidgetItem *item) {
        m_list->setCurrentItem(item);
        runCurrent();
    });
    m_edit->installEventFilter(this);
    hide();
}

void CommandPalette::open(std::vector<PaletteEntry> entries)
{
    m_entries = std::move(entries);
    m_edit->clear();
    refresh();
    move(0);
    QWidget::move((parentWidget()->width() - kWidth) / 2, std::min(92, parentWidget()->height() / 8));
    show();
    raise();
    m_edit->setFocus();
}

void CommandPalette::refresh()
{
    const QString query = m_edit->text().trimmed();
    m_shown = matchEntries(m_entries, query, kMost);
    m_list->clear();
    QString group;
    for (size_t i = 0; i < m_shown.size(); ++i) {
        if (m_shown[i].group != group) {
            group = m_shown[i].group;
            auto *head = new QListWidgetItem(group, m_list);
            head->setFlags(Qt::NoItemFlags);
            head->setData(kEntryRole, -1);
        }
        auto *item = new QListWidgetItem(m_shown[i].text, m_list);
        item->setData(kEntryRole, static_cast<int>(i));
        item->setData(kQueryRole, query);
    }
    if (m_shown.empty()) {
        auto *none = new QListWidgetItem(tr("Nothing is named like this."), m_list);
        none->setFlags(Qt::NoItemFlags);
        none->setData(kEntryRole, -1);
    }
    m_count->setText(m_shown.size() == 1 ? tr("1 result") : tr("%1 results").arg(m_shown.size()));
    setFixedHeight(std::clamp(m_list->count() * kRow + 84, 150, std::max(200, parentWidget()->height() - 180)));
    m_list->setCurrentRow(-1);
    move(1);
}

void CommandPalette::move(int by)
{
    int row = m_list->currentRow();
    const int count = m_list->count();
    for (int tries = 0; tries < count && by != 0; ++tries) {
        row = (row + by + count) % count;
        if (m_list->item(row)->data(kEntryRole).toInt() >= 0) {
            m_list->setCurrentRow(row);
            return;
        }
    }
}

void CommandPalette::runCurrent()
{
    const QListWidgetItem *item = m_list->currentItem();
    const int at = item ? item->data(kEntryRole).toInt() : -1;
    if (at < 0)
        return;
    auto run = m_shown[static_cast<size_t>(at)].run;
    hide();
    parentWidget()->setFocus();
    if (run)
        run();
}

bool CommandPalette::eventFilter(QObject *watched, QEvent *event)
{
    if (event->type() == QEvent::FocusOut && isVisible())
        hide();
    if (event->type() != QEvent::KeyPress)
        return QFrame::eventFilter(watched, event);
    const auto *key = static_cast<QKeyEvent *>(event);
    switch (key->key()) {
    case Qt::Key_Down: move(1); return true;
    case Qt::Key_Up: move(-1); return true;
    case Qt::Key_Return:
    case Qt::Key_Enter: runCurrent(); return true;
    case Qt::Key_Escape:
        hide();
        parentWidget()->setFocus();
        return true;
    case Qt::Key_Tab: {
        const QListWidgetItem *item = m_list->currentItem();
        const int at = item ? item->data(kEntryRole).toInt() : -1;
        if (at >= 0 && m_shown[static_cast<size_t>(at)].command)
            Q_EMIT commandCopied(m_shown[static_cast<size_t>(at)].command());
        hide();
        return true;
    }
    default: return QFrame::eventFilter(watched, event);
    }
}

void CommandPalette::paintEvent(QPaintEvent *)
{
    const Theme &theme = m_look.theme();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(theme.border, 1));
    painter.setBrush(theme.raised);
    painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8);
    painter.fillRect(QRect(1, 44, width() - 2, 1), theme.hair);
    painter.drawPixmap(QPointF(18, 15), m_look.pixmap(QStringLiteral("edit-find"), 16, theme.t2, devicePixelRatioF()));
}

} // namespace winnow
