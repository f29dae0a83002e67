// Treebank samples that come with the program, for the Words page.
#include "app/workbench/segmented_text.h"
#include "app/workbench/workbench.h"

#include <QFile>

#include <array>

/// A static library's resources are known to the program only when somebody asks for them. Stands outside every namespace:
/// the macro declares its function here.
static void initSampleResource() { Q_INIT_RESOURCE(data); }

namespace winnow {
namespace {

    struct Sample {
        const char *name, *folder, *file, *licence;
    };

    constexpr std::array kSamples{
        Sample{"zh-gsdsimp", "UD_Chinese-GSDSimp", "zh_gsdsimp-ud-test.first24.conllu", "UD Chinese GSDSimp, CC BY-SA 4.0"},
        Sample{"ja-gsd", "UD_Japanese-GSD", "ja_gsd-ud-test.first24.conllu", "UD Japanese GSD, CC BY-SA 4.0"},
        Sample{"ko-gsd", "UD_Korean-GSD", "ko_gsd-ud-test.first24.conllu", "UD Korean GSD, CC BY-SA 4.0"},
        Sample{"th-pud", "UD_Thai-PUD", "th_pud-ud-test.first24.conllu", "UD Thai PUD, CC BY-SA 3.0"},
    };

} // namespace

qint64 Workbench::addWordSamples()
{
    initSampleResource();
    if (!m_document.isOpen())
        newSession();
    qint64 first = 0;
    m_document.undoStack().beginMacro(tr("Add treebank samples"));
    for (const Sample &sample : kSamples) {
        QFile file(QStringLiteral(":/winnow/data/ud/%1/%2").arg(QLatin1String(sample.folder), QLatin1String(sample.file)));
        if (!file.open(QIODevice::ReadOnly))
            continue;
        std::optional<InputRecord> input = segmentedInput(QLatin1String(sample.file), QString::fromUtf8(file.readAll()));
        if (!input)
            continue;
        input->name = sample.name;
        input->extra["licence"] = sample.licence;
        const qint64 id = m_document.addInput(std::move(*input));
        first = first == 0 ? id : first;
    }
    m_document.undoStack().endMacro();
    return first;
}

} // namespace winnow
