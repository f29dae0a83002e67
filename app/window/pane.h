#pragma once

#include <QWidget>

class QStackedLayout;

namespace winnow {

class EmptyState;
class Look;
class ViewHeader;

/// A part of a page with the header that views have: title, controls, a quiet note, a busy bar; shows a reason while it has
/// nothing to show.
class Pane : public QWidget {
    Q_OBJECT
public:
    Pane(const QString &title, Look &look, QWidget *parent = nullptr);

    ViewHeader *header() const { return m_header; }
    /// What the pane shows; it becomes a child.
    void setContent(QWidget *content);
    void setNote(const QString &note);
    /// Shown instead of the content; empty = the content. "What is missing. What to do."
    void setReason(const QString &reason);
    const QString &reason() const { return m_reason; }

private:
    ViewHeader *m_header;
    EmptyState *m_empty;
    QStackedLayout *m_stack;
    QWidget *m_content = nullptr;
    QString m_reason;
};

} // namespace winnow
