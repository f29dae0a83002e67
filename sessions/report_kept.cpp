#include "sessions/markup.h"
#include "sessions/number_text.h"
#include "sessions/report_parts.h"

#include <algorithm>

namespace winnow {
namespace {

    // A report is read, not scrolled through; the session holds the rest.
    constexpr int64_t kMostTokens = 4000;

    struct KeptView {
        const ComparedRun *run = nullptr;
        KeptTokens kept;
        int64_t layer = 0;
    };

    /// The first run that drops tokens, at the chosen layer.
    std::optional<KeptView> keptView(const ReportData &data)
    {
        for (const ComparedRun &run : data.runs) {
            if (!run.report || run.baseline)
                continue;
            std::optional<KeptTokens> kept = run.report->keptTokens();
            if (!kept || kept->axis != "token" || kept->layers < 1 || kept->heads < 1
                || kept->tokens < 1)
                continue;
            const int64_t wanted
                = data.content.keptLayer < 0 ? kept->layers / 2 : data.content.keptLayer;
            const int64_t layer = std::min(wanted, kept->layers - 1);
            return KeptView { &run, std::move(*kept), layer };
        }
        return std::nullopt;
    }

    /// What a token looks like: how many heads keep it, in eighths, and its class if it has one of
    /// its own.
    std::string tokenClassName(const KeptTokens &kept, int64_t layer, int64_t token)
    {
        int64_t count = 0;
        TokenClass special = TokenClass::Kept;
        for (int64_t head = 0; head < kept.heads; ++head) {
            count += kept.kept(layer, head, token) ? 1 : 0;
            const TokenClass own = kept.tokenClass(layer, head, token);
            if (own != TokenClass::Kept && own != TokenClass::Evicted)
                special = own;
        }
        switch (special) {
        case TokenClass::Window:
        case TokenClass::Sink:
            return "w";
        case TokenClass::Marginal:
            return "m";
        case TokenClass::Merged:
            return "g";
        default:
            return count == 0 ? std::string("e")
                              : std::string("k").append(
                                  std::to_string((count * 8 + kept.heads - 1) / kept.heads));
        }
    }

    std::string textHtml(
        const KeptView &view, const std::vector<std::string> &pieces, int64_t tokens)
    {
        std::string html, open;
        for (int64_t token = 0; token < tokens; ++token) {
            const std::string name = tokenClassName(view.kept, view.layer, token);
            if (name != open) {
                html += (open.empty() ? "<span class=\"" : "</span><span class=\"") + name + "\">";
                open = name;
            }
            html += escapedMarkup(pieces[static_cast<size_t>(token)]);
        }
        return open.empty() ? html : html + "</span>";
    }

    std::string legendHtml(const KeptView &view)
    {
        const std::string heads = view.kept.headKind == "layer"
            ? "the layer"
            : "all " + std::to_string(view.kept.heads)
                + (view.kept.headKind == "queryHead" ? " query heads" : " KV heads");
        return "<p class=\"legend\"><span class=\"k8\">kept by " + heads
            + "</span> <span class=\"k3\">by some</span> "
            + "<span class=\"w\">window or sink</span> <span class=\"e\">evicted</span></p>\n";
    }

} // namespace

std::string keptTitle(const ReportData &data)
{
    const auto view = keptView(data);
    return view ? "Kept tokens, layer " + std::to_string(view->layer) : "";
}

std::string keptTokensHtml(const ReportData &data)
{
    const auto view = keptView(data);
    if (!view)
        return {};
    const std::vector<std::string> pieces = view->run->report->pieces();
    const int64_t known = std::min(view->kept.tokens, static_cast<int64_t>(pieces.size()));
    const int64_t shown = std::min(known, kMostTokens);
    const std::string budget = view->run->budget();
    std::string caption = view->run->letter() + " " + view->run->record.name
        + (budget.empty() ? "" : ", " + budget) + ", " + groupedText(view->kept.tokens) + " tokens";
    if (shown < view->kept.tokens)
        caption += "; the first " + groupedText(shown) + " are shown";
    return "<section id=\"kept\">\n<h2>" + escapedMarkup(keptTitle(data))
        + "</h2>\n<p class=\"tokens\">" + textHtml(*view, pieces, shown) + "</p>\n"
        + legendHtml(*view) + "<p class=\"hint\">" + escapedMarkup(caption) + ".</p>\n</section>\n";
}

} // namespace winnow
