#pragma once

#include "sessions/session.h"

#include <QDialog>

class QLineEdit;
class QPlainTextEdit;

namespace winnow {

/// Title and text of a note.
class NoteDialog : public QDialog {
    Q_OBJECT
public:
    NoteDialog(const NoteRecord &note, QWidget *parent = nullptr);
    NoteRecord note() const;

private:
    NoteRecord m_note;
    QLineEdit *m_title;
    QPlainTextEdit *m_text;
};

} // namespace winnow
