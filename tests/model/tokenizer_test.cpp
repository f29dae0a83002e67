#include "core/model/tokenizer/byte_level.h"
#include "core/model/gguf_file.h"
#include "core/model/tokenizer.h"
#include "core/model/unicode.h"
#include "gguf_writer.h"

#include <QTemporaryDir>
#include <QTest>
#include <functional>
#include <map>
#include <random>

using namespace winnow;
using test::GgufBytes;

namespace {

/// A vocabulary of all bytes (ids 0..255) and what a test adds.
struct Vocabulary {
    std::string model = "gpt2", pre = "gpt-2";
    std::vector<std::string> tokens, merges;
    std::vector<int32_t> types;
    std::function<void(GgufBytes &)> more = [](GgufBytes &) {};
    uint64_t moreKeys = 0;

    Vocabulary()
    {
        for (int byte = 0; byte < 256; ++byte)
            add(std::string(byteLevelText(static_cast<uint8_t>(byte))));
    }
    int32_t add(const std::string &token, int32_t type = 1)
    {
        tokens.push_back(token);
        types.push_back(type);
        return static_cast<int32_t>(tokens.size() - 1);
    }
    int32_t merge(const std::string &left, const std::string &right)
    {
        merges.push_back(left + " " + right);
        return add(left + right);
    }
    std::string bytes() const
    {
        GgufBytes file;
        file.header(0, 5 + moreKeys).stringKey("tokenizer.ggml.model", model).stringKey("tokenizer.ggml.pre", pre);
        file.stringsKey("tokenizer.ggml.tokens", tokens).stringsKey("tokenizer.ggml.merges", merges);
        file.intsKey("tokenizer.ggml.token_type", types);
        more(file);
        return file.bytes();
    }
};

/// Byte-pair encoding written the plain way: join the pair of the lowest rank, leftmost first.
std::vector<int32_t> plainBpe(const std::string &piece, const Vocabulary &vocabulary)
{
    std::map<std::string, int32_t> ids, ranks;
    for (size_t i = 0; i < vocabulary.tokens.size(); ++i)
        ids[vocabulary.tokens[i]] = static_cast<int32_t>(i);
    for (size_t i = 0; i < vocabulary.merges.size(); ++i)
        ranks[vocabulary.merges[i]] = static_cast<int32_t>(i);
    std::vector<std::string> symbols;
    for (const char byte : piece)
        symbols.emplace_back(byteLevelText(static_cast<uint8_t>(byte)));
    for (;;) {
        size_t best = symbols.size();
        int32_t lowest = INT32_MAX;
        for (size_t i = 0; i + 1 < symbols.size(); ++i) {
            const auto rank = ranks.find(symbols[i] + " " + symbols[i + 1]);
            if (rank != ranks.end() && rank->second < lowest) {
                lowest = rank->second;
                best = i;
            }
        }
        if (best == symbols.size())
            break;
        symbols[best] += symbols[best + 1];
        symbols.erase(symbols.begin() + static_cast<std::ptrdiff_t>(best) + 1);
    }
    std::vector<int32_t> result;
    for (const std::string &symbol : symbols)
        result.push_back(ids.at(symbol));
    return result;
}

std::vector<int32_t> idsOf(const std::vector<Token> &tokens)
{
    std::vector<int32_t> ids;
    for (const Token &token : tokens)
        ids.push_back(token.id);
    return ids;
}

} // namespace

class TokenizerTest : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    Result<std::shared_ptr<const Tokenizer>> make(const Vocabulary &vocabulary)
    {
        const auto path = m_folder.filePath("v.gguf").toStdString();
        test::writeFile(path, vocabulary.bytes());
        const auto file = GgufFile::open(path);
        if (!file)
            return fail(file.error());
        return Tokenizer::fromGguf(**file);
    }
    void refuses(const Vocabulary &vocabulary, ErrorCode code, const std::string &part)
    {
        const auto made = make(vocabulary);
        QVERIFY2(!made, part.c_str());
        QCOMPARE(errorCodeName(made.error().code), errorCodeName(code));
        QVERIFY2(made.error().message.find(part) != std::string::npos, made.error().message.c_str());
    }

