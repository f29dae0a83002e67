#pragma once

#include "app/window/pane.h"

class QLabel;

namespace winnow {

class TokenBoxes;
class TryOut;

/// The tokens of the tried prompt with their ids; one line below says what is marked.
class TokensPane : public Pane {
    Q_OBJECT
public:
    TokensPane(TryOut &tryOut, Look &look, QWidget *parent = nullptr);
    TokenBoxes *boxes() const { return m_boxes; }

private:
    void refresh();
    void describeCurrent(int index);

    TryOut &m_tryOut;
    TokenBoxes *m_boxes;
    QLabel *m_line;
};

} // namespace winnow
