#include "app/window/sweep_dialog.h"

#include "app/window/budget_editor.h"
#include "app/window/look.h"
#include "app/workbench/workbench.h"
#include "views/format.h"
#include "views/theme.h"
#include "views/type.h"

#include <QCheckBox>
#include <QDialogButtonBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>

#include <algorithm>

namespace winnow {
namespace {

    constexpr int kSeeds = 5;
    constexpr int kListHeight = 340;

} // namespace

Result<std::vector<Budget>> parseBudgetList(const QString &text)
{
    std::vector<Budget> budgets;
    for (const QString &part : text.split(QLatin1Char(','), Qt::SkipEmptyParts)) {
        if (part.trimmed().isEmpty())
            continue;
        Result<Budget> budget = parseTypedBudget(part);
        if (!budget)
            return fail(budget.error());
        budgets.push_back(*budget);
    }
    if (budgets.empty())
        return fail(ErrorCode::BadInput, SweepDialog::tr("Name at least one budget, for example 25 %.").toStdString());
    return budgets;
}

SweepDialog::SweepDialog(Workbench &bench, QWidget *parent)
    : QDialog(parent)
    , m_bench(bench)
{
    setWindowTitle(tr("Sweep"));
    setMinimumWidth(420);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(16, 16, 16, 16);
    layout->setSpacing(8);
    auto *title = new QLabel(tr("Measure at several budgets"), this);
    title->setFont(typeFont(TypeRole::DialogTitle));
    layout->addWidget(title);
    auto *what = new QLabel(bench.family() == "prompt" ? tr("Each cell compresses the prompt and lets the model read what is left. Results come in one by one and stay in the session.") : tr("One pass over the text is shared by all cells. Results come in one by one and stay in the session."), this);
    what->setWordWrap(true);
    what->setProperty("tone", "t2");
    layout->addWidget(what);
    layout->addWidget(makeMethods(), 1);
    auto *label = new QLabel(tr("Budgets"), this);
    m_budgets = new QLineEdit(bench.family() == "prompt" ? QStringLiteral("25 %, 33 %, 50 %, 66 %, 80 %, 100 %") : QStringLiteral("10 %, 20 %, 30 %, 50 %, 75 %"), this);
    m_budgets->setAccessibleName(tr("Budgets"));
    m_budgets->setToolTip(tr("Percentages, token counts (256 tokens) or bytes (6 MiB), separated by commas"));
    label->setBuddy(m_budgets);
    layout->addSpacing(4);
    layout->addWidget(label);
    layout->addWidget(m_budgets);
    m_summary = new QLabel(this);
    m_summary->setWordWrap(true);
    m_summary->setFont(typeFont(TypeRole::Hint));
    m_summary->setProperty("tone", "t2");
    layout->addWidget(m_summary);
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Cancel, this);
    m_start = buttons->addButton(tr("Start Sweep"), QDialogButtonBox::AcceptRole);
    setStyleProperty(m_start, "primary", true);
    m_start->setDefault(true);
    layout->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_budgets, &QLineEdit::textChanged, this, &SweepDialog::refresh);
    refresh();
}

QWidget *SweepDialog::makeMethods()
{
    auto *list = new QWidget(this);
    auto *boxes = new QVBoxLayout(list);
    boxes->setContentsMargins(0, 0, 0, 0);
    boxes->setSpacing(6);
    auto add = [&](const Setting &setting, const QString &text, bool checked) {
        for (const auto &[box, other] : m_methods) {
            if (sameCurve(other, setting))
                return;
        }
        auto *box = new QCheckBox(text, list);
        box->setChecked(checked);
        connect(box, &QCheckBox::toggled, this, &SweepDialog::refresh);
        boxes->addWidget(box);
        m_methods.emplace_back(box, setting);
    };
    for (const RunRecord &run : m_bench.document().runs()) {
        const Setting setting = settingFromJson(run.request);
        const MethodInfo *method = findMethod(m_bench.methods(), setting.method);
        if (run.inputId == m_bench.activeInput() && setting.family == m_bench.family() && method && !method->budgetUnit.empty())
            add(setting, QStringLiteral("%1  %2").arg(runLetter(run.letter), QString::fromStdString(run.name)), true);
    }
    const MethodInfo *method = m_bench.currentMethod();
    if (method && !method->budgetUnit.empty())
        add(m_bench.setting(), tr("%1, as in the form (will be pinned)").arg(QString::fromStdString(method->title)), true);
    const bool pair = m_bench.smallModel().phase == ModelState::Phase::Ready;
    for (const MethodInfo &other : m_bench.methods()) {
        if (other.family == m_bench.family() && !other.budgetUnit.empty() && (pair || !needsSmallModel(other)))
            add(defaultSetting(other), tr("%1, default settings (will be pinned)").arg(QString::fromStdString(other.title)), false);
    }
    auto *scroll = new QScrollArea(this); // many methods: the list scrolls, the buttons stay
    scroll->setWidget(list);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setMinimumHeight(std::min(list->sizeHint().height() + 2, kListHeight));
    return scroll;
}

SweepChoice SweepDialog::choice() const
{
    SweepChoice choice;
    for (const auto &[box, setting] : m_methods) {
        if (!box->isChecked())
            continue;
        if (setting.method == "random_prompt") { // a band of seeds says what chance does
            for (int seed = 1; seed <= kSeeds; ++seed) {
                Setting seeded = setting;
                seeded.parameters["seed"] = seed;
                choice.methods.push_back(std::move(seeded));
            }
        } else {
            choice.methods.push_back(setting);
        }
    }
    if (Result<std::vector<Budget>> budgets = parseBudgetList(m_budgets->text()))
        choice.budgets = *budgets;
    return choice;
}

void SweepDialog::refresh()
{
    const SweepChoice chosen = choice();
    Result<std::vector<Budget>> budgets = parseBudgetList(m_budgets->text());
    m_start->setEnabled(budgets && !chosen.methods.empty());
    if (!budgets)
        m_summary->setText(QString::fromStdString(budgets.error().message));
    else if (chosen.methods.empty())
        m_summary->setText(tr("Choose at least one method."));
    else
        m_summary->setText(tr("%1 cells: %2 methods at %3 budgets.").arg(chosen.methods.size() * chosen.budgets.size()).arg(chosen.methods.size()).arg(chosen.budgets.size()));
}

} // namespace winnow
