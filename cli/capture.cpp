#include "cli/command.h"
#include "cli/request_builder.h"
#include "core/base/json_fields.h"

#include <charconv>
#include <filesystem>

namespace winnow {
namespace {

    /// "0,3,5-7" as a list of layers.
    Result<Json> layerList(const std::string &text)
    {
        Json list = Json::array();
        for (const std::string &part : splitList(text)) {
            const size_t dash = part.find('-');
            const std::string first = part.substr(0, dash);
            const std::string last = dash == std::string::npos ? first : part.substr(dash + 1);
            int from = -1;
            int to = -1;
            const auto a = std::from_chars(first.data(), first.data() + first.size(), from);
            const auto b = std::from_chars(last.data(), last.data() + last.size(), to);
            if (a.ec != std::errc() || a.ptr != first.data() + first.size() || b.ec != std::errc()
                || b.ptr != last.data() + last.size() || from < 0 || to < from || to > 10000)
                return fail(ErrorCode::BadInput, "--layers: expected layers as 0,3,5-7, found \"" + part + "\"");
            for (int layer = from; layer <= to; ++layer)
                list.push_back(layer);
        }
        return list;
    }

    Result<Json> captureRequest(const Arguments &arguments)
    {
        auto request = modelFields(arguments);
        if (!request)
            return request;
        (*request)["command"] = "export_capture";
        if (const auto what = arguments.value("--what"))
            (*request)["what"] = *what;
        if (const auto layers = arguments.value("--layers")) {
            auto list = layerList(*layers);
            if (!list)
                return list;
            (*request)["layers"] = std::move(*list);
        }
        for (const auto &[option, field] : {std::pair("--window", "window"), std::pair("--greedy", "greedy")}) {
            auto number = arguments.integer(option, 1, 1 << 20);
            if (!number)
                return fail(number.error());
            if (*number)
                (*request)[field] = **number;
        }
        return request;
    }

} // namespace

Result<int> runCapture(CommandContext &context)
{
    auto request = captureRequest(context.arguments());
    if (!request)
        return context.wrongUsage(request.error());
    const auto out = context.arguments().value("--out");
    if (!out)
        return context.wrongUsage({ErrorCode::BadInput, "no folder to write to", "give --out DIR"});
    auto input = inputField(context.arguments());
    if (!input)
        return fail(input.error());
    (*request)["input"] = std::move(*input);
    auto folder = makeFolder(*out);
    if (!folder)
        return fail(folder.error());
    (*request)["path"] = (std::filesystem::path(*folder) / "capture.safetensors").string();
    auto reply = context.ask(*request);
    if (!reply)
        return fail(reply.error());
    auto printed = context.json() ? context.print(reply->body) : context.print(stringField(reply->body, "path") + '\n');
    return printed ? Result<int>(kExitDone) : fail(printed.error());
}

} // namespace winnow
