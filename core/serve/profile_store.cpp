#include "core/serve/profile_store.h"

#include "core/base/json_fields.h"
#include "core/eval/pair.h"
#include "core/methods/mapped_layers.h"
#include "core/model/model.h"

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <system_error>

namespace winnow {
namespace {

    std::filesystem::path profileFile(const std::string &largeHash, const std::string &smallHash)
    {
        constexpr size_t kDigits = 32; // of each hash: enough to tell files apart, short enough for a name
        return profileFolder() / (largeHash.substr(0, kDigits) + "-" + smallHash.substr(0, kDigits) + ".json");
    }

    bool goesByProfile(const Capture &capture, const MethodRequest &method)
    {
        if (!capture.pair || !capture.model || !method.parameters.contains("profile") || stringField(method.parameters, "profile") != "")
            return false;
        const std::string rule = stringField(method.parameters, "layerRule");
        return rule == "profile" || (rule == "published" && isLlama3Pair(capture.config, capture.pair->small->config));
    }

} // namespace

std::filesystem::path profileFolder()
{
    const char *cache = std::getenv("XDG_CACHE_HOME");
    const char *home = std::getenv("HOME");
    const std::filesystem::path base = cache && *cache ? std::filesystem::path(cache)
                                                       : std::filesystem::path(home ? home : "/tmp") / ".cache";
    return base / "winnow" / "profiles";
}

std::optional<BlockProfile> storedProfile(const std::string &largeHash, const std::string &smallHash)
{
    std::ifstream file(profileFile(largeHash, smallHash));
    const Json json = Json::parse(file, nullptr, false);
    const Json &deltas = childField(json, "delta");
    BlockProfile profile;
    if (!deltas.is_array() || deltas.size() != profile.delta.size())
        return std::nullopt;
    for (size_t k = 0; k < profile.delta.size(); ++k)
        profile.delta[k] = deltas[k].is_number() ? deltas[k].get<double>() : std::nan("");
    profile.fullNll = numberField(json, "fullNll");
    profile.segments = integerField(json, "segments");
    profile.rows = integerField(json, "rows");
    return profile;
}

Result<void> storeProfile(const std::string &largeHash, const std::string &smallHash, const BlockProfile &profile)
{
    const std::filesystem::path path = profileFile(largeHash, smallHash);
    std::error_code failed;
    std::filesystem::create_directories(path.parent_path(), failed);
    Json json{{"large", largeHash}, {"small", smallHash}, {"fullNll", profile.fullNll}, {"segments", profile.segments},
        {"rows", profile.rows}, {"delta", Json::array()}};
    for (const double delta : profile.delta)
        json["delta"].push_back(std::isfinite(delta) ? Json(delta) : Json());
    const std::filesystem::path draft = path.string() + ".new";
    std::ofstream file(draft);
    file << json.dump(1) << '\n';
    file.close();
    if (file)
        std::filesystem::rename(draft, path, failed);
    if (!file || failed)
        return fail(ErrorCode::Io, "the profile cannot be written to " + path.string());
    return {};
}

Result<void> fillProfile(const Capture &capture, MethodRequest &method, const RunContext &context)
{
    if (!goesByProfile(capture, method))
        return {};
    const auto large = capture.model->sha256(context);
    if (!large)
        return fail(large.error());
    const auto small = capture.pair->small->model->sha256(context);
    if (!small)
        return fail(small.error());
    if (const auto profile = storedProfile(*large, *small))
        method.parameters["profile"] = profileText(profile->delta);
    return {};
}

} // namespace winnow
