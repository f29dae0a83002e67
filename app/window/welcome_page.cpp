#include "app/window/welcome_page.h"

#include "app/window/actions.h"
#include "app/window/look.h"
#include "app/window/recent_session.h"
#include "app/workbench/workbench.h"
#include "views/icons.h"
#include "views/type.h"

#include <QDateTime>
#include <QFileInfo>
#include <QGridLayout>
#include <QLabel>
#include <QPainter>
#include <QVBoxLayout>

namespace winnow {
namespace {

    constexpr int kColumnWidth = 1040, kRecentShown = 5;

    QLabel *caption(const QString &text, QWidget *parent)
    {
        auto *label = new QLabel(text.toUpper(), parent);
        label->setFont(typeFont(TypeRole::DockHead));
        label->setProperty("tone", "t3");
        return label;
    }

    /// Name and mark of the program.
    class TitleBlock : public QWidget {
    public:
        TitleBlock(Look &look, QWidget *parent)
            : QWidget(parent)
            , m_look(look)
        {
            setFixedHeight(56);
            setAccessibleName(QStringLiteral("Winnow"));
        }

    protected:
        void paintEvent(QPaintEvent *) override
        {
            QPainter painter(this);
            painter.drawPixmap(QPointF(2, 4), applicationMark(48, devicePixelRatioF(), m_look.theme()));
            QFont title = typeFont(TypeRole::PageTitle);
            painter.setFont(title);
            painter.setPen(m_look.theme().t1);
            painter.drawText(QPointF(68, 24), QStringLiteral("Winnow"));
            QFont line = typeFont(TypeRole::DialogTitle);
            line.setWeight(QFont::Normal);
            painter.setFont(line);
            painter.setPen(m_look.theme().t2);
            painter.drawText(QPointF(68, 49), WelcomePage::tr("See what a model can do without, and what that costs."));
        }

    private:
        Look &m_look;
    };

    /// One page of the workbench and the question it answers.
    class QuestionCard : public QWidget {
    public:
        QuestionCard(Look &look, QWidget *parent)
            : QWidget(parent)
            , m_look(look)
        {
            setFixedHeight(92);
            setMinimumWidth(136);
            setMaximumWidth(220);
        }

    protected:
        void paintEvent(QPaintEvent *) override
        {
            const Theme &theme = m_look.theme();
            QPainter painter(this);
            painter.fillRect(QRect(0, 0, width(), 2), theme.hair);
            painter.drawPixmap(QPointF(0, 17), m_look.pixmap(QStringLiteral("table"), 16, theme.accentText, devicePixelRatioF()));
            painter.setFont(typeFont(TypeRole::ViewTitle));
            painter.setPen(theme.t1);
            painter.drawText(QRect(22, 14, width() - 22, 20), Qt::AlignVCenter, WelcomePage::tr("Cache"));
            painter.setFont(typeFont(TypeRole::Label));
            painter.setPen(theme.t2);
            painter.drawText(QRect(0, 38, width(), 54), Qt::TextWordWrap, WelcomePage::tr("Which cached tokens may go, and what does it cost?"));
        }