private Q_SLOTS:
    void mergesTheLowestRankFirst()
    {
        Vocabulary vocabulary;
        const int32_t bc = vocabulary.merge("b", "c"), ab = vocabulary.merge("a", "b"), abc = vocabulary.merge("ab", "c");
        const auto tokenizer = *make(vocabulary);
        const auto tokens = *tokenizer->encode("abc ab", SpecialTokens::None);
        QCOMPARE(idsOf(tokens), (std::vector<int32_t>{'a', bc, ' ', ab})); // "ab c" would need "a b" before "b c"
        QVERIFY(abc > 0);
        QCOMPARE(tokens[1].begin, int64_t{1});
        QCOMPARE(tokens[1].end, int64_t{3});
        QCOMPARE(tokens[3].begin, int64_t{4});
        QCOMPARE(tokens[3].end, int64_t{6});
    }

    void shortAndLongPiecesFollowOneRule()
    {
        Vocabulary vocabulary;
        std::mt19937 random(5);
        for (const char *pair : {"a b", "b a", "ab a", "a a", "aa b", "ab ab", "ba ba", "aa aa", "aab ab"}) {
            const std::string text = pair;
            const auto space = text.find(' ');
            vocabulary.merge(text.substr(0, space), text.substr(space + 1));
        }
        const auto tokenizer = *make(vocabulary);
        for (size_t length = 1; length < 130; ++length) {
            std::string piece;
            for (size_t i = 0; i < length; ++i)
                piece += random() % 3 ? 'a' : 'b';
            const auto tokens = *tokenizer->encode(piece, SpecialTokens::None);
            QCOMPARE(idsOf(tokens), plainBpe(piece, vocabulary));
            int64_t at = 0;
            for (const Token &token : tokens) {
                QCOMPARE(token.begin, at);
                QCOMPARE(token.end - token.begin, static_cast<int64_t>(tokenizer->piece(token.id).size()));
                at = token.end;
            }
            QCOMPARE(at, static_cast<int64_t>(length));
        }
    }

    void aLongWordIsNotQuadratic()
    {
        Vocabulary vocabulary;
        vocabulary.merge("a", "a");
        vocabulary.merge("aa", "aa");
        const auto tokenizer = *make(vocabulary);
        QCOMPARE(tokenizer->encode(std::string(1000000, 'a'), SpecialTokens::None)->size(), size_t{250000});
    }

    void findsTheLongestSpecialTokenInsideText()
    {
        Vocabulary vocabulary;
        const int32_t shorter = vocabulary.add("<x", 3), longer = vocabulary.add("<x>", 3), user = vocabulary.add("\xe6\xbc\xa2", 4);
        vocabulary.add("<never>", 5); // unused tokens are not looked for
        const auto tokenizer = *make(vocabulary);
        QCOMPARE(idsOf(*tokenizer->encode("a<x>b<xc\xe6\xbc\xa2", SpecialTokens::None)),
            (std::vector<int32_t>{'a', longer, 'b', shorter, 'c', user}));
        QCOMPARE(tokenizer->encode("<never>", SpecialTokens::None)->size(), size_t{7});
        QVERIFY(tokenizer->isSpecial(longer));
        QVERIFY(!tokenizer->isSpecial(user));
        QVERIFY(!tokenizer->isSpecial(-1));
        const std::vector<int32_t> ids{'a', longer, user};
        QCOMPARE(*tokenizer->decode(ids, false), std::string("a<x>\xe6\xbc\xa2"));
        QCOMPARE(*tokenizer->decode(ids, true), std::string("a\xe6\xbc\xa2"));
    }

    void addsWhatTheFileAsksFor()
    {
        Vocabulary vocabulary;
        const int32_t bos = vocabulary.add("<s>", 3), eos = vocabulary.add("</s>", 3);
        vocabulary.moreKeys = 4;
        vocabulary.more = [&](GgufBytes &file) {
            file.key("tokenizer.ggml.bos_token_id", 4, static_cast<uint32_t>(bos));
            file.key("tokenizer.ggml.eos_token_id", 4, static_cast<uint32_t>(eos));
            file.key("tokenizer.ggml.add_bos_token", 7, uint8_t{1}).key("tokenizer.ggml.add_eos_token", 7, uint8_t{1});
        };
        const auto tokenizer = *make(vocabulary);
        const auto tokens = *tokenizer->encode("x", SpecialTokens::Add);
        QCOMPARE(idsOf(tokens), (std::vector<int32_t>{bos, 'x', eos}));
        QCOMPARE(tokens[0].end, int64_t{0});
        QCOMPARE(tokens[2].begin, int64_t{1});
        QCOMPARE(tokens[2].end, int64_t{1});
        QCOMPARE(tokenizer->encode("x", SpecialTokens::None)->size(), size_t{1});
        QCOMPARE(tokenizer->endIds(), std::vector<int32_t>{eos});
        QCOMPARE(tokenizer->encode("", SpecialTokens::None)->size(), size_t{0});
    }

    void llama3TakesWholePiecesBeforeMerges()
    {
        Vocabulary vocabulary;
        vocabulary.merge("a", "b");
        const int32_t whole = vocabulary.add("abc"); // no merge leads to it
        QCOMPARE(idsOf(*(*make(vocabulary))->encode("abc", SpecialTokens::None)).size(), size_t{2});
        vocabulary.pre = "llama-bpe";
        QCOMPARE(idsOf(*(*make(vocabulary))->encode("abc", SpecialTokens::None)), std::vector<int32_t>{whole});
    }

    void showsPartsOfACharacterAsReplacement()
    {
        const auto tokenizer = *make(Vocabulary());
        QCOMPARE(tokenizer->piece(0xC3), std::string("\xEF\xBF\xBD"));
        QCOMPARE(*tokenizer->decode(std::vector<int32_t>{0xC3, 0xA9}, false), std::string("\xC3\xA9"));
        QCOMPARE(*tokenizer->decode(std::vector<int32_t>{0xC3}, false), std::string("\xEF\xBF\xBD"));
    }

    void refusesTextThatIsNotUtf8AndUnknownIds()
    {
        const auto tokenizer = *make(Vocabulary());
        const auto tokens = tokenizer->encode("ab\xFF", SpecialTokens::None);
        QCOMPARE(errorCodeName(tokens.error().code), "bad_input");
        QVERIFY(tokens.error().message.find("byte 0xFF at offset 2") != std::string::npos);
        const auto text = tokenizer->decode(std::vector<int32_t>{1, 256, 999}, false);
        QCOMPARE(errorCodeName(text.error().code), "bad_input");
        QVERIFY(text.error().message.find("token id 256 is outside") != std::string::npos);
        QVERIFY(!tokenizer->decode(std::vector<int32_t>{-1}, false));
    }

    void namesWhatItCannotRebuild()
    {
        Vocabulary other;
        other.model = "rwkv";
        refuses(other, ErrorCode::Unsupported, "tokenizer model \"rwkv\"");
        Vocabulary lengths;
        lengths.types.pop_back();
        refuses(lengths, ErrorCode::BadModelFile, "expected 256 entries");
        for (const char *merge : {"a zz", "a", "", " ", "a b"}) { // "ab" is no token
            Vocabulary bad;
            bad.merges.push_back(merge);
            refuses(bad, ErrorCode::BadModelFile, "tokenizer.ggml.merges, entry 0");
        }
        Vocabulary id;
        id.moreKeys = 1;
        id.more = [](GgufBytes &file) { file.key("tokenizer.ggml.bos_token_id", 4, uint32_t{4000}); };
        refuses(id, ErrorCode::BadModelFile, "tokenizer.ggml.bos_token_id: expected an id below 256, found 4000");
        Vocabulary huge;
        huge.add(std::string(5000, 'x'), 3);
        refuses(huge, ErrorCode::BadModelFile, "special token 256 has 5000 bytes");
    }

    void warnsAboutAPreTokeniserItDoesNotKnow()
    {
        Vocabulary vocabulary;
        vocabulary.pre = "unheard-of";
        const auto tokenizer = *make(vocabulary);
        QCOMPARE(tokenizer->kind(), std::string("byte-level BPE, pre unheard-of (not known: cut by GPT-2's rules)"));
        QCOMPARE(tokenizer->warnings().size(), size_t{1});
        QVERIFY(tokenizer->warnings()[0].find("\"unheard-of\"") != std::string::npos);
        vocabulary.pre = "gpt-2";
        QVERIFY((*make(vocabulary))->warnings().empty());
    }

    void leavesOutBytesTheVocabularyLacks()
    {
        Vocabulary vocabulary;
        vocabulary.tokens['q'] = "lost";
        const int32_t ab = vocabulary.merge("a", "b");
        const auto tokenizer = *make(vocabulary);
        const auto tokens = *tokenizer->encode("qaqbqx q aqb", SpecialTokens::None);
        QCOMPARE(idsOf(tokens), (std::vector<int32_t>{ab, 'x', ' ', ' ', ab})); // merged as if q were not there
        QCOMPARE(tokens[0].begin, int64_t{1});
        QCOMPARE(tokens[0].end, int64_t{4});
        QCOMPARE(tokens[1].begin, int64_t{5});
        QCOMPARE(tokens[4].begin, int64_t{9});
        QCOMPARE(tokens[4].end, int64_t{12});
        QCOMPARE(tokenizer->encode("qq", SpecialTokens::None)->size(), size_t{0});
    }

    void theHashTellsTokenizersApart()
    {
        Vocabulary a, b, c, d;
        b.merge("a", "b");
        c.add("ab");
        d.pre = "qwen2";
        QCOMPARE((*make(a))->hash(), (*make(a))->hash());
        QCOMPARE((*make(a))->hash().size(), size_t{64});
        QVERIFY((*make(a))->hash() != (*make(b))->hash());
        QVERIFY((*make(b))->hash() != (*make(c))->hash());
        QVERIFY((*make(a))->hash() != (*make(d))->hash());
    }

    /// Every code point, in random company, survives the way there and back, and the spans cut the text without gaps.
    void tenThousandRandomTextsComeBack_data()
    {
        QTest::addColumn<QString>("pre");
        for (const char *pre : {"smollm", "qwen2", "llama-bpe", "gpt-2", "default"})
            QTest::newRow(pre) << pre;
    }
    void tenThousandRandomTextsComeBack()
    {
        QFETCH(QString, pre);
        Vocabulary vocabulary;
        vocabulary.pre = pre.toStdString();
        for (const char *pair : {"t h", "th e", "a n", "i n"}) {
            const std::string text = pair;
            vocabulary.merge(text.substr(0, text.find(' ')), text.substr(text.find(' ') + 1));
        }
        const auto tokenizer = *make(vocabulary);
        std::mt19937 random(11);
        constexpr char32_t kEnds[] = {0x80, 0x800, 0x3000, 0x10000, 0x110000};
        for (int i = 0; i < 10000; ++i) {
            std::string text;
            for (auto length = random() % 40; length > 0; --length) {
                const auto point = static_cast<char32_t>(random() % kEnds[random() % 5]);
                appendUtf8(point >= 0xD800 && point < 0xE000 ? U'\u6F22' : point, text);
            }
            const auto tokens = tokenizer->encode(text, SpecialTokens::None);
            QVERIFY(tokens);
            const std::string decoded = *tokenizer->decode(idsOf(*tokens), false);
            if (pre == "qwen2") // its text is normalised (NFC) first: the same ids come back
                QCOMPARE(idsOf(*tokenizer->encode(decoded, SpecialTokens::None)), idsOf(*tokens));
            else
                QCOMPARE(decoded, text);
            int64_t at = 0;
            for (const Token &token : *tokens) {
                // Tokens that share a composed character both cover it.
                QVERIFY(pre == "qwen2" ? token.begin <= at && token.end >= at : token.begin == at);
                at = token.end;
            }
            QCOMPARE(at, static_cast<int64_t>(text.size()));
        }
    }
};

QTEST_GUILESS_MAIN(TokenizerTest)
#include "tokenizer_test.moc"
