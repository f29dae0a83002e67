#pragma once

#include "views/picture_view.h"
#include "views/prompt_data.h"

#include <QTextLayout>

class QScrollBar;

namespace winnow {

/// What the model answers to the full prompt and to each compressed one; words that differ from the full answer are marked,
/// the final number is bold and red where it is another one.
class PromptAnswers final : public PictureView {
    Q_OBJECT
public:
    explicit PromptAnswers(QWidget *parent = nullptr);

    QString viewId() const override { return QStringLiteral("promptAnswers"); }
    QString title() const override { return tr("Answer"); }
    QString note() const override;
    QString caption() const override;
    QString csv() const override;
    QString describe() const override;
    QString emptyReason() const override;
    double figureHeight(double width) const override;

    struct Answer {
        int letter = -1, run = -1; // -1: the full prompt
        QString head, text;
        QVector<std::pair<int, int>> changed; // ranges of text that the full answer does not have
        std::pair<int, int> number{-1, -1}; // the final one
        bool wrong = false; // it is not the full answer's, or the gold one's
    };
    const std::vector<Answer> &answers() const { return m_answers; }

protected:
    bool dataChanged() override;
    QRectF bodyRect() const override;
    void paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    void paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    void resizeEvent(QResizeEvent *event) override;
    void wheelEvent(QWheelEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;

private:
    struct Block {
        std::unique_ptr<QTextLayout> layout;
        double top = 0, textTop = 0, bottom = 0;
    };
    std::vector<Block> blocksFor(double width, const Theme &theme) const;
    void relayout();
    void add(const RunEntry &run, int position, const QString &full);

    std::vector<Answer> m_answers;
    QString m_gold;
    double m_height = 0;
    QScrollBar *m_scroll;
};

} // namespace winnow
