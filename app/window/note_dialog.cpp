#include "app/window/note_dialog.h"

#include <QDialogButtonBox>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QVBoxLayout>

namespace winnow {

NoteDialog::NoteDialog(const NoteRecord &note, QWidget *parent)
    : QDialog(parent)
    , m_note(note)
{
    setWindowTitle(note.id == 0 ? tr("New Note") : tr("Note"));
    resize(480, 320);
    m_title = new QLineEdit(QString::fromStdString(note.title), this);
    m_title->setPlaceholderText(tr("Title"));
    m_title->setAccessibleName(tr("Title"));
    m_text = new QPlainTextEdit(QString::fromStdString(note.text), this);
    m_text->setAccessibleName(tr("Text"));
    m_text->setTabChangesFocus(true);
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Save | QDialogButtonBox::Cancel, this);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(16, 16, 16, 16);
    layout->addWidget(m_title);
    layout->addWidget(m_text, 1);
    layout->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
}

NoteRecord NoteDialog::note() const
{
    NoteRecord result = m_note;
    result.title = m_title->text().trimmed().isEmpty() ? tr("Note").toStdString() : m_title->text().trimmed().toStdString();
    result.text = m_text->toPlainText().toStdString();
    return result;
}

} // namespace winnow
