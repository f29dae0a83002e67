#include "views/theme.h"

namespace winnow {

namespace {

using Cue = ClassStyle::Cue;
using Marker = RunStyle::Marker;

std::array<RunStyle, 8> runStyles(const std::array<const char *, 8> &colors)
{
    static const std::array<QVector<qreal>, 8> dashes{QVector<qreal>{}, QVector<qreal>{7, 3}, QVector<qreal>{2, 3},
        QVector<qreal>{8, 3, 2, 3}, QVector<qreal>{12, 4}, QVector<qreal>{8, 3, 2, 3, 2, 3}, QVector<qreal>{4, 2},
        QVector<qreal>{1, 3}};
    static constexpr std::array<Marker, 8> markers{Marker::Circle, Marker::Square, Marker::TriangleUp, Marker::Diamond,
        Marker::TriangleDown, Marker::Plus, Marker::Cross, Marker::Star};
    std::array<RunStyle, 8> styles;
    for (size_t i = 0; i < styles.size(); ++i)
        styles[i] = RunStyle{QColor(QLatin1String(colors[i])), dashes[i], markers[i], false};
    return styles;
}

Theme makeLight()
{
    Theme t;
    t.kind = ThemeKind::Light;
    t.bg = 0xF1F2F4;
    t.dock = 0xF8F9FA;
    t.surface = 0xFFFFFF;
    t.raised = 0xFFFFFF;
    t.sunken = 0xF4F5F7;
    t.hair = 0xE2E5E9;
    t.border = 0xC9CED5;
    t.grid = 0xECEEF1;
    t.axis = 0x9AA2AB;
    t.t1 = 0x1A1D21;
    t.t2 = 0x4B535D;
    t.t3 = 0x666E78;
    t.disabled = 0xA2A8B0;
    t.accent = 0x4150C8;
    t.accentHover = 0x3541AE;
    t.onAccent = 0xFFFFFF;
    t.accentText = 0x3A48BD;
    t.accentSoft = 0xE7E9FA;
    t.mark = 0xCE2468;
    t.ok = 0x17794A;
    t.okSoft = 0xE3F4EA;
    t.warn = 0x8F5B00;
    t.warnSoft = 0xFFF3D6;
    t.err = 0xBF2B2B;
    t.errSoft = 0xFCEAEA;
    t.worse = 0xA8480F;
    t.better = 0x17794A;
    t.masked = 0xECEEF0;
    t.parts = {QColor(0x6B7480), QColor(0xC08A1E), QColor(0x4150C8), QColor(0xA3ACEA)};
    t.runs = runStyles({"#124A99", "#B33A17", "#07A067", "#B262E3", "#2B78A6", "#B88300", "#45291A", "#636C77"});
    t.kept = {0xA9CEF0, 0xA9CEF0, t.t1, Cue::None};
    t.window = {0xDDD8F4, 0x7465C0, t.t1, Cue::LineBelow};
    t.marginal = {0xD2EDE2, 0x2F8F6F, t.t1, Cue::LowerHalf};
    t.merged = {0xF8E2B8, 0xA8741A, t.t1, Cue::DashedBelow};
    t.evicted = {QColor(), QColor(), 0x848C95, Cue::None};
    t.fresh = {QColor(), t.border, t.t1, Cue::ThinBelow};
    return t;
}

Theme makeDark()
{
    Theme t;
    t.kind = ThemeKind::Dark;
    t.bg = 0x15171A;
    t.dock = 0x1A1C20;
    t.surface = 0x1F2226;
    t.raised = 0x292D33;
    t.sunken = 0x1A1D20;
    t.hair = 0x2D3136;
    t.border = 0x454C55;
    t.grid = 0x292D32;
    t.axis = 0x69717A;
    t.t1 = 0xE6E8EB;
    t.t2 = 0xB3BAC3;
    t.t3 = 0x8F97A1;
    t.disabled = 0x5D646D;
    t.accent = 0x96A1FF;
    t.accentHover = 0xABB4FF;
    t.onAccent = 0x12142B;
    t.accentText = 0xA9B2FF;
    t.accentSoft = 0x282C4A;
    t.mark = 0xFF78A9;
    t.ok = 0x55C793;
    t.okSoft = 0x19372A;
    t.warn = 0xE3B04E;
    t.warnSoft = 0x3A2E14;
    t.err = 0xFF8A80;
    t.errSoft = 0x40201F;
    t.worse = 0xFF9A5C;
    t.better = 0x55C793;
    t.masked = 0x2A2E33;
    t.parts = {QColor(0x8D95A3), QColor(0xD9A94A), QColor(0x7C89F5), QColor(0x4A549E)};
    t.runs = runStyles({"#4480FF", "#F87A33", "#2FC795", "#D59AF2", "#BFEAFA", "#F5E06A", "#B2704F", "#8D95A3"});
    t.kept = {0x285580, 0x285580, t.t1, Cue::None};
    t.window = {0x3E3970, 0xA398E8, t.t1, Cue::LineBelow};
    t.marginal = {0x1E4A3C, 0x5CC9A2, t.t1, Cue::LowerHalf};
    t.merged = {0x57431C, 0xDDAF57, t.t1, Cue::DashedBelow};
    t.evicted = {QColor(), QColor(), 0x7A828C, Cue::None};
    t.fresh = {QColor(), t.border, t.t1, Cue::ThinBelow};
    return t;
}

} // namespace

const Theme &Theme::light()
{
    static const Theme theme = makeLight();
    return theme;
}

const Theme &Theme::dark()
{
    static const Theme theme = makeDark();
    return theme;
}

RunStyle Theme::run(int index) const
{
    if (index < 0)
        return RunStyle{accent, {}, Marker::Circle, false}; // the preview: not a run, so no run colour
    RunStyle style = runs[static_cast<size_t>(index) % runs.size()];
    style.hollow = static_cast<size_t>(index) / runs.size() % 2 == 1;
    return style;
}

QPalette Theme::palette() const
{
    QPalette p;
    p.setColor(QPalette::Window, bg);
    p.setColor(QPalette::WindowText, t1);
    p.setColor(QPalette::Base, surface);
    p.setColor(QPalette::AlternateBase, sunken);
    p.setColor(QPalette::Text, t1);
    p.setColor(QPalette::PlaceholderText, t3);
    p.setColor(QPalette::Button, raised);
    p.setColor(QPalette::ButtonText, t1);
    p.setColor(QPalette::BrightText, err);
    p.setColor(QPalette::ToolTipBase, raised);
    p.setColor(QPalette::ToolTipText, t1);
    p.setColor(QPalette::Highlight, accentSoft);
    p.setColor(QPalette::HighlightedText, t1);
    p.setColor(QPalette::Link, accentText);
    p.setColor(QPalette::LinkVisited, accentText);
    p.setColor(QPalette::Light, raised);
    p.setColor(QPalette::Midlight, hair);
    p.setColor(QPalette::Mid, border);
    p.setColor(QPalette::Dark, border);
    p.setColor(QPalette::Shadow, axis);
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText, QPalette::HighlightedText})
        p.setColor(QPalette::Disabled, role, disabled);
    return p;
}

QString runLetter(int index)
{
    if (index < 0)
        return {};
    const QString letter(QChar(static_cast<char16_t>(u'A' + index % 26)));
    return index < 26 ? letter : letter + QString::number(index / 26 + 1);
}

} // namespace winnow