    private:
        Look &m_look;
    };

} // namespace

WelcomePage::WelcomePage(Workbench &bench, Look &look, const Actions &actions, QWidget *parent)
    : QWidget(parent)
    , m_bench(bench)
    , m_look(look)
{
    m_column = new QWidget(this);
    auto *grid = new QGridLayout(m_column);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setHorizontalSpacing(52);
    grid->setVerticalSpacing(0);
    grid->addWidget(new TitleBlock(look, m_column), 0, 0, 1, 2);
    grid->setRowMinimumHeight(1, 48);
    grid->addWidget(caption(tr("Start"), m_column), 2, 0);
    grid->addWidget(caption(tr("Recent"), m_column), 2, 1);
    grid->setRowMinimumHeight(3, 10);
    auto *start = new QVBoxLayout;
    start->setSpacing(10);
    m_demo = new StartCard(StartCard::Kind::Primary, QStringLiteral("media-playback-start"), tr("Open the demo session"), {}, tr("Enter"), look, m_column);
    auto *model = new StartCard(StartCard::Kind::Plain, QStringLiteral("package"), tr("Open model…"), tr("GGUF file or Hugging Face folder"), tr("Ctrl O"), look, m_column);
    auto *session = new StartCard(StartCard::Kind::Plain, QStringLiteral("folder-open"), tr("Open session…"), tr("A .winnow file; needs no model to look at"), tr("Ctrl Shift O"), look, m_column);
    for (StartCard *card : {m_demo, model, session})
        start->addWidget(card);
    auto *hint = new QLabel(tr("or drop a model, session, text or figure on the window"), m_column);
    hint->setFont(typeFont(TypeRole::Label));
    hint->setProperty("tone", "t2");
    hint->setContentsMargins(0, 6, 0, 0);
    start->addWidget(hint);
    start->addStretch(1);
    grid->addLayout(start, 4, 0);
    m_recentArea = new QWidget(m_column);
    m_recent = new QVBoxLayout(m_recentArea);
    m_recent->setContentsMargins(0, 0, 0, 0);
    m_recent->setSpacing(0);
    grid->addWidget(m_recentArea, 4, 1);
    grid->setRowMinimumHeight(5, 56);
    m_question = new QuestionCard(look, m_column);
    grid->addWidget(m_question, 6, 0);
    grid->setColumnStretch(0, 2);
    grid->setColumnStretch(1, 3);
    connect(m_demo, &QAbstractButton::clicked, this, &WelcomePage::demoAsked);
    connect(model, &QAbstractButton::clicked, actions.openModel, &QAction::trigger);
    connect(session, &QAbstractButton::clicked, actions.openSession, &QAction::trigger);
    connect(&bench.settings(), &AppSettings::recentChanged, this, &WelcomePage::refreshRecent);
    connect(&bench.jobs(), &JobRunner::jobChanged, this, &WelcomePage::refreshDemo);
    connect(&bench, &Workbench::modelChanged, this, &WelcomePage::refreshDemo);
    connect(&look, &Look::changed, this, [this] { update(); });
    refreshRecent();
    refreshDemo();
}

void WelcomePage::refreshRecent()
{
    while (QLayoutItem *item = m_recent->takeAt(0)) {
        delete item->widget();
        delete item;
    }
    int shown = 0;
    for (const QString &path : m_bench.settings().recentFiles()) {
        if (!QFileInfo::exists(path) || shown == kRecentShown)
            continue;
        ++shown;
        auto *row = new RecentRow(path, m_look, m_recentArea);
        connect(row, &QAbstractButton::clicked, this, [this, path] { Q_EMIT fileAsked(path); });
        m_recent->addWidget(row);
    }
    if (shown == 0) {
        auto *none = new QLabel(tr("Sessions you save or open are listed here."), m_recentArea);
        none->setProperty("tone", "t3");
        none->setFont(typeFont(TypeRole::Label));
        none->setContentsMargins(0, 8, 0, 0);
        m_recent->addWidget(none);
    }
    m_recent->addStretch(1);
}

void WelcomePage::refreshDemo()
{
    const Job *loading = nullptr;
    for (const auto &job : m_bench.jobs().jobs()) {
        if (job->active() && (job->spec.tag == QLatin1String("open") || job->spec.tag == QLatin1String("capture")))
            loading = job.get();
    }
    if (!loading) {
        m_demo->setProgress(-1);
        m_demo->setDetail(tr("SmolLM2-135M, a text with a planted fact"));
        return;
    }
    const Progress &progress = loading->progress;
    const double share = progress.total > 0 ? static_cast<double>(progress.done) / static_cast<double>(progress.total) : 0;
    m_demo->setProgress(share, progress.total > 0 ? tr("%1 %2, %3").arg(loading->spec.title, loading->spec.detail, progressText(progress)) : loading->spec.title);
}

void WelcomePage::resizeEvent(QResizeEvent *)
{
    const int side = width() < 1100 ? 32 : 120;
    const int wide = std::min(kColumnWidth, width() - 2 * side);
    const int top = height() < 620 ? 16 : std::max(24, std::min(76, (height() - 560) / 3));
    m_question->setVisible(height() > 480);
    m_column->setGeometry((width() - wide) / 2, top, wide, std::min(height() - top, m_column->sizeHint().height()));
}

void WelcomePage::paintEvent(QPaintEvent *) { QPainter(this).fillRect(rect(), m_look.theme().surface); }

} // namespace winnow
