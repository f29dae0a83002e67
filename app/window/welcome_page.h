#pragma once

#include <QAbstractButton>
#include <QWidget>

class QVBoxLayout;

namespace winnow {

struct Actions;
class Look;
class StartCard;
class Workbench;

/// The first page: demo, open model, open session, recent sessions, and what the pages answer.
class WelcomePage : public QWidget {
    Q_OBJECT
public:
    WelcomePage(Workbench &bench, Look &look, const Actions &actions, QWidget *parent = nullptr);
    StartCard *demoCard() const { return m_demo; }

Q_SIGNALS:
    void fileAsked(const QString &path);
    void demoAsked();

protected:
    void paintEvent(QPaintEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;

private:
    void refreshRecent();
    void refreshDemo();

    Workbench &m_bench;
    Look &m_look;
    StartCard *m_demo;
    QWidget *m_column, *m_recentArea;
    QVBoxLayout *m_recent;
    QWidget *m_question;
};

/// A large button: icon, bold line, quiet line, shortcut at the right; can become a progress bar of the same size.
class StartCard : public QAbstractButton {
    Q_OBJECT
public:
    enum class Kind { Primary, Plain };
    StartCard(Kind kind, const QString &icon, const QString &title, const QString &detail, const QString &key, Look &look, QWidget *parent = nullptr);
    void setDetail(const QString &detail);
    /// 0..1 shows the bar; negative ends it.
    void setProgress(double share, const QString &words = {});
    double progress() const { return m_progress; }
    QSize sizeHint() const override { return {400, 58}; }

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    Kind m_kind;
    Look &m_look;
    QString m_icon, m_title, m_detail, m_key, m_words;
    double m_progress = -1;
};

/// A recent session: thumbnail of its main view, name, what it holds, when it was last opened.
class RecentRow : public QAbstractButton {
    Q_OBJECT
public:
    RecentRow(const QString &path, Look &look, QWidget *parent = nullptr);
    QSize sizeHint() const override { return {560, 52}; }

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    Look &m_look;
    QString m_path, m_detail, m_when;
    QPixmap m_thumbnail;
};

} // namespace winnow
