#include "core/model/describe_model.h"
#include "core/model/families/family.h"

#include <QtTest>

using namespace winnow;

/// Configurations of the families: totals of model-families.md 8-G1, defaults of the reference, both styles of config.json,
/// values that cannot be.
class FamiliesTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void parametersEqualThePublishedTotals_data();
    void parametersEqualThePublishedTotals();
    void bothStylesOfRopeReadTheSame();
    void gemmaLayersSlideByTheirPattern();
    void qwenWindowsFollowTheirFamily();
    void nullTurnsQueryCompressionOff();
    void yarnScalesScoresOfLatentAttention();
    void valuesThatCannotBeAreRefusedByKey_data();
    void valuesThatCannotBeAreRefusedByKey();
    void otherKindsOfModelsAreRefusedByName();
    void everyFamilyHasATableForWhatItReads();
};

namespace {

Json parsed(const std::string &text) { return Json::parse(text, nullptr, false); }

/// A small configuration of a family with some keys changed.
Json small(const char *type, const std::string &changes = "{}")
{
    Json json = parsed(R"({"hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 6, "num_attention_heads": 4,
        "num_key_value_heads": 2, "vocab_size": 512, "max_position_embeddings": 256})");
    json["model_type"] = type;
    const Json other = parsed(changes); // named: a loop over a temporary would outlive it
    for (const auto &[key, value] : other.items())
        json[key] = value;
    return json;
}

ModelConfig config(const Json &json)
{
    auto read = readHfConfig(json, "config.json");
    if (!read)
        qFatal("%s", read.error().message.c_str());
    return *read;
}

std::string refusal(const Json &json)
{
    const auto read = readHfConfig(json, "config.json");
    return read ? std::string() : read.error().message;
}

std::vector<int64_t> windows(const ModelConfig &config)
{
    std::vector<int64_t> all;
    for (const LayerConfig &layer : config.layerConfigs)
        all.push_back(layer.window);
    return all;
}

} // namespace

