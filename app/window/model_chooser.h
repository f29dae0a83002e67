#pragma once

#include "app/workbench/memory_plan.h"
#include "core/base/error.h"
#include "core/base/document.h"

#include <QDialog>

#include <functional>

class QLabel;
class QListWidget;
class QListWidgetItem;
class QPushButton;
class QSpinBox;
class QVBoxLayout;

namespace winnow {

class Banner;
class FactRow;
class Look;
class MeterBar;
class Workbench;

/// Chooses a model: of the catalogue (fetched when it is not here), found in the model folder, opened before, or any file or
/// folder. Says what it will need before it is loaded, and what to do when that does not fit.
class ModelChooser : public QDialog {
    Q_OBJECT
public:
    /// Which of the two models is chosen.
    enum class Role { Model, SmallModel };
    ModelChooser(Workbench &bench, Look &look, Role role = Role::Model, QWidget *parent = nullptr);

    /// Selects a model by name or path, adding it to the list when it is not there.
    void select(const QString &nameOrPath);
    QListWidget *list() const { return m_list; }
    QPushButton *openButton() const { return m_open; }
    QSpinBox *tokens() const { return m_tokens; }
    /// Buttons of the plan that is shown.
    QVector<QPushButton *> planButtons() const { return m_planButtons; }
    QString verdict() const;

protected:
    void dragEnterEvent(QDragEnterEvent *event) override;
    void dropEvent(QDropEvent *event) override;

private:
    QWidget *makeList();
    QWidget *makeFacts();
    void askModels();
    void fillList();
    void addSection(const QString &title);
    void addEntry(const ModelEntry &entry, const QString &note);
    const ModelEntry *chosen() const;
    void describe();
    void onDescribed(qint64 request, Result<Document> reply);
    void askFilePrecision();
    void showForecast();
    void showPlan();
    void clearPlan();
    void addStep(const FallbackStep &step);
    void fetch();
    void followFetch();
    void open();
    void openWith(const QString &weights);
    void browseFile();
    void browseFolder();

    Workbench &m_bench;
    Look &m_look;
    Role m_role;
    QListWidget *m_list;
    QLabel *m_title, *m_detail, *m_verdict;
    QVector<FactRow *> m_facts;
    QVBoxLayout *m_factArea, *m_planArea;
    QVector<QWidget *> m_planRows;
    QVector<QPushButton *> m_planButtons;
    MeterBar *m_weights, *m_cache, *m_work, *m_fetchBar;
    QSpinBox *m_tokens;
    QWidget *m_forecastArea;
    QPushButton *m_open;
    std::vector<ModelEntry> m_entries; // in the order of the list's items that are no sections
    std::vector<ModelEntry> m_known; // of the engine
    QString m_wanted;
    Json m_description = Json::object();
    MemoryForecastFacts m_forecast, m_filePrecision;
    QString m_problem;
    qint64 m_asked = 0, m_pending = 0;
    int m_fetchJob = 0;
};

} // namespace winnow
