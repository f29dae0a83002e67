#pragma once

#include "views/theme.h"

#include <QStringList>
#include <QWidget>

#include <vector>

namespace winnow {

/// Words in lines, each with a ground and a stroke by its class; the height follows the width.
class LabelledWords : public QWidget {
    Q_OBJECT
public:
    enum class Class { Kept, Cut, Unmatched };
    explicit LabelledWords(QWidget *parent = nullptr);

    void setWords(const QStringList &words, std::vector<Class> classes);
    void setTheme(const Theme &theme);
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;
    QSize sizeHint() const override { return {320, heightForWidth(320)}; }
    QSize minimumSizeHint() const override { return {120, 24}; }

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    /// Where the words stand in this width.
    std::vector<QRectF> boxes(double width) const;

    QStringList m_words;
    std::vector<Class> m_classes;
    Theme m_theme;
};

} // namespace winnow
