#pragma once

#include "app/engine/engine_client.h"
#include "app/workbench/requests.h"
#include "views/word_data.h"

#include <QObject>

#include <functional>

namespace winnow {

/// The models and methods the ribbon follows a line through.
struct RibbonModels {
    ModelChoice large, small;
    QString largeTitle, smallTitle; // empty = none
    bool largeReady = false, smallReady = false;
    Setting cache; // of the Cache page
    QString cacheTitle;
    Setting prompt; // of the Prompt page; no method = none known
    QString promptTitle;
    bool asksCache = true, asksPrompt = true; // false: no row for it

    bool operator==(const RibbonModels &) const = default;
};

/// Follows one line through the engine: its tokens in two models, what a prompt method keeps of it and what a cache method keeps.
/// Rows come one by one; each says why it is empty.
class WordRibbonMaker : public QObject {
    Q_OBJECT
public:
    explicit WordRibbonMaker(EngineClient &engine, QObject *parent = nullptr);

    void setModels(const RibbonModels &models);
    const RibbonModels &models() const { return m_models; }
    /// Starts over for a line; the words come from the marked run.
    void setLine(int number, int run, const WordText &text, const CutLine *words);
    void clear();
    std::shared_ptr<const WordRibbon> ribbon() const { return m_ribbon; }

Q_SIGNALS:
    void changed();

private:
    void ask();
    void askTokens(bool large);
    void askCache();
    void askPrompt();
    void put(RibbonRow row);
    RibbonRow emptyRow(RibbonRow::Kind kind, const QString &name, const QString &why) const;
    QString nameOf(RibbonRow::Kind kind) const;
    QString tag(const char *question) const;

    EngineClient &m_engine;
    RibbonModels m_models;
    int m_number = -1, m_run = -1, m_generation = 0;
    WordText m_text;
    std::vector<WordSpan> m_words;
    std::shared_ptr<const WordRibbon> m_ribbon;
};

/// Tokens by their byte ranges in the UTF-8 text, in code points; a byte inside a character takes its share of it.
std::vector<RibbonPart> tokenParts(const WordText &text, const std::vector<std::pair<int64_t, int64_t>> &spans);

} // namespace winnow