void FamiliesTest::parametersEqualThePublishedTotals_data()
{
    QTest::addColumn<QString>("json");
    QTest::addColumn<qint64>("total");
    QTest::addColumn<qint64>("active");
    const auto dense = [](const char *name, const char *type, std::array<int64_t, 7> sizes, bool tied, qint64 total) {
        const auto [e, l, h, kv, d, f, v] = sizes;
        const Json json{{"model_type", type}, {"hidden_size", e}, {"num_hidden_layers", l}, {"num_attention_heads", h},
            {"num_key_value_heads", kv}, {"head_dim", d}, {"intermediate_size", f}, {"vocab_size", v}, {"tie_word_embeddings", tied}};
        QTest::newRow(name) << QString::fromStdString(json.dump()) << total << total;
    };
    dense("SmolLM2-135M", "llama", {576, 30, 9, 3, 64, 1536, 49152}, true, 134515008);
    dense("SmolLM2-360M", "llama", {960, 32, 15, 5, 64, 2560, 49152}, true, 361821120);
    dense("SmolLM2-1.7B", "llama", {2048, 24, 32, 32, 64, 8192, 49152}, true, 1711376384);
    dense("Llama-3.2-1B", "llama", {2048, 16, 32, 8, 64, 8192, 128256}, true, 1235814400);
    dense("Llama-3.1-8B", "llama", {4096, 32, 32, 8, 128, 14336, 128256}, false, 8030261248);
    dense("Llama-2-7B", "llama", {4096, 32, 32, 32, 128, 11008, 32000}, false, 6738415616);
    dense("Qwen2.5-0.5B", "qwen2", {896, 24, 14, 2, 64, 4864, 151936}, true, 494032768);
    dense("Qwen2.5-1.5B", "qwen2", {1536, 28, 12, 2, 128, 8960, 151936}, true, 1543714304);
    dense("Qwen2.5-7B", "qwen2", {3584, 28, 28, 4, 128, 18944, 152064}, false, 7615616512);
    dense("Qwen3-0.6B", "qwen3", {1024, 28, 16, 8, 128, 3072, 151936}, true, 596049920);
    dense("Qwen3-4B", "qwen3", {2560, 36, 32, 8, 128, 9728, 151936}, true, 4022468096);
    dense("Qwen3-8B", "qwen3", {4096, 36, 32, 8, 128, 12288, 151936}, false, 8190735360);
    dense("Gemma-3-270M", "gemma3_text", {640, 18, 4, 1, 256, 2048, 262144}, true, 268098176);
    dense("Gemma-3-1B", "gemma3_text", {1152, 26, 4, 1, 256, 6912, 262144}, true, 999885952);
    dense("Gemma-3-4B", "gemma3_text", {2560, 34, 8, 4, 256, 10240, 262144}, true, 3880099328);
    dense("Gemma-3-27B", "gemma3_text", {5376, 62, 32, 16, 128, 21504, 262144}, true, 27009002240);
    dense("ERNIE-4.5-0.3B", "ernie4_5", {1024, 18, 16, 2, 128, 3072, 103424}, true, 360748032);

    const auto experts = [](const char *name, const char *json, qint64 total, qint64 active) {
        QTest::newRow(name) << QString(json) << total << active;
    };
    experts("OLMoE-1B-7B", R"({"model_type": "olmoe", "hidden_size": 2048, "num_hidden_layers": 16, "num_attention_heads": 16,
        "num_key_value_heads": 16, "intermediate_size": 1024, "vocab_size": 50304, "num_experts": 64, "num_experts_per_tok": 8})",
        6919161856, 1282017280);
    experts("Qwen1.5-MoE", R"({"model_type": "qwen2_moe", "hidden_size": 2048, "num_hidden_layers": 24, "num_attention_heads": 16,
        "num_key_value_heads": 16, "intermediate_size": 5632, "moe_intermediate_size": 1408, "shared_expert_intermediate_size": 5632,
        "vocab_size": 151936, "num_experts": 60, "num_experts_per_tok": 4})",
        14315784192, 2689173504);
    experts("Qwen3-30B-A3B", R"({"model_type": "qwen3_moe", "hidden_size": 2048, "num_hidden_layers": 48, "num_attention_heads": 32,
        "num_key_value_heads": 4, "head_dim": 128, "intermediate_size": 6144, "moe_intermediate_size": 768, "vocab_size": 151936,
        "num_experts": 128, "num_experts_per_tok": 8})",
        30532122624, 3353032704);
    experts("Mixtral-8x7B", R"({"model_type": "mixtral", "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32,
        "num_key_value_heads": 8, "intermediate_size": 14336, "vocab_size": 32000, "num_local_experts": 8, "num_experts_per_tok": 2})",
        46702792704, 12879925248);
    experts("DeepSeek-V2-Lite", R"({"model_type": "deepseek_v2", "hidden_size": 2048, "num_hidden_layers": 27, "num_attention_heads": 16,
        "intermediate_size": 10944, "moe_intermediate_size": 1408, "vocab_size": 102400, "n_routed_experts": 64, "n_shared_experts": 2,
        "num_experts_per_tok": 6, "first_k_dense_replace": 1, "q_lora_rank": null, "kv_lora_rank": 512, "qk_nope_head_dim": 128,
        "qk_rope_head_dim": 64, "v_head_dim": 128})",
        15706484224, 2661150208);
    experts("DeepSeek-V3", R"({"model_type": "deepseek_v3", "hidden_size": 7168, "num_hidden_layers": 61, "num_attention_heads": 128,
        "intermediate_size": 18432, "moe_intermediate_size": 2048, "vocab_size": 129280, "n_routed_experts": 256, "n_shared_experts": 1,
        "num_experts_per_tok": 8, "first_k_dense_replace": 3, "q_lora_rank": 1536, "kv_lora_rank": 512, "n_group": 8, "topk_group": 4})",
        671026419200, 37552297472);
    experts("ERNIE-4.5-21B", R"({"model_type": "ernie4_5_moe", "hidden_size": 2560, "num_hidden_layers": 28, "num_attention_heads": 20,
        "num_key_value_heads": 4, "intermediate_size": 12288, "moe_intermediate_size": 1536, "vocab_size": 103424, "moe_num_experts": 64,
        "moe_k": 6, "moe_num_shared_experts": 2, "moe_layer_start_index": 1})",
        21825437888, 3352150208);
    experts("ERNIE-4.5-300B", R"({"model_type": "ernie4_5_moe", "hidden_size": 8192, "num_hidden_layers": 54, "num_attention_heads": 64,
        "num_key_value_heads": 8, "intermediate_size": 28672, "moe_intermediate_size": 3584, "vocab_size": 103424, "moe_num_experts": 64,
        "moe_k": 8, "moe_num_shared_experts": 0, "moe_layer_start_index": 3, "tie_word_embeddings": false})",
        299484163264, 47926586560);
}

