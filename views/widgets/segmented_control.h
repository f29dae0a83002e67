#pragma once

#include <QStringList>
#include <QWidget>

class QButtonGroup;
class QToolButton;

namespace winnow {

/// A row of joined buttons of which one is on. Labels may change without a signal.
class SegmentedControl : public QWidget {
    Q_OBJECT
public:
    explicit SegmentedControl(const QStringList &labels, QWidget *parent = nullptr);

    int current() const;
    void setCurrent(int index); // no signal
    void setLabels(const QStringList &labels);
    void setSegmentEnabled(int index, bool enabled);

Q_SIGNALS:
    void chosen(int index); // by the user

private:
    QButtonGroup *m_group;
    QVector<QToolButton *> m_buttons;
};

} // namespace winnow
