#pragma once

#include "views/picture_view.h"
#include "views/prompt_data.h"

#include <QPointer>

class QAction;
class QSpinBox;

namespace winnow {

/// Attention of one head of the scoring model over the prompt, or the mean of a layer's heads.
struct PromptMap {
    int tokens = 0, layers = 0, heads = 0; // of the model
    int layer = 0, head = -1; // -1 = mean of the layer's heads
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
    /// head -1: mean of the layer's heads.
    void setHead(int layer, int head);
    bool masksFirst() const { return m_masked; }
    void setMasksFirst(bool masked);
    /// Sum of a column over the rows, without the first token's column where it is masked.
    const std::vector<float> &columnSums() const { return m_sums; }
    int tokenAt(const QPointF &point) const;

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
    int m_layer = 0, m_head = -1;
    bool m_masked = true;
    QAction *m_maskAction;
    QPointer<QSpinBox> m_layerBox, m_headBox;
};

} // namespace winnow
