#pragma once

#include "views/theme.h"

#include <QString>
#include <QVector>
#include <QWidget>

namespace winnow {

/// A token as TokenBoxes draws it.
struct TokenBox {
    qint64 id = 0;
    QString text; // as shown: line ends and bytes that are no character by themselves are already visible
    bool special = false;
    bool breaksLine = false; // the next token starts a new line
    QString help; // tooltip and spoken description
};

/// Tokens as boxes in lines, each with its id below it; neighbours differ in tint, special tokens have an outline and hatching.
/// Grows downwards with its width; meant to stand in a scroll area.
class TokenBoxes : public QWidget {
    Q_OBJECT
public:
    explicit TokenBoxes(QWidget *parent = nullptr);

    void setTokens(QVector<TokenBox> tokens);
    void setTheme(const Theme &theme);
    const QVector<TokenBox> &tokens() const { return m_tokens; }
    /// Marked token; -1 = none.
    int current() const { return m_current; }
    void setCurrent(int index);
    /// Box of a token in widget coordinates; empty when there is none.
    QRectF boxOf(int index) const;
    int tokenAt(const QPointF &position) const;

    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;
    QSize sizeHint() const override { return {320, heightForWidth(320)}; }
    QSize minimumSizeHint() const override { return {120, heightForWidth(std::max(120, width()))}; }

Q_SIGNALS:
    void currentChanged(int index);

protected:
    void paintEvent(QPaintEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    bool event(QEvent *event) override;

private:
    struct Layout {
        QVector<QRectF> boxes;
        double height = 0;
    };

    Layout layoutFor(double width) const;
    void relayout();
    int neighbour(int key) const;
    void paintBox(QPainter &painter, int index) const;

    QVector<TokenBox> m_tokens;
    Layout m_layout;
    Theme m_theme;
    int m_current = -1;
};

} // namespace winnow
