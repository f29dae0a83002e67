#pragma once

#include "views/painted_table.h"
#include "views/word_data.h"

class QLabel;
class QLineEdit;
class QSpinBox;

namespace winnow {

class BudgetSlider;
class SegmentedControl;

/// The word list of the shown method: counts that can be edited, PMI, log₂ P, a histogram of counts, and what the ratio of best types
/// cuts. A click on a word leads to a line that has it.
class WordDictionaryView final : public PaintedTable {
    Q_OBJECT
public:
    explicit WordDictionaryView(QWidget *parent = nullptr);

    QString viewId() const override { return QStringLiteral("wordDictionary"); }
    QString title() const override { return tr("Dictionary"); }
    QString note() const override;
    QVector<QWidget *> headerControls() override;
    QString caption() const override;
    QString csv() const override;
    QString describe() const override;
    QString emptyReason() const override;
    void setTheme(const Theme &theme) override;

    enum class Part { All, Cut };
    void setPart(Part part);
    void setSearch(const QString &text);
    /// Only the table, for a dock.
    void setPlain(bool plain);
    BudgetSlider *ratioSlider() const { return m_ratio; }
    QSpinBox *countBox() const { return m_count; }
    /// Opens the editor of a word's count.
    void editCount(const QString &word);

Q_SIGNALS:
    void countChanged(const QString &word, double count);
    void topRatioChanged(double ratio);
    void loadAsked();
    void saveAsked();

protected:
    bool dataChanged() override;
    bool followSelection(const Selection &before) override;
    double topMargin() const override;
    void rowChosen(int id) override;
    void rowOpened(int id) override;
    int markedId() const override;
    void paintAbove(QPainter &painter, const QRectF &area, const Theme &theme) const override;
    void resizeEvent(QResizeEvent *event) override;

private:
    const WordList *list() const;
    void fill();
    void placeControls();
    void commitCount();
    std::vector<int> histogram() const; // entries by power of two of their count

    Part m_part = Part::All;
    QString m_search, m_edited;
    SegmentedControl *m_parts;
    QLineEdit *m_find;
    BudgetSlider *m_ratio;
    QSpinBox *m_count;
    bool m_filling = false, m_plain = false;
};

} // namespace winnow
