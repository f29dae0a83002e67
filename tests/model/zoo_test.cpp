#include "core/model/forward.h"
#include "core/model/generate.h"

#include <QDir>
#include <QtTest>

#include "tests/support/golden.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <map>

using namespace winnow;
using namespace winnow::test;

/// Tiny models of every family against golden activations of the reference implementation (transformers, eager, f32): every
/// tensor that golden.safetensors of a folder has, at the tolerances of tests/data/zoo/README.md. WINNOW_ZOO names further
/// folders of such models, separated by colons.
class ZooTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void everyTensorEqualsTheReference_data();
    void everyTensorEqualsTheReference();
};

namespace {

QStringList zooFolders()
{
    QStringList roots{QString::fromStdString(dataPath("zoo"))};
    roots += qEnvironmentVariable("WINNOW_ZOO").split(':', Qt::SkipEmptyParts);
    QStringList folders;
    for (const QString &root : roots) {
        for (const QFileInfo &entry : QDir(root).entryInfoList(QDir::Dirs | QDir::NoDotAndDotDot, QDir::Name)) {
            const QDir folder(entry.filePath());
            if (folder.exists("golden.safetensors") && folder.exists("config.json") && !folder.exists("image0.png"))
                folders << folder.path();
        }
    }
    return folders;
}

/// What one pass leaves at the hook points, by the names golden files use.
class Recorder {
public:
    explicit Recorder(const ModelConfig &config)
        : m_config(config)
    {
        for (const HookPointInfo &info : hookPoints()) {
            m_scopes.push_back(m_hooks.add(info.point, kEveryLayer, [this](const at::Tensor &value, const HookSite &site) {
                record(value, site);
                return std::nullopt;
            }));
        }
    }
    const Hooks *hooks() const { return &m_hooks; }
    const std::map<std::string, at::Tensor> &values() const { return m_values; }

private:
    void record(const at::Tensor &value, const HookSite &site)
    {
        at::Tensor &kept = m_values[hookName(site.point, site.layer)];
        if (site.point != HookPoint::Probabilities) {
            kept = kept.defined() && site.firstRow > 0 ? at::cat({kept, value.clone()}, value.dim() - 2) : value.clone();
            return;
        }
        const int64_t columns = value.size(2);
        if (!kept.defined())
            kept = at::zeros({m_config.heads, columns, columns}); // without a past there are as many rows as keys
        kept.narrow(0, site.firstHead, value.size(0)).narrow(1, site.firstRow, value.size(1)).copy_(value);
    }

    const ModelConfig &m_config;
    Hooks m_hooks;
    std::vector<HookScope> m_scopes;
    std::map<std::string, at::Tensor> m_values;
};

double tolerance(const QString &name)
{
    if (name.endsWith("probs") || name.endsWith("topk_weights"))
        return 1e-5;
    return name.endsWith("router_logits") ? 2e-5 : 1e-4;
}

/// Compares one tensor; empty when it is equal within its tolerance.
QString difference(const SafetensorsFile &golden, const std::string &name, const at::Tensor &found)
{
    const QString shown = QString::fromStdString(name);
    if (golden.entry(name).dtype == "I32") {
        const std::vector<int32_t> expected = golden.ints(name);
        const at::Tensor flat = found.to(at::kInt).contiguous();
        const bool equal = flat.numel() == static_cast<int64_t>(expected.size()) && std::equal(expected.begin(), expected.end(), flat.data_ptr<int32_t>());
        return equal ? QString() : shown + ": ids differ";
    }
    at::Tensor expected = test::golden(golden, name);
    at::Tensor value = found;
    while (value.dim() > 1 && value.size(0) == 1)
        value = value[0];
    const double worst = maxDifference(expected, value);
    return worst <= tolerance(shown) ? QString() : QStringLiteral("%1: %2").arg(shown).arg(worst);
}

/// Weights of a folder: the safetensors, or a GGUF file whose golden tensors have a prefix.
struct Source {
    QString path, prefix;
};

QList<Source> sourcesOf(const QDir &folder)
{
    QList<Source> sources;
    if (folder.exists("model.safetensors") || folder.exists("model.safetensors.index.json"))
        sources << Source{folder.path(), {}};
    for (const QString &name : folder.entryList({"*.gguf"}, QDir::Files, QDir::Name))
        sources << Source{folder.filePath(name), name.contains("q8_0") ? "q8_0." : ""};
    return sources;
}

} // namespace

void ZooTest::everyTensorEqualsTheReference_data()
{
    QTest::addColumn<QString>("path");
    QTest::addColumn<QString>("golden");
    QTest::addColumn<QString>("prefix");
    for (const QString &folder : zooFolders()) {
        for (const Source &source : sourcesOf(QDir(folder)))
            QTest::newRow(qPrintable(QFileInfo(source.path).fileName() + (source.path == folder ? "" : " of " + QDir(folder).dirName())))
                << source.path << folder + "/golden.safetensors" << source.prefix;
    }
}

void ZooTest::everyTensorEqualsTheReference()
{
    QFETCH(QString, path);
    QFETCH(QString, golden);
    QFETCH(QString, prefix);
    const c10::InferenceMode inference;
    const auto opened = Model::open(path.toStdString(), LoadOptions{.device = "cpu", .threads = 1}, RunContext{});
    QVERIFY2(opened.has_value(), opened ? "" : opened.error().message.c_str());
    const Model &model = **opened;
    const auto file = SafetensorsFile::open(golden.toStdString());
    QVERIFY2(file.has_value(), qPrintable(golden));
    const std::vector<int32_t> ids = file->ints("input_ids");

    Recorder recorder(model.config());
    KvCache cache(model.config());
    const auto result = forward(model, ids, cache, ForwardOptions{.logits = LogitsRows::All, .hooks = recorder.hooks()}, RunContext{});
    QVERIFY2(result.has_value(), result ? "" : result.error().message.c_str());
    QStringList wrong;
    int compared = 0;
    for (const std::string &name : file->names()) {
        const QString shown = QString::fromStdString(name);
        const bool quantised = !prefix.isEmpty();
        if (quantised != shown.startsWith("q8_0."))
            continue;
        const std::string own = quantised ? name.substr(static_cast<size_t>(prefix.size())) : name;
        const auto found = recorder.values().find(own);
        const int64_t rows = result->logits.size(0);
        const at::Tensor value = own == "logits" ? result->logits
            : own == "logits.last"               ? result->logits.narrow(0, rows - 4, 4)
            : found == recorder.values().end()   ? at::Tensor()
                                                 : found->second;
        if (own == "input_ids" || own == "position_ids" || own.starts_with("greedy") || own == "logits_native")
            continue;
        ++compared;
        const QString text = value.defined() ? difference(*file, name, value) : shown + " is not exposed";
        if (!text.isEmpty())
            wrong << text;
    }
    QVERIFY(compared > 0);
    QVERIFY2(wrong.isEmpty(), qPrintable(wrong.join("; ")));

    const std::string greedy = prefix.toStdString() + "greedy_ids";
    if (!file->has(greedy))
        return;
    const std::vector<int32_t> expected = file->ints(greedy);
    const auto generated = generate(model, ids,
        GenerateOptions{.maxNew = static_cast<int64_t>(expected.size()), .endTokens = EndTokens::Ignore}, {}, RunContext{});
    QVERIFY2(generated.has_value(), generated ? "" : generated.error().message.c_str());
    QCOMPARE(generated->ids, expected);
}

QTEST_GUILESS_MAIN(ZooTest)
#include "zoo_test.moc"
