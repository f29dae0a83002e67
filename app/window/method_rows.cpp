// Editors of MethodPanel, one kind per parameter type.
#include "app/window/method_panel.h"

#include "app/workbench/workbench.h"
#include "views/type.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QLineEdit>
#include <QSpinBox>

#include <algorithm>
#include <cmath>

namespace winnow {
namespace {

    constexpr int kEditorWidth = 92;

    /// Steps over odd numbers where only those are allowed.
    class StepBox : public QSpinBox {
    public:
        StepBox(bool oddOnly, QWidget *parent)
            : QSpinBox(parent)
            , m_oddOnly(oddOnly)
        {
            if (oddOnly)
                setSingleStep(2);
        }

    protected:
        QValidator::State validate(QString &text, int &position) const override
        {
            const QValidator::State state = QSpinBox::validate(text, position);
            if (state == QValidator::Acceptable && m_oddOnly && valueFromText(text) % 2 == 0)
                return QValidator::Intermediate;
            return state;
        }

        void fixup(QString &text) const override
        {
            const int value = valueFromText(text);
            if (m_oddOnly && value % 2 == 0)
                text = textFromValue(std::min(maximum(), value + 1));
        }

    private:
        bool m_oddOnly;
    };

    void prepare(QWidget *editor, const ParameterInfo &parameter, QObject *filter)
    {
        editor->setFixedHeight(26);
        editor->setMinimumWidth(kEditorWidth);
        editor->setFont(typeFont(TypeRole::Label));
        editor->setAccessibleName(QString::fromStdString(parameter.title));
        editor->setToolTip(QString::fromStdString(parameter.tooltip));
        editor->setObjectName(QStringLiteral("param.") + QString::fromStdString(parameter.name));
        editor->installEventFilter(filter);
        editor->setFocusPolicy(Qt::StrongFocus);
    }

    int decimalsFor(const ParameterInfo &parameter)
    {
        const double range = parameter.maximum - parameter.minimum;
        const double least = parameter.defaultValue != 0 ? std::min(range, std::abs(parameter.defaultValue)) : range;
        return std::clamp(2 - static_cast<int>(std::floor(std::log10(std::max(1e-9, least)))), 1, 6);
    }

} // namespace

MethodPanel::Row MethodPanel::makeRow(const ParameterInfo &parameter)
{
    Row row;
    switch (parameter.type) {
    case ParameterType::Int: row = makeIntRow(parameter); break;
    case ParameterType::Float: row = makeFloatRow(parameter); break;
    case ParameterType::Bool: row = makeBoolRow(parameter); break;
    case ParameterType::Choice: row = makeChoiceRow(parameter); break;
    case ParameterType::Text: row = makeTextRow(parameter); break;
    }
    auto *label = new QLabel(QString::fromStdString(parameter.title), this);
    label->setFont(typeFont(TypeRole::Label));
    label->setToolTip(QString::fromStdString(parameter.tooltip));
    label->setBuddy(row.editor);
    row.label = label;
    return row;
}

MethodPanel::Row MethodPanel::makeIntRow(const ParameterInfo &parameter)
{
    auto *box = new StepBox(parameter.oddOnly, this);
    const double limit = 2147483647.0;
    box->setRange(static_cast<int>(std::max(-limit, parameter.minimum)), static_cast<int>(std::min(limit, parameter.maximum)));
    if (!parameter.unit.empty())
        box->setSuffix(QLatin1Char(' ') + QString::fromStdString(parameter.unit));
    box->setAlignment(Qt::AlignRight);
    box->setKeyboardTracking(false);
    prepare(box, parameter, this);
    const QString name = QString::fromStdString(parameter.name);
    connect(box, &QSpinBox::valueChanged, this, [this, name](int value) {
        if (!m_refreshing)
            m_bench.setParameter(name, value);
    });
    connect(box, &QSpinBox::editingFinished, this, [this] { m_bench.endGesture(); });
    return {nullptr, box, [box](const Json &value) {
                if (value.is_number())
                    box->setValue(value.get<int>());
            }};
}

MethodPanel::Row MethodPanel::makeFloatRow(const ParameterInfo &parameter)
{
    auto *box = new QDoubleSpinBox(this);
    box->setDecimals(decimalsFor(parameter));
    box->setRange(parameter.minimum, parameter.maximum);
    box->setStepType(QAbstractSpinBox::AdaptiveDecimalStepType);
    if (!parameter.unit.empty())
        box->setSuffix(QLatin1Char(' ') + QString::fromStdString(parameter.unit));
    box->setAlignment(Qt::AlignRight);
    box->setKeyboardTracking(false);
    prepare(box, parameter, this);
    const QString name = QString::fromStdString(parameter.name);
    connect(box, &QDoubleSpinBox::valueChanged, this, [this, name](double value) {
        if (!m_refreshing)
            m_bench.setParameter(name, value);
    });
    connect(box, &QDoubleSpinBox::editingFinished, this, [this] { m_bench.endGesture(); });
    return {nullptr, box, [box](const Json &value) {
                if (value.is_number())
                    box->setValue(value.get<double>());
            }};
}

MethodPanel::Row MethodPanel::makeTextRow(const ParameterInfo &parameter)
{
    auto *box = new QLineEdit(this);
    prepare(box, parameter, this);
    const QString name = QString::fromStdString(parameter.name);
    connect(box, &QLineEdit::editingFinished, this, [this, name, box] {
        if (!m_refreshing && box->isModified())
            m_bench.setParameter(name, box->text().toStdString());
        box->setModified(false);
        m_bench.endGesture();
    });
    return {nullptr, box, [box](const Json &value) {
                if (value.is_string() && !box->isModified())
                    box->setText(QString::fromStdString(value.get<std::string>()));
            }};
}

MethodPanel::Row MethodPanel::makeBoolRow(const ParameterInfo &parameter)
{
    auto *box = new QComboBox(this);
    box->addItems({tr("No"), tr("Yes")});
    prepare(box, parameter, this);
    const QString name = QString::fromStdString(parameter.name);
    connect(box, &QComboBox::activated, this, [this, name](int index) {
        m_bench.setParameter(name, index == 1);
        m_bench.endGesture();
    });
    return {nullptr, box, [box](const Json &value) { box->setCurrentIndex(value.is_boolean() && value.get<bool>() ? 1 : 0); }};
}

MethodPanel::Row MethodPanel::makeChoiceRow(const ParameterInfo &parameter)
{
    auto *box = new QComboBox(this);
    for (size_t i = 0; i < parameter.choices.size(); ++i) {
        const std::string &title = i < parameter.choiceTitles.size() ? parameter.choiceTitles[i] : parameter.choices[i];
        box->addItem(QString::fromStdString(title), QString::fromStdString(parameter.choices[i]));
    }
    prepare(box, parameter, this);
    const QString name = QString::fromStdString(parameter.name);
    connect(box, &QComboBox::activated, this, [this, name, box](int index) {
        m_bench.setParameter(name, box->itemData(index).toString().toStdString());
        m_bench.endGesture();
    });
    return {nullptr, box, [box](const Json &value) {
                if (value.is_string())
                    box->setCurrentIndex(box->findData(QString::fromStdString(value.get<std::string>())));
            }};
}

} // namespace winnow
