#include "core/eval/cell_key.h"
#include "core/model/sha256.h"

#include <QTest>

using namespace winnow;

namespace {

CellRecipe recipe()
{
    CellRecipe r;
    r.modelHash = "aa";
    r.tokenizerHash = "bb";
    r.textHash = "cc";
    r.contextTokens = 4;
    r.method = "snapkv";
    r.parameters = Json{{"window", 32}, {"groupRule", "kv_head_mean"}};
    r.budget = "20%";
    r.seed = 1234;
    r.version = "1.0.0";
    return r;
}

} // namespace

class CellKeyTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void keyIsTheHashOfCanonicalJson()
    {
        const std::string text = "{\"budget\":\"20%\",\"contextTokens\":4,\"device\":\"cpu\",\"dtype\":\"f32\",\"method\":\"snapkv\","
                                 "\"mode\":\"drop\",\"model\":\"aa\",\"params\":{\"groupRule\":\"kv_head_mean\",\"window\":32},"
                                 "\"seed\":1234,\"segment\":0,\"text\":\"cc\",\"tokenizer\":\"bb\",\"version\":\"1.0.0\"}";
        QCOMPARE(recipeJson(recipe()).dump(), text);
        QCOMPARE(cellKey(recipe()), sha256(std::as_bytes(std::span(text))));
        QCOMPARE(cellKey(recipe()).size(), size_t(64));
    }

    void everyPartChangesTheKey()
    {
        const std::string key = cellKey(recipe());
        std::vector<CellRecipe> others(9, recipe());
        others[0].budget = "200t";
        others[1].seed = 1235;
        others[2].parameters["window"] = 16;
        others[3].segment = 1;
        others[4].device = "cuda";
        others[5].textHash = "cd";
        others[6].contextTokens = 5;
        others[7].mode = "mask";
        others[8].version = "1.0.1";
        for (const CellRecipe &other : others)
            QVERIFY(cellKey(other) != key);
    }

    void parameterOrderDoesNotMatter()
    {
        CellRecipe other = recipe();
        other.parameters = Json::parse(R"({"groupRule": "kv_head_mean", "window": 32})");
        QCOMPARE(cellKey(other), cellKey(recipe()));
    }

    void textHashIsOverTheIds()
    {
        QCOMPARE(textHash({1, 2}, {3}), textHash({1}, {2, 3})); // the split is contextTokens
        QVERIFY(textHash({1, 2}, {3}) != textHash({1, 2}, {4}));
    }
};

QTEST_GUILESS_MAIN(CellKeyTest)
#include "cell_key_test.moc"
