#pragma once

#include "views/word_data.h"

#include <cmath>

namespace winnow::sample {

/// Words written with slashes between them.
inline QStringList slashed(const char *text) { return QString::fromUtf8(text).split(QLatin1Char('/'), Qt::SkipEmptyParts); }

inline CutLine cutOf(const WordText &line, const char *text)
{
    return alignGold({line}, {slashed(text)}).lines.front();
}

/// Candidate words of 武汉市长江大桥 with the bridge dictionary of the LLACA paper's example (log2 S(root) = 21.0821).
inline std::shared_ptr<WordLattice> bridgeLattice(int line, int run)
{
    auto lattice = std::make_shared<WordLattice>();
    lattice->line = line;
    lattice->run = run;
    lattice->characters = slashed("武/汉/市/长/江/大/桥");
    for (int i = 0; i <= 7; ++i)
        lattice->points.push_back(i);
    constexpr double kRoot = 2219894, kMissing = -21.082059;
    for (int i = 0; i < 7; ++i)
        lattice->edges.push_back({i, i + 1, QStringLiteral("char"), kNoNumber, kNoNumber, kMissing, kMissing, {}, false});
    const auto word = [&](int start, int end, double count, const char *prefix, double sum, bool best) {
        lattice->edges.push_back({start, end, QStringLiteral("dict"), count, sum, std::log2(count) - std::log2(sum), std::log2(count) - std::log2(kRoot), QString::fromUtf8(prefix), best});
    };
    word(0, 1, 46, "", kRoot, false);
    word(0, 2, 86, "武", 662, false);
    word(0, 3, 33, "武汉", 122, true);
    word(1, 2, 9, "", kRoot, false);
    word(2, 3, 368, "", kRoot, false);
    word(2, 4, 109, "市", 3046, false);
    word(3, 4, 323, "", kRoot, false);
    word(3, 5, 90, "长", 1450, true);
    word(4, 5, 601, "", kRoot, false);
    word(5, 6, 2225, "", kRoot, false);
    word(5, 7, 30, "大", 7256, true);
    word(6, 7, 24, "", kRoot, false);
    lattice->paths = {{-13.8144, 0, slashed("武汉市/长江/大桥")}, {-27.5178, 13.7034, slashed("武汉/市长/江/大桥")}, {-34.4019, 20.5875, slashed("武汉市/长/江/大桥")}};
    const auto node = [&](int id, int parent, const char *label, double count, double sum, int pre, int fail, const char *text) {
        lattice->nodes.push_back({id, parent, parent < 0 ? 0 : lattice->nodes[static_cast<size_t>(parent)].depth + 1, pre, fail, QString::fromUtf8(label), QString::fromUtf8(text), count, sum});
    };
    node(0, -1, "", 0, kRoot, -1, -1, "");
    node(1, 0, "武", 46, 662, 0, 0, "武");
    node(2, 1, "汉", 86, 122, 1, 4, "武汉");
    node(3, 2, "市", 33, 36, 2, 5, "武汉市");
    node(4, 0, "汉", 9, 9, 0, 0, "汉");
    node(5, 0, "市", 368, 3046, 0, 0, "市");
    node(6, 5, "长", 109, 109, 5, 7, "市长");
    node(7, 0, "长", 323, 1450, 0, 0, "长");
    node(8, 7, "江", 90, 90, 7, 9, "长江");
    node(9, 0, "江", 601, 601, 0, 0, "江");
    node(10, 0, "大", 2225, 7256, 0, 0, "大");
    node(11, 10, "桥", 30, 30, 10, 12, "大桥");
    node(12, 0, "桥", 24, 24, 0, 0, "桥");
    const int states[] = {1, 2, 3, 6, 8, 10, 11};
    const char *borders[] = {"武", "武汉/汉", "武汉市/市", "市长/长", "长江/江", "大", "大桥/桥"};
    for (int i = 0; i < 7; ++i)
        lattice->steps.push_back({lattice->characters[i], states[i], slashed(borders[i])});
    lattice->entropyRight = {1.04, 0.21, 1.86, 0.4, 0.02};
    lattice->entropyLeft = {0.7, 1.2, 0.5, 0.1, 0.1};
    lattice->branchFirst = 0;
    return lattice;
}

inline std::shared_ptr<WordRibbon> ribbonOf(const WordText &line, const CutLine &words, int number, int run)
{
    auto ribbon = std::make_shared<WordRibbon>();
    ribbon->line = number;
    ribbon->run = run;
    RibbonRow characters{RibbonRow::Kind::Characters, QStringLiteral("characters"), {}, {}}, cut{RibbonRow::Kind::Words, QStringLiteral("words"), {}, {}};
    RibbonRow tokens{RibbonRow::Kind::Tokens, QStringLiteral("tokens, SmolLM2"), {}, {}}, other{RibbonRow::Kind::OtherTokens, QStringLiteral("tokens, Qwen2.5"), {}, {}};
    RibbonRow prompt{RibbonRow::Kind::KeptPrompt, QStringLiteral("kept by DAC, 50 %"), {}, {}}, cache{RibbonRow::Kind::KeptCache, QStringLiteral("kept by SnapKV, 25 %"), {}, {}};
    for (const WordCell &cell : line.cells)
        characters.parts.push_back({double(cell.first), double(cell.end), true, 1, line.between(cell.first, cell.end)});
    for (const WordSpan &word : words.words)
        cut.parts.push_back({double(word.first), double(word.end), true, 1, line.word(word)});
    for (int p = 0; p < line.size(); ++p)
        for (int third = 0; third < 2; ++third) {
            const QString label = QStringLiteral("⟨%1⟩").arg(third);
            tokens.parts.push_back({p + third / 2.0, p + (third + 1) / 2.0, true, 1, label});
            prompt.parts.push_back({p + third / 2.0, p + (third + 1) / 2.0, p % 2 == 0, 1, label});
            cache.parts.push_back({p + third / 2.0, p + (third + 1) / 2.0, p % 4 == 0, p % 4 == 0 ? 1.0 : 0.25, label});
        }
    for (int p = 0; p < line.size(); p += 2)
        other.parts.push_back({double(p), double(std::min(line.size(), p + 2)), true, 1, line.between(p, p + 2)});
    ribbon->rows = {characters, cut, tokens, other, prompt, cache};
    return ribbon;
}

/// Lines of four languages with gold and four segmenters; line 1 carries lattice, automaton and ribbon.
inline std::shared_ptr<WordData> words()
{
    auto data = std::make_shared<WordData>();
    data->input = QStringLiteral("four-scripts.txt");
    data->language = QStringLiteral("auto");
    const char *gold[] = {"长期/血糖/水平/控制/良好/可以/降低/糖尿/病/视网/膜/病变/的/风险/。", "武汉市/长江/大桥", "東京/は/日本/の/首都/です/。", "한국어/띄어쓰기는/어렵다/.", "ประเทศ/ไทย/มี/น้ำใจ/ผู้คน/เป็น/มิตร"};
    const char *texts[] = {"长期血糖水平控制良好可以降低糖尿病视网膜病变的风险。", "武汉市长江大桥", "東京は日本の首都です。", "한국어 띄어쓰기는 어렵다.", "ประเทศไทยมีน้ำใจผู้คนเป็นมิตร"};
    const char *titles[] = {"LLACA", "Tag model", "Unigram", "Forward match"};
    const char *ids[] = {"llaca", "tag_model", "llaca_unigram", "fmm"};
    const char *cuts[][5] = {
        {"长期/血糖/水平/控制/良好/可以/降低/糖尿病/视网膜/病变/的/风险/。", "武汉市/长江/大桥", "東京/は/日本/の/首都/です/。", "한국어/띄어쓰기는/어렵다/.", "ประเทศไทย/มี/น้ำใจ/ผู้คน/เป็น/มิตร"},
        {"长/期血/糖/水平/控制/良好/可/以降/低/糖尿/病视网/膜/病变/的/风险/。", "武汉/市长/江/大桥", "東京は/日本/の/首都/です/。", "한국어띄/어쓰기는/어렵다/.", "ประเทศ/ไทย/มี/น้ำ/ใจ/ผู้คน/เป็น/มิตร"},
        {"长期/血/糖/水平/控制/良好/可以/降/低/糖/尿/病/视/网/膜/病/变/的/风险/。", "武汉市/长江/大桥", "東京/は/日/本/の/首都/です/。", "한국어/띄어/쓰기는/어렵다/.", "ประเทศ/ไทย/มี/น้ำใจ/ผู้/คน/เป็น/มิตร"},
        {"长期/血/糖/水平/控制/良好/可以/降/低/糖/尿/病/视/网/膜/病/变/的/风险/。", "武汉市/长江/大桥", "東京/は/日本/の/首都/で/す/。", "한국어/띄어/쓰기는/어렵다/.", "ประเทศ/ไทย/มี/น้ำใจ/ผู้คน/เป็น/มิ/ตร"}};
    std::vector<QStringList> goldWords;
    for (int i = 0; i < 5; ++i) {
        data->lines.push_back(WordText::of(QString::fromUtf8(texts[i])));
        goldWords.push_back(slashed(gold[i]));
    }
    data->gold = alignGold(data->lines, goldWords).lines;
    for (int r = 0; r < 4; ++r) {
        WordRun run;
        run.run = r;
        run.method = QString::fromUtf8(ids[r]);
        run.title = QString::fromUtf8(titles[r]);
        int tp = 0, found = 0, all = 0;
        for (size_t i = 0; i < 5; ++i) {
            run.lines.push_back(cutOf(data->lines[i], cuts[r][i]));
            run.errors.push_back(compareCuts(run.lines.back(), data->gold[i]));
            tp += run.errors.back().truePositive;
            found += run.errors.back().found;
            all += run.errors.back().gold;
        }
        run.scores.precision = double(tp) / found;
        run.scores.recall = double(tp) / all;
        run.scores.f1 = 2.0 * tp / (found + all);
        run.scores.low = run.scores.f1 - 0.02;
        run.scores.high = run.scores.f1 + 0.02;
        run.scores.recallIv = 0.95 - 0.02 * r;
        if (r < 2)
            run.scores.recallOov = 0.6;
        run.scores.charactersPerSecond = 5.2e6 / (r + 1);
        run.scores.trainSeconds = 0.4 * r;
        run.byLength = {{QStringLiteral("1"), 12, 0.8, 0.9, 0.847}, {QStringLiteral("2"), 20, 0.7, 0.7, 0.7}, {QStringLiteral("3"), 4, 0.5, 0.25, 0.333}};
        run.training.merges = {{QString::fromUtf8("视"), QString::fromUtf8("网"), 12}, {QString::fromUtf8("糖"), QString::fromUtf8("尿"), 9}, {QString::fromUtf8("大"), QString::fromUtf8("桥"), 7}};
        auto list = std::make_shared<WordList>();
        list->topRatio = 0.99;
        list->entries = {{QString::fromUtf8("糖尿病"), 14, 8.91, -10.2, true, false}, {QString::fromUtf8("视网膜"), 11, 9.40, -10.6, true, false}, {QString::fromUtf8("病变"), 23, 5.12, -9.5, true, false}, {QString::fromUtf8("血糖"), 19, 6.77, -9.8, true, false},
            {QString::fromUtf8("的"), 596, 1e60, -5.4, true, false}, {QString::fromUtf8("大桥"), 30, 5.0, -7.9, true, false}, {QString::fromUtf8("的新"), 2, 0.76, kNoNumber, false, false}};
        for (const WordEntry &entry : list->entries)
            list->total += entry.kept ? entry.count : 0;
        run.dictionary = list;
        data->runs.push_back(std::move(run));
    }
    data->shown = 0;
    data->curves = {{0, QStringLiteral("LLACA"), QStringLiteral("share"), {}, {10, 25, 50, 75, 100}, {50.82, 61.49, 72.65, 82.58, 90.17}, {49.6, 60.3, 71.4, 81.5, 89.3}, {52.0, 62.6, 73.8, 83.6, 91.0}}};
    data->lattice = bridgeLattice(1, 0);
    data->ribbon = ribbonOf(data->lines[1], data->runs[0].lines[1], 1, 0);
    auto log = std::make_shared<TeacherLog>();
    log->source = QStringLiteral("replies");
    log->prompt = QString::fromUtf8("把用户给出的文本切分成词，词与词之间用一个空格隔开，标点单独成词，只输出切分结果。");
    log->total = 3;
    const auto accepted = [](const char *text, bool ok) { return TeacherWord{QString::fromUtf8(text), ok}; };
    log->lines = {{1, data->lines[1].text, QString::fromUtf8("武汉 长江 大桥 。"), QStringLiteral("altered"), {accepted("武汉", true), accepted("长江", true), accepted("大桥", true), accepted("。", false)}, slashed("武汉/市/长江/大桥"), 0.142857, 1.2, 60, 9},
        {2, data->lines[2].text, QString::fromUtf8("東京 は 日本 の 首都 です 。"), QStringLiteral("exact"), {accepted("東京", true), accepted("は", true), accepted("日本", true), accepted("の", true), accepted("首都", true), accepted("です", true), accepted("。", true)}, slashed("東京/は/日本/の/首都/です/。"), 0, 1.4, 61, 12}};
    data->teacher = log;
    return data;
}

} // namespace winnow::sample
