#include "core/serve/model_details.h"

#include "core/base/json_fields.h"
#include "core/serve/engine.h"

#include <QTest>

using namespace winnow;

class ModelDetailsTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void namesOfBothFormatsSayPartAndLayer_data()
    {
        QTest::addColumn<QString>("part");
        QTest::addColumn<int>("layer");
        const std::tuple<const char *, const char *, int> rows[] = {{"token_embd.weight", "embedding", -1}, {"blk.3.attn_q.weight", "attention", 3}, {"blk.12.attn_norm.weight", "norm", 12},
            {"blk.0.ffn_down_exps.weight", "experts", 0}, {"blk.0.ffn_gate_inp.weight", "router", 0}, {"blk.0.ffn_up.weight", "mlp", 0}, {"output.weight", "head", -1}, {"output_norm.weight", "norm", -1},
            {"model.embed_tokens.weight", "embedding", -1}, {"model.layers.7.self_attn.q_proj.weight", "attention", 7}, {"model.layers.7.mlp.experts.3.up_proj.weight", "experts", 7},
            {"model.layers.7.mlp.gate.weight", "router", 7}, {"model.layers.7.mlp.gate_proj.weight", "mlp", 7}, {"model.layers.7.input_layernorm.weight", "norm", 7}, {"lm_head.weight", "head", -1},
            {"model.layers.2.block_sparse_moe.gate.weight", "router", 2}, {"model.layers.2.block_sparse_moe.experts.0.w1.weight", "experts", 2}, {"model.layers.2.block_sparse_moe.input_linear.weight", "experts", 2},
            {"transformer.wte.weight", "embedding", -1}, {"h.5.attn.c_attn.weight", "attention", 5}, {"transformer.h.5.ln_1.weight", "norm", 5}, {"transformer.h.5.mlp.c_fc.weight", "mlp", 5},
            {"gpt_neox.layers.1.attention.query_key_value.weight", "attention", 1}, {"gpt_neox.embed_in.weight", "embedding", -1}, {"embed_out.weight", "head", -1}, {"rope_freqs.weight", "other", -1},
            {"model.decoder.layers.0.fc1.weight", "mlp", 0}, {"model.layers.x.weight", "other", -1}};
        for (const auto &[name, part, layer] : rows)
            QTest::newRow(name) << QString::fromLatin1(part) << layer;
    }

    void namesOfBothFormatsSayPartAndLayer()
    {
        QFETCH(QString, part);
        QFETCH(int, layer);
        const std::string_view name = QTest::currentDataTag();
        QCOMPARE(QString::fromStdString(std::string(tensorPart(name))), part);
        QCOMPARE(tensorLayer(name), int64_t(layer));
    }

    void shapesTakeTheSizesOfTheModel()
    {
        ModelConfig config;
        config.heads = 9;
        config.kvHeads = 3;
        config.headDim = 64;
        config.hidden = 576;
        QCOMPARE(sizedShape("[H, T, D]", config), std::string("[9, T, 64]"));
        QCOMPARE(sizedShape("[G, rows, S]", config), std::string("[3, rows, S]"));
        QCOMPARE(sizedShape("[Hkv, T, D]", config), std::string("[3, T, 64]"));
        QCOMPARE(sizedShape("[T, N]", config), std::string("[T, N]")); // no experts, no number
    }

    void describeListsWhatIsInTheFile()
    {
        Engine engine{{.threads = 1, .captureBudgetBytes = 0, .modelFolder = WINNOW_TEST_DATA}};
        Json request{{"command", "describe"}, {"model", WINNOW_TEST_DATA "/models/llama-q8_0.gguf"}, {"details", true}};
        auto reply = engine.handle(request, {}, [](Document) {});
        QVERIFY(reply);
        const Json &body = reply->body;
        QCOMPARE(int64_t(body["layerTable"].size()), integerField(body, "layers"));
        int64_t parameters = 0, bytes = 0, fromTensors = 0;
        for (const Json &part : body["parts"]) {
            parameters += integerField(part, "parameters");
            bytes += integerField(part, "bytes");
        }
        for (const Json &tensor : body["tensors"])
            fromTensors += integerField(tensor, "bytes");
        QCOMPARE(parameters, integerField(body, "parameters"));
        QCOMPARE(bytes, fromTensors);
        QVERIFY(bytes < integerField(body, "fileBytes"));
        for (const Json &hook : body["hookPoints"])
            QVERIFY2(hook["name"] != "layer.{}.router_logits", "this model has no experts");
        request["details"] = false;
        reply = engine.handle(request, {}, [](Document) {});
        QVERIFY(reply && !reply->body.contains("tensors"));
    }
};

QTEST_GUILESS_MAIN(ModelDetailsTest)
#include "model_details_test.moc"
