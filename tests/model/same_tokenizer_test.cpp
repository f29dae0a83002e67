#include "core/model/same_tokenizer.h"
#include "core/model/model.h"
#include "core/model/model_files.h"

#include <QTest>

#include <vector>

using namespace winnow;

namespace {

/// A tokenizer that only has its tokens.
class ListedTokens final : public Tokenizer {
public:
    struct Entry {
        std::string text;
        TokenKind kind = TokenKind::Normal;
    };
    explicit ListedTokens(std::vector<Entry> tokens, int64_t padding = 0, std::optional<int32_t> bos = {})
        : m_tokens(std::move(tokens))
        , m_padding(padding)
        , m_bos(bos)
    {
    }

    Result<std::vector<Token>> encode(std::string_view, SpecialTokens) const override { return std::vector<Token>(); }
    Result<std::string> decode(std::span<const int32_t>, bool) const override { return std::string(); }
    std::string piece(int32_t id) const override { return m_tokens[size_t(id)].text; }
    int64_t vocabulary() const override { return int64_t(m_tokens.size()); }
    bool isSpecial(int32_t id) const override { return m_tokens[size_t(id)].kind == TokenKind::Special; }
    std::string_view tokenText(int32_t id) const override { return m_tokens[size_t(id)].text; }
    TokenKind tokenKind(int32_t id) const override { return m_tokens[size_t(id)].kind; }
    int64_t realVocabulary() const override { return vocabulary() - m_padding; }
    std::optional<int32_t> bos() const override { return m_bos; }
    std::vector<int32_t> endIds() const override { return {}; }
    std::string chatTemplate() const override { return {}; }
    std::string hash() const override { return {}; }
    std::string kind() const override { return "listed"; }

private:
    std::vector<Entry> m_tokens;
    int64_t m_padding;
    std::optional<int32_t> m_bos;
};

const std::vector<ListedTokens::Entry> kTokens{{"a"}, {"b"}, {"<s>", TokenKind::Special}, {"<tool>", TokenKind::Added}};

std::shared_ptr<const Tokenizer> tokenizerOf(const char *file)
{
    const auto files = openModelFiles(std::string(WINNOW_TEST_DATA "/models/") + file);
    return files ? openTokenizer(*files).value_or(nullptr) : nullptr;
}

std::string difference(const ListedTokens &other)
{
    const auto same = checkSameTokenizer(ListedTokens(kTokens), other, "L", "S");
    return same ? std::string() : same.error().message;
}

} // namespace

class SameTokenizerTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void equalTokensAgree() { QCOMPARE(difference(ListedTokens(kTokens)), std::string()); }

    void paddingBehindTheLastTokenDoesNotCount()
    {
        auto padded = kTokens;
        padded.push_back({"[PAD4]"});
        padded.push_back({"[PAD5]"});
        QCOMPARE(difference(ListedTokens(padded, 2)), std::string());
        QVERIFY(difference(ListedTokens(padded, 1)).find("token 4 is no token in L, \"[PAD4]\" (normal) in S") != std::string::npos);
    }

    void theFirstDifferingTokenIsNamed()
    {
        auto other = kTokens;
        other[1].text = "c";
        other[3].text = "d";
        QVERIFY(difference(ListedTokens(other)).find("token 1 is \"b\" (normal) in L, \"c\" (normal) in S") != std::string::npos);
    }

    void kindsMustBeEqual()
    {
        auto other = kTokens;
        other[2].kind = TokenKind::Added;
        QVERIFY(difference(ListedTokens(other)).find("token 2 is \"<s>\" (special) in L, \"<s>\" (added) in S") != std::string::npos);
    }

    void aTokenInFrontOfTextsIsPartOfTheRule()
    {
        const std::string said = difference(ListedTokens(kTokens, 0, 2));
        QVERIFY2(said.find("nothing in L") != std::string::npos && said.find("token 2 \"<s>\" in S") != std::string::npos, said.c_str());
    }

    void gapsOnBothSidesAreNoDifference()
    {
        auto gap = kTokens;
        gap[1] = {"", TokenKind::Absent};
        const auto same = checkSameTokenizer(ListedTokens(gap), ListedTokens(gap), "L", "S");
        QVERIFY(same.has_value());
    }

    void filesOfOneModelAgreeAndOthersDoNot()
    {
        const auto large = tokenizerOf("llama-f16.gguf"), copy = tokenizerOf("llama-q8_0.gguf"), other = tokenizerOf("qwen2-f16.gguf");
        QVERIFY(large && copy && other);
        QVERIFY(checkSameTokenizer(*large, *copy, "L", "S").has_value());
        const auto differs = checkSameTokenizer(*large, *other, "L", "S");
        QVERIFY(!differs);
        QCOMPARE(differs.error().code, ErrorCode::Unsupported);
    }
};

QTEST_GUILESS_MAIN(SameTokenizerTest)
#include "same_tokenizer_test.moc"