void FamiliesTest::parametersEqualThePublishedTotals()
{
    QFETCH(QString, json);
    QFETCH(qint64, total);
    QFETCH(qint64, active);
    const ModelConfig read = config(parsed(json.toStdString()));
    QCOMPARE(static_cast<qint64>(read.parameters), total);
    QCOMPARE(static_cast<qint64>(read.activeParameters()), active);
}

void FamiliesTest::bothStylesOfRopeReadTheSame()
{
    const ModelConfig four = config(small("llama", R"({"rope_theta": 5e5, "rope_scaling": {"rope_type": "llama3", "factor": 8.0,
        "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 64}})"));
    const ModelConfig five = config(small("llama", R"({"rope_parameters": {"rope_theta": 5e5, "rope_type": "llama3", "factor": 8.0,
        "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 64}})"));
    for (const ModelConfig *read : {&four, &five}) {
        const RopeConfig &rope = read->ropes.front();
        QCOMPARE(rope.theta, 5e5);
        QVERIFY(rope.scaling == RopeScaling::Llama3);
        QCOMPARE(rope.factor, 8.0);
        QCOMPARE(rope.originalContext, int64_t(64));
        QCOMPARE(rope.dim, int64_t(16));
    }
}

void FamiliesTest::gemmaLayersSlideByTheirPattern()
{
    const ModelConfig gemma2 = config(small("gemma2", R"({"sliding_window": 10})"));
    QCOMPARE(windows(gemma2), (std::vector<int64_t>{10, 0, 10, 0, 10, 0}));
    QCOMPARE(gemma2.scoreCap, 50.0);
    // Version 4: a pattern, two bases, scaling of the global layers only.
    const ModelConfig four = config(small("gemma3_text", R"({"sliding_window": 10, "sliding_window_pattern": 3, "rope_theta": 1e6,
        "rope_local_base_freq": 1e4, "rope_scaling": {"rope_type": "linear", "factor": 8.0}})"));
    const ModelConfig five = config(small("gemma3_text", R"({"sliding_window": 10, "layer_types": ["sliding_attention",
        "sliding_attention", "full_attention", "sliding_attention", "sliding_attention", "full_attention"], "rope_parameters":
        {"full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 1e6}, "sliding_attention": {"rope_type": "default",
        "rope_theta": 1e4}}})"));
    for (const ModelConfig *read : {&four, &five}) {
        QCOMPARE(windows(*read), (std::vector<int64_t>{10, 10, 0, 10, 10, 0}));
        QCOMPARE(read->ropes.size(), size_t(2));
        const RopeConfig &global = read->ropes[static_cast<size_t>(read->layer(2).rope)];
        const RopeConfig &local = read->ropes[static_cast<size_t>(read->layer(0).rope)];
        QCOMPARE(global.theta, 1e6);
        QVERIFY(global.scaling == RopeScaling::Linear && global.factor == 8.0);
        QCOMPARE(local.theta, 1e4);
        QVERIFY(local.scaling == RopeScaling::None);
        QCOMPARE(read->embeddingScale, 8.0);
    }
    // Without a pattern every sixth layer is global (model-families.md 8-G9).
    QCOMPARE(windows(config(small("gemma3_text", R"({"sliding_window": 10})"))), (std::vector<int64_t>{10, 10, 10, 10, 10, 0}));
}

void FamiliesTest::qwenWindowsFollowTheirFamily()
{
    const std::string on = R"({"use_sliding_window": true, "sliding_window": 7, "max_window_layers": 4, "num_experts": 4,
        "num_experts_per_tok": 2})";
    QCOMPARE(windows(config(small("qwen2", on))), (std::vector<int64_t>{0, 0, 0, 0, 7, 7}));
    QCOMPARE(windows(config(small("qwen2_moe", on))), (std::vector<int64_t>{7, 0, 7, 0, 0, 0}));
    QCOMPARE(windows(config(small("qwen2", R"({"sliding_window": 7, "max_window_layers": 0})"))), (std::vector<int64_t>{0, 0, 0, 0, 0, 0}));
    QCOMPARE(windows(config(small("mistral", R"({"sliding_window": 7})"))), (std::vector<int64_t>{7, 7, 7, 7, 7, 7}));
}

void FamiliesTest::nullTurnsQueryCompressionOff()
{
    QCOMPARE(config(small("deepseek_v2", R"({"q_lora_rank": null})")).mla.queryRank, int64_t(0));
    QCOMPARE(config(small("deepseek_v2")).mla.queryRank, int64_t(1536)); // the default of the class
}

