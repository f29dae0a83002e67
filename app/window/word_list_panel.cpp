// The word list in the dock, and what views of the Words page say to the bench.
#include "app/window/look.h"
#include "app/window/panel_widgets.h"
#include "app/window/view_slot.h"
#include "app/window/word_panel.h"
#include "app/workbench/run_family.h"
#include "app/workbench/workbench.h"
#include "views/format.h"
#include "views/type.h"
#include "views/word_automaton.h"
#include "views/word_dictionary.h"
#include "views/word_lattice.h"
#include "views/word_teacher.h"
#include "views/word_training.h"

#include <QFile>
#include <QFileDialog>
#include <QLabel>
#include <QTextStream>
#include <QVBoxLayout>

namespace winnow {

namespace {

void saveDictionary(QWidget *parent, Workbench &bench)
{
    const WordRun *run = bench.words().data() ? bench.words().data()->current() : nullptr;
    const QString path = run && run->dictionary ? QFileDialog::getSaveFileName(parent, WordForm::tr("Save Dictionary"), run->method + QStringLiteral(".txt")) : QString();
    if (path.isEmpty())
        return;
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly)) {
        Q_EMIT bench.failed(WordForm::tr("%1 cannot be written: %2. Choose another place.").arg(path, file.errorString()));
        return;
    }
    QTextStream out(&file);
    for (const WordEntry &entry : run->dictionary->entries)
        if (entry.kept)
            out << entry.word << ' ' << QString::number(entry.count, 'f', 0) << '\n';
}

void loadDictionary(QWidget *parent, Workbench &bench)
{
    const QString path = QFileDialog::getOpenFileName(parent, WordForm::tr("Dictionary"));
    if (!path.isEmpty())
        bench.words().setSource({"dictionary", path.toStdString(), {}});
}

/// Edits the list of the marked row. The mark goes with it: from then on it stands in the row of the edited list, whose lattice is drawn.
void editCount(Workbench &bench, const QString &word, double count)
{
    WordBench &words = bench.words();
    const WordMark mark = bench.selection().word;
    for (const RunRecord &run : bench.document().runs())
        if (mark.isSet() && run.letter == mark.run && runFamily(run) == "segment" && run.id != words.activeRun())
            words.setActiveRun(run.id);
    words.setCount(word, count);
    Selection selection = bench.selection();
    if (words.activeRun() != 0 || selection.word.run < 0)
        return;
    selection.word.run = -1;
    bench.setSelection(selection);
}

void teach(QWidget *parent, Workbench &bench, const QString &source)
{
    QString path;
    if (source == QLatin1String("replies"))
        path = QFileDialog::getOpenFileName(parent, WordForm::tr("Saved Replies"), {}, WordForm::tr("Replies (*.jsonl *.json);;All files (*)"));
    else if (source == QLatin1String("chat"))
        path = QFileDialog::getSaveFileName(parent, WordForm::tr("Save the Replies As"), QStringLiteral("replies.jsonl"), WordForm::tr("Replies (*.jsonl)"));
    if (!path.isEmpty() || source == QLatin1String("simulated"))
        bench.words().teach(source, path);
}

} // namespace

void joinWordView(QWidget *view, Workbench &bench)
{
    WordBench *words = &bench.words();
    if (auto *lattice = qobject_cast<WordLatticeView *>(view))
        QObject::connect(lattice, &WordLatticeView::countChanged, words, [&bench](const QString &word, double count) { editCount(bench, word, count); });
    if (auto *automaton = qobject_cast<WordAutomaton *>(view))
        QObject::connect(automaton, &WordAutomaton::alphabetAsked, words, &WordBench::setAlphabet);
    if (auto *training = qobject_cast<WordTrainingView *>(view))
        QObject::connect(training, &WordTrainingView::mergesChanged, words, [words](int count) { words->setParameter(QStringLiteral("merges"), count); });
    if (auto *teacher = qobject_cast<WordTeacherView *>(view))
        QObject::connect(teacher, &WordTeacherView::teachAsked, &bench, [view, &bench](const QString &source) { teach(view, bench, source); });
    if (auto *list = qobject_cast<WordDictionaryView *>(view)) {
        QObject::connect(list, &WordDictionaryView::countChanged, words, &WordBench::setCount);
        QObject::connect(list, &WordDictionaryView::topRatioChanged, words, [words](double ratio) { words->setParameter(QStringLiteral("topRatio"), ratio); });
        QObject::connect(list, &WordDictionaryView::loadAsked, &bench, [view, &bench] { loadDictionary(view, bench); });
        QObject::connect(list, &WordDictionaryView::saveAsked, &bench, [view, &bench] { saveDictionary(view, bench); });
    }
}

WordListPanel::WordListPanel(Workbench &bench, Look &look, QWidget *parent)
    : QWidget(parent)
    , m_bench(bench)
    , m_header(new PanelHeader(tr("Dictionary"), this))
    , m_view(new WordDictionaryView(this))
    , m_badge(new QLabel(this))
    , m_empty(new QLabel(this))
{
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 6);
    column->setSpacing(0);
    m_view->setPlain(true);
    m_view->setFixedHeight(qRound(scaled(26 + 27 * 7)) + 1);
    joinView(m_view, bench, look);
    for (QLabel *label : {m_badge, m_empty}) {
        label->setFont(typeFont(TypeRole::Hint));
        label->setProperty("tone", "t2");
        label->setWordWrap(true);
        label->setContentsMargins(12, 6, 12, 0);
    }
    column->addWidget(m_header);
    column->addWidget(m_view);
    column->addWidget(m_empty);
    column->addWidget(m_badge);
    connect(&look, &Look::changed, this, [this, &look] { m_view->setTheme(look.theme()); });
    connect(&bench, &Workbench::viewDataChanged, this, &WordListPanel::refresh);
    refresh();
}

void WordListPanel::refresh()
{
    const WordDataPtr &data = m_bench.words().data();
    const WordRun *run = data ? data->current() : nullptr;
    const bool list = run && run->dictionary && !run->dictionary->entries.empty();
    m_header->setNote(list ? tr("%1 words").arg(format::integer(static_cast<double>(run->dictionary->entries.size()))) : QString());
    m_view->setVisible(list);
    m_empty->setVisible(!list);
    const bool learns = run && usesDictionary(run->method.toStdString());
    m_empty->setText(!run ? tr("No result yet.") : learns ? tr("The list is empty: nothing that could be counted was learned.") : tr("%1 works without a list of words.").arg(run->title));
    const WordSource &source = m_bench.words().setting().source;
    const bool tested = run && (source.kind == "simulated" || source.kind == "replies" || source.kind == "lines") && source.counts.empty();
    m_badge->setText(tested ? tr("trained on the tested lines") : tr("edited by hand"));
    m_badge->setVisible(list && (tested || !source.counts.empty()));
}

} // namespace winnow
