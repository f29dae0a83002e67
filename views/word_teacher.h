#pragma once

#include "views/picture_view.h"
#include "views/word_data.h"

class QComboBox;
class QPushButton;
class QScrollBar;

namespace winnow {

/// What a chat model, saved replies or the simulated model made of the lines: reply, alignment with rejected parts struck, words
/// added to the counter.
class WordTeacherView final : public PictureView {
    Q_OBJECT
public:
    explicit WordTeacherView(QWidget *parent = nullptr);

    QString viewId() const override { return QStringLiteral("wordTeacher"); }
    QString title() const override { return tr("Chat model"); }
    QString note() const override;
    QVector<QWidget *> headerControls() override;
    QString caption() const override;
    QString csv() const override;
    QString describe() const override;
    QString emptyReason() const override;
    QJsonObject saveState() const override;
    void restoreState(const QJsonObject &state) override;

    /// "chat", "replies", "simulated".
    QString source() const;
    void setSource(const QString &source);
    QPushButton *askButton() const { return m_ask; }

Q_SIGNALS:
    void teachAsked(const QString &source);

protected:
    bool dataChanged() override;
    bool followSelection(const Selection &before) override;
    void paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    void paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void wheelEvent(QWheelEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;

private:
    const TeacherLog *log() const { return data().words ? data().words->teacher.get() : nullptr; }
    int rowAt(const QPointF &point) const;
    void markRow(int row);
    void updateScroll();
    void paintLine(QPainter &painter, const QRectF &row, const TeacherLine &line, const Theme &theme) const;
    double paintWords(QPainter &painter, const QRectF &row, const TeacherLine &line, const Theme &theme) const;

    QComboBox *m_source;
    QPushButton *m_ask;
    QScrollBar *m_scroll;
};

} // namespace winnow
