#pragma once

#include "views/picture_view.h"
#include "views/prompt_data.h"

#include <QPointer>

class QAction;
class QSpinBox;

namespace winnow {

/// Attention of one head of the scoring model over the prompt, or its mean over heads, layers or both.
struct PromptMap {
    static constexpr int kMean = -1; // as layer or head
    int tokens = 0, layers = 0, heads = 0; // of the model
    int layer = kMean, head = kMean;
    std::vector<float> values; // [tokens, tokens]; NaN above the diagonal
};

/// Attention map of the prompt with the sums of its columns above it; the first token, which takes what nobody wants, can be
/// masked.
class PromptAttention final : public PictureView {
    Q_OBJECT
public:
    explicit PromptAttention(QWidget *parent = nullptr);

    QString viewId() const override { return QStringLiteral("promptAttention"); }
    QString title() const override { return tr("Attention map"); }
    QString note() const override;
    QVector<QWidget *> headerControls() override;
    QString caption() const override;
    QString csv() const override;
    QString describe() const override;
    QString emptyReason() const override;
    QJsonObject saveState() const override;
    void restoreState(const QJsonObject &state) override;

    int layer() const { return m_layer; }
    int head() const { return m_head; }
    /// PromptMap::kMean as layer or head: the mean over all.
    void setHead(int layer, int head);
    bool masksFirst() const { return m_masked; }
    void setMasksFirst(bool masked);
    /// Sum of a column over the rows, without the first token's column where it is masked.
    const std::vector<float> &columnSums() const { return m_sums; }
    int tokenAt(const QPointF &point) const;
    /// Longer prompts have maps of more than 8 MiB: none is fetched.
    static constexpr int kMostTokens = 1400;

Q_SIGNALS:
    /// Another head was chosen.
    void mapRequested(int layer, int head);

protected:
    bool dataChanged() override;
    void paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    void paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void leaveEvent(QEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;

private:
    struct Plan {
        QRectF map, sums;
    };
    Plan planFor(const QRectF &body) const;
    void refreshShades();
    void refreshControls();
    void moveTo(int token, Gesture gesture);

    std::shared_ptr<const PromptMap> m_of;
    std::vector<float> m_shades, m_sums;
    int m_layer = PromptMap::kMean, m_head = PromptMap::kMean; // the sum over its columns is what prompt methods rank by
    bool m_masked = true;
    QAction *m_maskAction;
    QPointer<QSpinBox> m_layerBox, m_headBox;
};

} // namespace winnow
