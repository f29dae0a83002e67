#pragma once

#include "core/base/budget.h"
#include "core/base/method_info.h"

#include <QWidget>

class QLabel;
class QLineEdit;

namespace winnow {

class BudgetSlider;
class Look;
class Workbench;
struct CacheGeometry;

/// The budget of the form: slider and typed text (%, tokens, bytes), below them what it comes to.
class BudgetEditor : public QWidget {
    Q_OBJECT
public:
    BudgetEditor(Workbench &bench, Look &look, QWidget *parent = nullptr);

    BudgetSlider *slider() const { return m_slider; }
    QLineEdit *text() const { return m_text; }
    /// Shows the setting's budget; hidden where the method has none.
    void refresh();

private:
    void commit();
    /// Of a method that replaces layers: how many of all.
    void showLayers(const MethodInfo &method);
    /// Of a prompt: kept share of its tokens, and what the method made of it.
    void showPrompt(const CacheGeometry &geometry);

    Workbench &m_bench;
    Look &m_look;
    QLabel *m_title, *m_tokens, *m_bytes;
    QLineEdit *m_text;
    BudgetSlider *m_slider;
    bool m_refreshing = false;
};

/// What a person may type as a budget: "25", "25 %", "80 tokens", "80t", "6 MiB"; a bare number is a percentage.
Result<Budget> parseTypedBudget(const QString &text);

} // namespace winnow
