#include "views/widgets/segmented_control.h"

#include "views/type.h"

#include <QButtonGroup>
#include <QHBoxLayout>
#include <QToolButton>

#include <algorithm>

namespace winnow {

SegmentedControl::SegmentedControl(const QStringList &labels, QWidget *parent)
    : QWidget(parent)
    , m_group(new QButtonGroup(this))
{
    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(0);
    for (qsizetype i = 0; i < labels.size(); ++i) {
        auto *button = new QToolButton(this);
        button->setCheckable(true);
        button->setText(labels[i]);
        button->setAccessibleName(labels[i]);
        button->setFont(typeFont(TypeRole::Label));
        button->setFixedHeight(qRound(scaled(22)));
        button->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
        const char *place = labels.size() == 1 ? "only" : i == 0 ? "first" : i + 1 == labels.size() ? "last" : "middle";
        button->setProperty("segment", QString::fromLatin1(place));
        m_group->addButton(button, static_cast<int>(i));
        m_buttons.push_back(button);
        row->addWidget(button);
    }
    if (!m_buttons.isEmpty())
        m_buttons.front()->setChecked(true);
    connect(m_group, &QButtonGroup::idClicked, this, &SegmentedControl::chosen);
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
}

int SegmentedControl::current() const { return std::max(0, m_group->checkedId()); }

void SegmentedControl::setCurrent(int index)
{
    if (QAbstractButton *button = m_group->button(index))
        button->setChecked(true);
}

void SegmentedControl::setLabels(const QStringList &labels)
{
    for (qsizetype i = 0; i < std::min(labels.size(), m_buttons.size()); ++i) {
        m_buttons[i]->setText(labels[i]);
        m_buttons[i]->setAccessibleName(labels[i]);
    }
}

void SegmentedControl::setSegmentEnabled(int index, bool enabled)
{
    if (index >= 0 && index < m_buttons.size())
        m_buttons[index]->setEnabled(enabled);
}

} // namespace winnow
