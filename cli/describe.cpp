#include "cli/command.h"
#include "cli/request_builder.h"
#include "cli/text_table.h"
#include "core/base/budget.h"
#include "core/base/json_fields.h"

namespace winnow {
namespace {

    std::string describeText(const Json &model)
    {
        const Json &forecast = childField(model, "forecast");
        const auto number = [](const Json &object, const char *name) { return std::to_string(integerField(object, name)); };
        const auto whole = [&](const char *name) { return number(model, name); };
        const auto bytes = [&](const char *name) { return byteText(numberField(forecast, name)); };
        std::string text = stringField(model, "name") + " (" + stringField(model, "family") + ")\n";
        const std::string held = stringField(model, "weights") == "file" ? "used as they stand there" : stringField(model, "dtype") + " in memory";
        TextTable table({"", ""});
        table.row({"file", stringField(model, "path") + ", " + byteText(numberField(model, "fileBytes"))});
        table.row({"sha256", stringField(model, "sha256")});
        table.row({"weights", stringField(model, "storedType") + " in the file, " + held + ", " + stringField(model, "dtype") + " on "
                + stringField(model, "device") + ", " + whole("parameters") + " parameters"});
        table.row({"layers", whole("layers")});
        table.row({"heads", whole("heads") + " query, " + whole("kvHeads") + " key/value, " + whole("headDim") + " wide"});
        table.row({"hidden", whole("hidden") + ", feed-forward " + whole("ffn")});
        table.row({"vocabulary", whole("vocab") + ", " + stringField(model, "tokenizer")});
        table.row({"context", whole("contextLength") + " tokens"});
        table.row({"cache", byteText(numberField(model, "cacheBytesPerToken")) + " a token"});
        table.row({"memory", bytes("totalBytes") + " for " + number(forecast, "tokens") + " tokens (weights "
                + bytes("weightBytes") + ", cache " + bytes("cacheBytes") + ", work " + bytes("workBytes") + "), available "
                + bytes("availableBytes") + (flagField(forecast, "fits") ? "" : ": does not fit")});
        for (const Json &plan : childField(forecast, "plans"))
            table.row({"would fit", number(plan, "tokens") + " tokens with --dtype " + stringField(plan, "dtype") + " --weights " + stringField(plan, "weights") + ", "
                    + byteText(numberField(plan, "totalBytes"))});
        table.row({"beside it", "a capture of them " + bytes("captureBytes") + ", a sweep over it " + bytes("sweepBytes") + " and more"});
        const std::string lines = table.text();
        return text + lines.substr(lines.find('\n') + 1);
    }

    /// Layers, parts, hook points and tensors, one table below the other.
    std::string detailsText(const Json &model)
    {
        const auto whole = [](const Json &json, const char *name) { return std::to_string(integerField(json, name)); };
        const auto bytes = [](const Json &json) { return byteText(numberField(json, "bytes")); };
        TextTable layers({"layer", "kind", "attention", "feed-forward", "parameters", "bytes"});
        for (const Json &layer : childField(model, "layerTable"))
            layers.row({whole(layer, "layer"), stringField(layer, "kind"), stringField(layer, "attention") + (layer.contains("window") ? ", window " + whole(layer, "window") : ""),
                (layer.contains("experts") ? whole(layer, "experts") + " x " : "") + whole(layer, "ffn"), whole(layer, "parameters"), bytes(layer)});
        TextTable parts({"part", "tensors", "parameters", "bytes"});
        for (const Json &part : childField(model, "parts"))
            parts.row({stringField(part, "part"), whole(part, "tensors"), whole(part, "parameters"), bytes(part)});
        TextTable hooks({"hook point", "shape", "here", "meaning"});
        for (const Json &hook : childField(model, "hookPoints"))
            hooks.row({stringField(hook, "name"), stringField(hook, "shape"), stringField(hook, "sizes"), stringField(hook, "meaning")});
        TextTable tensors({"tensor", "shape", "type", "bytes"});
        for (const Json &tensor : childField(model, "tensors"))
            tensors.row({stringField(tensor, "name"), jsonText(childField(tensor, "shape")), stringField(tensor, "type"), bytes(tensor)});
        return '\n' + layers.text() + '\n' + parts.text() + '\n' + hooks.text() + '\n' + tensors.text();
    }

} // namespace

Result<int> runDescribe(CommandContext &context)
{
    auto request = modelFields(context.arguments());
    if (!request)
        return context.wrongUsage(request.error());
    (*request)["command"] = "describe";
    auto tokens = context.arguments().integer("--tokens", 1, int64_t(1) << 30);
    if (!tokens)
        return context.wrongUsage(tokens.error());
    if (*tokens)
        (*request)["tokens"] = **tokens;
    const bool details = context.arguments().has("--details");
    if (details)
        (*request)["details"] = true;
    auto reply = context.ask(*request);
    if (!reply)
        return fail(reply.error());
    auto printed = context.json() ? context.print(reply->body) : context.print(describeText(reply->body) + (details ? detailsText(reply->body) : std::string()));
    return printed ? Result<int>(kExitDone) : fail(printed.error());
}

} // namespace winnow
