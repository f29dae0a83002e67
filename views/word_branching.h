#pragma once

#include "views/picture_view.h"
#include "views/plot_frame.h"
#include "views/word_data.h"

namespace winnow {

/// Branching entropy of the marked prefix: how many ways it goes on to the right after each character, mirrored below to the left.
/// A rise marks a border.
class WordBranchingView final : public PictureView {
    Q_OBJECT
public:
    explicit WordBranchingView(QWidget *parent = nullptr);

    QString viewId() const override { return QStringLiteral("wordBranching"); }
    QString title() const override { return tr("Branching"); }
    QString note() const override;
    QVector<LegendEntry> legend(const Theme &theme) const override;
    QString caption() const override;
    QString csv() const override;
    QString describe() const override;
    QString emptyReason() const override;
    /// Positions (characters of the prefix) after which h_R rises.
    std::vector<int> rises() const;

protected:
    bool followSelection(const Selection &before) override;
    void paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    void paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const override;

private:
    const WordLattice *lattice() const { return data().words ? data().words->lattice.get() : nullptr; }
    int first() const; // character of the lattice where the prefix starts
};

} // namespace winnow
