#pragma once

#include "views/painted_table.h"
#include "views/word_data.h"

namespace winnow {

class SegmentedControl;

/// Scores of the segmenters with 95 % intervals, scores of one of them by word length, and its errors; an error leads to its line.
class WordScoresView final : public PaintedTable {
    Q_OBJECT
public:
    explicit WordScoresView(QWidget *parent = nullptr);

    QString viewId() const override { return QStringLiteral("wordScores"); }
    QString title() const override { return tr("Scores"); }
    QString note() const override;
    QVector<QWidget *> headerControls() override;
    QString caption() const override;
    QString csv() const override;
    QString describe() const override;
    QString emptyReason() const override;
    QJsonObject saveState() const override;
    void restoreState(const QJsonObject &state) override;

    enum class Part { Methods, Lengths, Errors };
    void setPart(Part part);
    Part part() const { return m_part; }

protected:
    bool dataChanged() override;
    void rowChosen(int id) override;
    int markedId() const override;

private:
    void fill();
    void fillMethods();
    void fillLengths();
    void fillErrors();

    Part m_part = Part::Methods;
    SegmentedControl *m_parts;
    std::vector<WordErrorRow> m_errors;
};

/// What one segmenter got wrong, equal errors counted together, most frequent first: taken from its lines.
std::vector<WordErrorRow> countErrors(const WordData &data, const WordRun &run);

} // namespace winnow
