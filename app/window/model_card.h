#pragma once

#include <QWidget>

class QLabel;
class QVBoxLayout;

namespace winnow {

class FactRow;
class Look;
class PartBars;
struct ModelDetails;

/// What kind of model it is: name, facts, and where its parameters and bytes are.
class ModelCard : public QWidget {
    Q_OBJECT
public:
    ModelCard(Look &look, QWidget *parent = nullptr);
    void setDetails(const ModelDetails &details, const QString &title);

private:
    void clearFacts();

    Look &m_look;
    QLabel *m_title, *m_path;
    QVBoxLayout *m_facts;
    QVector<FactRow *> m_rows;
    PartBars *m_parts;
};

} // namespace winnow
