#pragma once

#include <QDialog>

class QComboBox;
class QLineEdit;
class QSpinBox;

namespace winnow {

class AppSettings;

/// Theme, engine command, threads, number type, model folder.
class SettingsDialog : public QDialog {
    Q_OBJECT
public:
    SettingsDialog(AppSettings &settings, QWidget *parent = nullptr);

private:
    void store();

    AppSettings &m_settings;
    QComboBox *m_theme, *m_dtype;
    QLineEdit *m_command, *m_folder;
    QSpinBox *m_threads;
};

} // namespace winnow
