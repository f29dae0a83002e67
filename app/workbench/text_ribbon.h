#pragma once

#include "app/workbench/word_ribbon_maker.h"
#include "views/run_view.h"

#include <QObject>

#include <map>
#include <optional>

namespace winnow {

class Workbench;

/// One line of a text that is known by its tokens.
struct TokenLine {
    int number = -1; // among the lines of the text, from 0
    QString text;
    std::vector<int> tokens; // that have a part in the line
    std::vector<std::pair<int64_t, int64_t>> spans; // their bytes of the line's UTF-8

    bool operator==(const TokenLine &) const = default;
};

/// Pieces as the bytes they are. Those of a report show U+FFFD where a token cuts a character; the text says what stood there. Tokens that
/// share characters get even parts of their bytes.
/// @return  as many as `pieces`, joined they are `text`; `pieces` themselves where the two do not belong together
std::vector<std::string> wholePieces(const std::vector<std::string> &pieces, const std::string &text);

/// The line that holds the first byte of a token; of a long line what lies around it, of an empty one the next line that is not.
/// @param pieces  of all tokens, joined they are the text
TokenLine lineOfToken(const std::vector<std::string> &pieces, int token);

/// Words by the rules of Unicode (UAX 29), for lines that no segmenter has cut.
CutLine unicodeWords(const WordText &text);

/// The alignment ribbon of the Cache and the Prompt page: the line around the marked token, from its characters to what the page's
/// runs keep of it. What the page does not know itself (tokens of both models, what a method of the other page keeps) comes from
/// the engine for this line alone, while the ribbon is open.
class TextRibbon : public QObject {
    Q_OBJECT
public:
    explicit TextRibbon(Workbench &bench, QObject *parent = nullptr);

    void setWanted(bool wanted);
    /// With one line and its ribbon; null = nothing to follow.
    const std::shared_ptr<const WordData> &data() const { return m_data; }
    /// The marked token as characters of the line, and back; -1 = none.
    WordMark markOf(int token) const;
    int tokenAt(const WordMark &mark) const;

Q_SIGNALS:
    void changed();

private:
    void refresh();
    void follow(const ReportPtr &report, int token);
    void addPageRows(WordRibbon &ribbon) const;
    std::optional<RibbonRow> rowOf(const RunEntry &entry) const;
    void publish();

    Workbench &m_bench;
    WordRibbonMaker m_maker;
    TokenLine m_line;
    std::vector<RibbonPart> m_parts; // of the line's tokens
    bool m_unicode = false; // the words are those of Unicode's rules
    ReportPtr m_report;
    std::shared_ptr<const WordData> m_data;
    bool m_wanted = false;
};

} // namespace winnow
