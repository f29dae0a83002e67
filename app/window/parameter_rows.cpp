#include "app/window/parameter_rows.h"

#include "views/type.h"

#include <QCheckBox>
#include <QComboBox>
#include <QCoreApplication>
#include <QDoubleSpinBox>
#include <QGridLayout>
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

    ParameterRow makeIntRow(const ParameterInfo &parameter, const ParameterEdits &edits, QWidget *parent)
    {
        auto *box = new StepBox(parameter.oddOnly, parent);
        const double limit = 2147483647.0;
        box->setRange(static_cast<int>(std::max(-limit, parameter.minimum)), static_cast<int>(std::min(limit, parameter.maximum)));
        if (!parameter.unit.empty())
            box->setSuffix(QLatin1Char(' ') + QString::fromStdString(parameter.unit));
        box->setSpecialValueText(QString::fromStdString(parameter.leastMeans)); // where the minimum is a word
        box->setAlignment(Qt::AlignRight);
        box->setKeyboardTracking(false);
        prepare(box, parameter, edits.wheelFilter);
        const QString name = QString::fromStdString(parameter.name);
        QObject::connect(box, &QSpinBox::valueChanged, parent, [edits, name](int value) {
            if (!edits.quiet())
                edits.change(name, value);
        });
        QObject::connect(box, &QSpinBox::editingFinished, parent, [edits] { edits.end(); });
        return {nullptr, box, [box](const Json &value) {
                    if (value.is_number())
                        box->setValue(value.get<int>());
                }};
    }

    ParameterRow makeFloatRow(const ParameterInfo &parameter, const ParameterEdits &edits, QWidget *parent)
    {
        auto *box = new QDoubleSpinBox(parent);
        box->setDecimals(decimalsFor(parameter));
        box->setRange(parameter.minimum, parameter.maximum);
        box->setStepType(QAbstractSpinBox::AdaptiveDecimalStepType);
        if (!parameter.unit.empty())
            box->setSuffix(QLatin1Char(' ') + QString::fromStdString(parameter.unit));
        box->setSpecialValueText(QString::fromStdString(parameter.leastMeans)); // where the minimum is a word
        box->setAlignment(Qt::AlignRight);
        box->setKeyboardTracking(false);
        prepare(box, parameter, edits.wheelFilter);
        const QString name = QString::fromStdString(parameter.name);
        QObject::connect(box, &QDoubleSpinBox::valueChanged, parent, [edits, name](double value) {
            if (!edits.quiet())
                edits.change(name, value);
        });
        QObject::connect(box, &QDoubleSpinBox::editingFinished, parent, [edits] { edits.end(); });
        return {nullptr, box, [box](const Json &value) {
                    if (value.is_number())
                        box->setValue(value.get<double>());
                }};
    }

    ParameterRow makeTextRow(const ParameterInfo &parameter, const ParameterEdits &edits, QWidget *parent)
    {
        auto *box = new QLineEdit(parent);
        prepare(box, parameter, edits.wheelFilter);
        const QString name = QString::fromStdString(parameter.name);
        QObject::connect(box, &QLineEdit::editingFinished, parent, [edits, name, box] {
            if (!edits.quiet() && box->isModified())
                edits.change(name, box->text().toStdString());
            box->setModified(false);
            edits.end();
        });
        return {nullptr, box, [box](const Json &value) {
                    if (value.is_string() && !box->isModified())
                        box->setText(QString::fromStdString(value.get<std::string>()));
                }};
    }

    ParameterRow makeBoolRow(const ParameterInfo &parameter, const ParameterEdits &edits, QWidget *parent)
    {
        auto *box = new QComboBox(parent);
        box->addItems({QCoreApplication::translate("MethodPanel", "No"), QCoreApplication::translate("MethodPanel", "Yes")});
        prepare(box, parameter, edits.wheelFilter);
        const QString name = QString::fromStdString(parameter.name);
        QObject::connect(box, &QComboBox::activated, parent, [edits, name](int index) {
            edits.change(name, index == 1);
            edits.end();
        });
        return {nullptr, box, [box](const Json &value) { box->setCurrentIndex(value.is_boolean() && value.get<bool>() ? 1 : 0); }};
    }

    ParameterRow makeChoiceRow(const ParameterInfo &parameter, const ParameterEdits &edits, QWidget *parent)
    {
        auto *box = new QComboBox(parent);
        for (size_t i = 0; i < parameter.choices.size(); ++i) {
            const std::string &title = i < parameter.choiceTitles.size() ? parameter.choiceTitles[i] : parameter.choices[i];
            box->addItem(QString::fromStdString(title), QString::fromStdString(parameter.choices[i]));
        }
        prepare(box, parameter, edits.wheelFilter);
        const QString name = QString::fromStdString(parameter.name);
        QObject::connect(box, &QComboBox::activated, parent, [edits, name, box](int index) {
            edits.change(name, box->itemData(index).toString().toStdString());
            edits.end();
        });
        return {nullptr, box, [box](const Json &value) {
                    if (value.is_string())
                        box->setCurrentIndex(box->findData(QString::fromStdString(value.get<std::string>())));
                }};
    }

} // namespace

void placeParameterRow(QGridLayout &form, const ParameterRow &row, int line)
{
    form.addWidget(row.label, line, 0, 1, 2, Qt::AlignLeft | Qt::AlignVCenter);
    form.addWidget(row.editor, line, 0, 1, 2, Qt::AlignRight | Qt::AlignVCenter);
}

void fitParameterRow(const ParameterRow &row, int width)
{
    row.editor->setMaximumWidth(std::max(kEditorWidth, width - row.label->sizeHint().width() - 4));
}

ParameterRow makeParameterRow(const ParameterInfo &parameter, const ParameterEdits &edits, QWidget *parent)
{
    ParameterRow row;
    switch (parameter.type) {
    case ParameterType::Int: row = makeIntRow(parameter, edits, parent); break;
    case ParameterType::Float: row = makeFloatRow(parameter, edits, parent); break;
    case ParameterType::Bool: row = makeBoolRow(parameter, edits, parent); break;
    case ParameterType::Choice: row = makeChoiceRow(parameter, edits, parent); break;
    case ParameterType::Text: row = makeTextRow(parameter, edits, parent); break;
    }
    auto *label = new QLabel(QString::fromStdString(parameter.title), parent);
    label->setFont(typeFont(TypeRole::Label));
    label->setToolTip(QString::fromStdString(parameter.tooltip));
    label->setBuddy(row.editor);
    row.label = label;
    return row;
}

} // namespace winnow
