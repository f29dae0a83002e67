#pragma once

#include "views/token_text.h"

#include <QRectF>
#include <QTextLayout>

#include <memory>
#include <vector>

namespace winnow {

/// A token text broken into lines for one width. Coordinates start at the top left corner of the text.
class TokenLayout {
public:
    /// @cost  One shaping pass over the text; done when the width or the text changes, never for a slider.
    TokenLayout(std::shared_ptr<const TokenText> text, double width);

    struct Line {
        int begin = 0, end = 0; // shown positions
        double top = 0;
        const QTextLayout *layout = nullptr;
        int paragraphBegin = 0;
        int index = 0; // line in the layout
    };

    double width() const { return m_width; }
    double height() const { return m_height; }
    double lineHeight() const { return m_lineHeight; }
    const QFont &font() const { return m_font; }
    const TokenText &text() const { return *m_text; }
    const std::vector<Line> &lines() const { return m_lines; }

    /// Lines that touch the vertical range [from, to).
    std::pair<size_t, size_t> linesBetween(double from, double to) const;
    /// Box of characters [begin, end) on one line, clipped to the line: full line height.
    QRectF boxOn(const Line &line, int begin, int end) const;
    /// Boxes of a token, one per line it touches; a leading space lies outside.
    std::vector<QRectF> boxes(int token) const;
    /// Token under a point, -1 beside the text.
    int tokenAt(const QPointF &point) const;
    /// Nearest token on the line above (-1) or below (+1) of a token.
    int tokenBeside(int token, int lines) const;
    size_t lineOf(int position) const;

private:
    double xAt(const Line &line, int position) const;

    std::shared_ptr<const TokenText> m_text;
    QFont m_font;
    double m_width, m_height = 0, m_lineHeight = 0;
    std::vector<std::unique_ptr<QTextLayout>> m_layouts;
    std::vector<Line> m_lines;
};

/// First position of [begin, end) that is no space, or begin when there are only spaces.
int skipLeadingSpace(const QString &shown, int begin, int end);

} // namespace winnow
