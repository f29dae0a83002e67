#include "views/widgets/letter_chip.h"

#include "views/legend.h"
#include "views/type.h"

#include <QApplication>
#include <QPainter>

#include <cmath>

namespace winnow {

namespace {

double chipSize() { return std::round(scaled(16)); }

} // namespace

LetterChip::LetterChip(int run, QWidget *parent)
    : QWidget(parent)
    , m_run(run)
    , m_theme(Theme::light())
{
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    setRun(run);
}

void LetterChip::setRun(int run)
{
    m_run = run;
    setAccessibleName(run < 0 ? tr("Preview") : tr("Run %1").arg(runLetter(run)));
    update();
}

void LetterChip::setTheme(const Theme &theme)
{
    m_theme = theme;
    update();
}

QSize LetterChip::sizeHint() const { return {static_cast<int>(chipSize()), static_cast<int>(chipSize())}; }

void LetterChip::paintEvent(QPaintEvent *)
{
    if (m_run < 0)
        return;
    QPainter painter(this);
    paintLetterChip(painter, QRectF(rect()), m_run, m_theme);
}

LetterChipDelegate::LetterChipDelegate(QObject *parent)
    : QStyledItemDelegate(parent)
    , m_theme(Theme::light())
{
}

void LetterChipDelegate::setTheme(const Theme &theme) { m_theme = theme; }

void LetterChipDelegate::paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    const QVariant run = index.data(kRunRole);
    if (!run.isValid())
        return QStyledItemDelegate::paint(painter, option, index);
    QStyleOptionViewItem item = option;
    initStyleOption(&item, index);
    const QString text = item.text;
    item.text.clear();
    item.icon = QIcon();
    const QStyle *style = item.widget ? item.widget->style() : QApplication::style();
    style->drawControl(QStyle::CE_ItemViewItem, &item, painter, item.widget);
    const double size = chipSize();
    const QRectF area = QRectF(option.rect).adjusted(6, 0, -4, 0);
    paintLetterChip(*painter, QRectF(area.left(), area.center().y() - size / 2, size, size), run.toInt(), m_theme);
    painter->save();
    painter->setFont(item.font);
    painter->setPen(m_theme.t1);
    const QRectF words = area.adjusted(size + 10, 0, 0, 0);
    painter->drawText(words, Qt::AlignLeft | Qt::AlignVCenter, QFontMetricsF(item.font).elidedText(text, Qt::ElideMiddle, words.width()));
    painter->restore();
}

} // namespace winnow
