#pragma once

#include "core/base/report.h"

#include <QStringList>
#include <QWidget>

class QLabel;
class QVBoxLayout;

namespace winnow {

class FactRow;
class Look;
class MeterBar;
class PanelHeader;
class Workbench;

/// What a method of two models has to say before its numbers; empty = nothing.
struct PairBadges {
    QString inactive; // "inactive: prompt shorter than 100 tokens"
    QString loss; // bytes or work are worse than those of the full model
};
PairBadges pairBadges(const Report &report);

/// Nominal, Stored, Allocated as bars of the full cache, with a small model also what its cache adds, then times. What was
/// not measured is a forecast or a dash.
class SavingsPanel : public QWidget {
    Q_OBJECT
public:
    SavingsPanel(Workbench &bench, Look &look, QWidget *parent = nullptr);
    void setDense(bool dense);

private:
    void refresh();
    void applyTheme();

    Workbench &m_bench;
    Look &m_look;
    PanelHeader *m_header;
    QVBoxLayout *m_body;
    QLabel *m_badge, *m_inactive, *m_loss, *m_empty;
    MeterBar *m_nominal, *m_stored, *m_allocated, *m_pair;
    FactRow *m_selection, *m_decode;
    bool m_dense = false;
};

/// What a small window shows below the form: stored bytes and how many checks passed.
class SavingsSummary : public QWidget {
    Q_OBJECT
public:
    SavingsSummary(Workbench &bench, Look &look, QWidget *parent = nullptr);

private:
    void refresh();

    Workbench &m_bench;
    Look &m_look;
    MeterBar *m_stored;
    QLabel *m_checks, *m_pair;
};

/// Did-it-act checks of what is shown, each with expected and found; failures say where.
class ChecksPanel : public QWidget {
    Q_OBJECT
public:
    enum class Of { Cache, Words }; // whose result is checked
    ChecksPanel(Workbench &bench, Look &look, QWidget *parent = nullptr, Of of = Of::Cache);
    void setDense(bool dense);

protected:
    void resizeEvent(QResizeEvent *event) override;

private:
    void refresh();
    /// All notices, or one line of them where the dock is short; the tooltip has every one.
    void showNotices();

    Workbench &m_bench;
    Look &m_look;
    QVBoxLayout *m_rows;
    Of m_of;
    QLabel *m_notices;
    QStringList m_notes;
    bool m_dense = false;
    int m_rowHeight = 20;
    QVector<QWidget *> m_lines;
};

} // namespace winnow
