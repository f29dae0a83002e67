#include "views/widgets/labelled_words.h"

#include "views/type.h"

#include <QPainter>

#include <algorithm>
#include <cmath>

namespace winnow {

namespace {

constexpr double kLine = 24, kPad = 3, kGap = 3;

} // namespace

LabelledWords::LabelledWords(QWidget *parent)
    : QWidget(parent)
    , m_theme(Theme::light())
{
    QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Preferred);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
}

void LabelledWords::setWords(const QStringList &words, std::vector<Class> classes)
{
    m_words = words;
    m_classes = std::move(classes);
    m_classes.resize(static_cast<size_t>(words.size()), Class::Kept);
    const auto kept = std::count(m_classes.begin(), m_classes.end(), Class::Kept);
    setAccessibleDescription(tr("%1 words, %2 of them kept").arg(words.size()).arg(kept));
    updateGeometry();
    update();
}

void LabelledWords::setTheme(const Theme &theme)
{
    m_theme = theme;
    update();
}

std::vector<QRectF> LabelledWords::boxes(double width) const
{
    const QFontMetricsF metrics(typeFont(TypeRole::Body));
    std::vector<QRectF> placed;
    double x = 0, y = 0;
    for (const QString &word : m_words) {
        const double wide = std::min(width, metrics.horizontalAdvance(word) + 2 * kPad);
        if (x > 0 && x + wide > width) {
            x = 0;
            y += scaled(kLine);
        }
        placed.emplace_back(x, y + 2, wide, scaled(kLine) - 4);
        x += wide + kGap;
    }
    return placed;
}

int LabelledWords::heightForWidth(int width) const
{
    const std::vector<QRectF> placed = boxes(width);
    return static_cast<int>(std::ceil(placed.empty() ? scaled(kLine) : placed.back().bottom() + 2));
}

void LabelledWords::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    const QFont font = typeFont(TypeRole::Body);
    const QFontMetricsF metrics(font);
    const std::vector<QRectF> placed = boxes(width());
    for (size_t i = 0; i < placed.size(); ++i) {
        const QRectF &box = placed[i];
        const QString word = metrics.elidedText(m_words[static_cast<qsizetype>(i)], Qt::ElideRight, box.width() - 2 * kPad + 1);
        QFont own = font;
        own.setStrikeOut(m_classes[i] == Class::Cut);
        painter.setFont(own);
        if (m_classes[i] != Class::Cut) {
            painter.setPen(Qt::NoPen);
            painter.setBrush(m_classes[i] == Class::Kept ? m_theme.kept.fill : m_theme.errSoft);
            painter.drawRoundedRect(box, 2, 2);
        }
        if (m_classes[i] == Class::Unmatched) { // never by colour alone
            painter.setPen(QPen(m_theme.err, 1, Qt::DashLine));
            painter.drawLine(box.bottomLeft(), box.bottomRight());
        }
        painter.setPen(m_classes[i] == Class::Cut ? m_theme.evicted.text : m_theme.t1);
        painter.drawText(box, Qt::AlignCenter, word);
    }
}

} // namespace winnow
