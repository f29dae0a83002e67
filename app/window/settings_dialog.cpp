#include "app/window/settings_dialog.h"

#include "app/app_settings.h"
#include "views/type.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QSpinBox>
#include <QVBoxLayout>

namespace winnow {

SettingsDialog::SettingsDialog(AppSettings &settings, QWidget *parent)
    : QDialog(parent)
    , m_settings(settings)
{
    setWindowTitle(tr("Settings"));
    setMinimumWidth(520);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(16, 16, 16, 16);
    auto *form = new QFormLayout;
    form->setHorizontalSpacing(16);
    form->setVerticalSpacing(8);
    m_theme = new QComboBox(this);
    m_theme->addItems({tr("Like the system"), tr("Light"), tr("Dark")});
    m_theme->setCurrentIndex(static_cast<int>(settings.theme()));
    form->addRow(tr("&Theme"), m_theme);
    m_command = new QLineEdit(settings.engineCommand(), this);
    m_command->setToolTip(tr("Any command that speaks the protocol, for example: ssh gpu01 winnow-cli serve"));
    form->addRow(tr("&Engine command"), m_command);
    m_threads = new QSpinBox(this);
    m_threads->setRange(0, 512);
    m_threads->setSpecialValueText(tr("as the engine decides"));
    m_threads->setValue(settings.threads());
    form->addRow(tr("T&hreads"), m_threads);
    m_dtype = new QComboBox(this);
    m_dtype->addItems({QStringLiteral("auto"), QStringLiteral("f32"), QStringLiteral("bf16"), QStringLiteral("f16")});
    m_dtype->setCurrentText(settings.dtype());
    form->addRow(tr("&Number type"), m_dtype);
    m_folder = new QLineEdit(settings.modelFolder(), this);
    m_folder->setPlaceholderText(userDataFolder() + QStringLiteral("/models"));
    m_folder->setToolTip(tr("Where models are looked up by name and fetched to. An engine on another machine uses its own folder."));
    form->addRow(tr("&Model folder"), m_folder);
    layout->addLayout(form);
    auto *note = new QLabel(tr("A new command or model folder starts the engine again. Threads and number type hold from the next load of a model on."), this);
    note->setWordWrap(true);
    note->setFont(typeFont(TypeRole::Hint));
    note->setProperty("tone", "t2");
    layout->addWidget(note);
    layout->addStretch(1);
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel, this);
    layout->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::accepted, this, [this] {
        store();
        accept();
    });
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
}

void SettingsDialog::store()
{
    m_settings.setThreads(m_threads->value());
    m_settings.setDtype(m_dtype->currentText());
    m_settings.setModelFolder(m_folder->text().trimmed());
    const auto theme = static_cast<AppSettings::ThemeChoice>(m_theme->currentIndex());
    if (theme != m_settings.theme())
        m_settings.setTheme(theme);
    if (m_command->text().trimmed() != m_settings.engineCommand())
        m_settings.setEngineCommand(m_command->text());
}

} // namespace winnow