void FamiliesTest::yarnScalesScoresOfLatentAttention()
{
    // model-families.md 8-G4: ms 1.260804, scale 0.114721 for 192 channels.
    const ModelConfig read = config(small("deepseek_v2", R"({"rope_scaling": {"type": "yarn", "factor": 40, "mscale": 0.707,
        "mscale_all_dim": 0.707, "original_max_position_embeddings": 4096}})"));
    QVERIFY(std::abs(read.scoreScale - 0.114721) < 1e-6);
    QCOMPARE(read.ropes.front().rowScale, 1.0);
    QCOMPARE(read.ropes.front().dim, int64_t(64));
    QCOMPARE(read.headDim, int64_t(192));
}

void FamiliesTest::valuesThatCannotBeAreRefusedByKey_data()
{
    QTest::addColumn<QString>("type");
    QTest::addColumn<QString>("changes");
    QTest::addColumn<QString>("said");
    const auto row = [](const char *type, const char *changes, const char *said) {
        QTest::newRow(changes) << QString(type) << QString(changes) << QString(said);
    };
    row("llama", R"({"num_hidden_layers": 2000000000})", "num_hidden_layers");
    row("llama", R"({"num_hidden_layers": 1e300})", "num_hidden_layers");
    row("llama", R"({"num_attention_heads": 0})", "num_attention_heads");
    row("llama", R"({"num_attention_heads": -4})", "num_attention_heads");
    row("llama", R"({"num_key_value_heads": 3})", "a multiple of num_key_value_heads 3");
    row("llama", R"({"hidden_size": "64"})", "hidden_size");
    row("llama", R"({"hidden_size": null})", "hidden_size");
    row("llama", R"({"head_dim": 15})", "head_dim");
    row("llama", R"({"rope_theta": -1})", "rope_theta");
    row("llama", R"({"rope_scaling": {"rope_type": "dynamic", "factor": 2}})", "rope type dynamic");
    row("llama", R"({"rope_scaling": {"rope_type": "linear"}})", "factor");
    row("llama", R"({"rope_scaling": 3})", "rope_scaling");
    row("llama", R"({"hidden_act": "mish"})", "mish");
    row("mistral", R"({"sliding_window": 0})", "sliding_window");
    row("mistral", R"({"sliding_window": -3})", "sliding_window");
    row("gemma3_text", R"({"layer_types": ["full_attention"]})", "layer_types");
    row("phi3", R"({"rope_scaling": {"type": "longrope", "short_factor": [1, 1], "long_factor": [1, 1]}})", "short_factor");
    row("phi3", R"({"partial_rotary_factor": 1.5})", "partial_rotary_factor");
    row("smollm3", R"({"no_rope_layers": [1, 0]})", "no_rope_layers");
    row("mixtral", R"({"num_local_experts": 2, "num_experts_per_tok": 3})", "3 active experts");
    row("mixtral", R"({"num_local_experts": 2000000000})", "experts");
    row("deepseek_v3", R"({"n_routed_experts": 10, "n_group": 4})", "10 experts are no multiple of 4 groups");
    row("deepseek_v2", R"({"topk_method": "noaux_tc"})", "noaux_tc");
    row("opt", R"({"ffn_dim": 96, "do_layer_norm_before": false})", "do_layer_norm_before");
    row("gpt3", "{}", "model_type gpt3");
}

void FamiliesTest::valuesThatCannotBeAreRefusedByKey()
{
    QFETCH(QString, type);
    QFETCH(QString, changes);
    QFETCH(QString, said);
    const std::string error = refusal(small(qPrintable(type), changes.toStdString()));
    QVERIFY2(error.find(said.toStdString()) != std::string::npos, error.c_str());
}

void FamiliesTest::otherKindsOfModelsAreRefusedByName()
{
    QVERIFY(refusal(small("qwen2_vl", R"({"vision_config": {}})")).find("vision-language models are not supported yet") != std::string::npos);
    QVERIFY(refusal(small("llama", R"({"quantization_config": {"quant_method": "fp8"}})")).find("quantization_config") != std::string::npos);
    QVERIFY(!refusal(Json::array()).empty());
    QVERIFY(!refusal(Json::object()).empty());
}

void FamiliesTest::everyFamilyHasATableForWhatItReads()
{
    for (const Family *family : families()) {
        QVERIFY2((family->readHf != nullptr) == !family->hf.empty(), family->id.data());
        QVERIFY2((family->readGguf != nullptr) == !family->gguf.empty(), family->id.data());
        QVERIFY2(family->readHf || family->readGguf, family->id.data());
        QVERIFY(findFamily(family->id) == family);
    }
}

QTEST_GUILESS_MAIN(FamiliesTest)
#include "families_test.moc"
