#pragma once

#include "views/picture_view.h"
#include "views/prompt_data.h"
#include "views/token_layout.h"

#include <QPointer>

class QScrollBar;

namespace winnow {

class SegmentedControl;

/// The text of a prompt, one cell a token: what each stage cuts, or how much a token tells and how much attention it gets, or
/// the text beside what is left of it. Selection::step is the stage, -1 = the last one.
class PromptCanvas final : public PictureView {
    Q_OBJECT
public:
    enum class Mode { Cuts, Information, Attention, SideBySide };

    explicit PromptCanvas(QWidget *parent = nullptr);

    QString viewId() const override { return QStringLiteral("prompt"); }
    QString title() const override { return tr("Prompt"); }
    QString caption() const override;
    QString csv() const override;
    QString describe() const override;
    QString emptyReason() const override;
    QVector<LegendEntry> legend(const Theme &theme) const override;
    QVector<QWidget *> headerControls() override;
    QJsonObject saveState() const override;
    void restoreState(const QJsonObject &state) override;
    double figureHeight(double width) const override;

    Mode mode() const { return m_mode; }
    void setMode(Mode mode);
    /// Marks and tints whole words instead of single tokens; words that lost only some of their tokens are underlined.
    bool wholeWords() const { return m_words; }
    void setWholeWords(bool words);
    void setCompact(bool compact);
    /// Token under a point of the widget, -1 beside the text.
    int tokenAt(const QPointF &point) const;
    /// Where a token stands in the widget (its first box in the original text).
    QRectF tokenRect(int token) const;
    /// The same in the compressed text of Mode::SideBySide; null when it was cut.
    QRectF keptRect(int token) const;
    enum class Cut { Kept, Earlier, Now, Next };
    Cut cutOf(int token) const;
    /// What a tooltip says: id, text, values at every stage, rank, stage of removal.
    QString details(int token) const;

protected:
    void paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    void paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    bool dataChanged() override;
    bool followSelection(const Selection &before) override;
    QRectF bodyRect() const override;
    bool event(QEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void wheelEvent(QWheelEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void leaveEvent(QEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;

private:
    static constexpr double kGutter = 24; // between two columns of text
    struct Page { // one column of text
        std::shared_ptr<const TokenLayout> layout;
        QPointF origin; // of the text, from the body's top left corner
        std::vector<int> tokenOf; // token of each of the text's spans; empty = the same number
        bool compressed = false;
    };
    std::vector<Page> pagesFor(double width) const;
    void paintPage(QPainter &painter, const QPointF &origin, const Page &page, const Theme &theme) const;
    void paintLine(QPainter &painter, const QPointF &origin, const Page &page, const TokenLayout::Line &line, const Theme &theme) const;
    void paintCell(QPainter &painter, const QRectF &box, int token, const Theme &theme) const;
    void paintCues(QPainter &painter, const QRectF &box, double baseline, int token, const Theme &theme) const;
    QColor textColor(int token, const Page &page, const Theme &theme) const;
    void refreshValues();
    void buildKept();
    void relayout();
    int stage() const;
    bool isBroken(int token) const;
    bool isBlank(int token) const; // nothing but space
    void ensureVisible(int token);
    void moveTo(int token, Gesture gesture);
    /// First and last token of the word, or the token itself.
    std::pair<int, int> reach(int token) const;

    PromptDataPtr m_of;
    std::shared_ptr<const TokenText> m_kept; // what is left after the last stage, as it is rendered
    std::vector<int> m_keptTokens; // token of each span of m_kept
    std::vector<float> m_shade; // [n] 0..1, NaN = no value; modes Information and Attention
    double m_low = 0, m_high = 0; // range of the tint
    std::vector<Page> m_pages; // for the widget's width
    Mode m_mode = Mode::Cuts;
    bool m_words = false, m_compact = false;
    QScrollBar *m_scroll;
    QPointer<SegmentedControl> m_segments;
};

} // namespace winnow
