#include "core/serve/model_table.h"

#include "core/base/budget.h"
#include "core/model/describe_model.h"
#include "core/model/device.h"
#include "core/model/model_files.h"

#include <algorithm>
#include <filesystem>
#include <vector>

namespace winnow {
namespace {

    constexpr size_t kMaxEntries = 16;

    Result<std::string> oneFile(const std::filesystem::path &path)
    {
        std::error_code error;
        const auto size = std::filesystem::file_size(path, error);
        if (error)
            return fail(ErrorCode::Io, "cannot read " + path.string() + ": " + error.message());
        const auto time = std::filesystem::last_write_time(path, error);
        return path.filename().string() + '|' + std::to_string(size) + '|' + std::to_string(time.time_since_epoch().count()) + '\n';
    }

    /// Changes when the file does, or any file of the folder.
    Result<std::string> fileIdentity(const std::string &path)
    {
        std::error_code error;
        const auto canonical = std::filesystem::canonical(path, error);
        if (error)
            return fail(ErrorCode::NotFound, "cannot open " + path + ": " + error.message());
        std::vector<std::string> files;
        const bool isFolder = std::filesystem::is_directory(canonical, error);
        const std::filesystem::path given(path);
        if (!isFolder && given.extension() != ".json" && given.extension() != ".safetensors") {
            auto one = oneFile(canonical);
            return one ? Result<std::string>(canonical.string() + '\n' + *one) : one;
        }
        // A link's own name counts: a hub's cache links the files of a folder to its store.
        const auto folder = isFolder ? canonical : given.parent_path().empty() ? std::filesystem::path(".") : given.parent_path();
        for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
            if (!std::filesystem::is_regular_file(entry->path(), error))
                continue;
            auto one = oneFile(entry->path());
            if (!one)
                return one;
            files.push_back(std::move(*one));
        }
        std::sort(files.begin(), files.end());
        std::string all = std::filesystem::absolute(given, error).string() + '\n';
        for (const std::string &file : files)
            all += file;
        return all;
    }

    std::string bytesOf(int64_t bytes) { return byteText(static_cast<double>(bytes)); }

} // namespace

Result<ModelTable::Entry *> ModelTable::entry(const ModelRequest &request, const std::string &placement)
{
    auto file = fileIdentity(request.path);
    if (!file)
        return fail(file.error());
    auto found = std::find_if(m_entries.begin(), m_entries.end(), [&](const Entry &entry) {
        return entry.file == *file && (placement.empty() || entry.placement == placement || !entry.model);
    });
    if (found == m_entries.end()) {
        if (m_entries.size() >= kMaxEntries)
            m_entries.pop_back();
        m_entries.push_front({*file, {}, nullptr, nullptr, {}});
    } else {
        m_entries.splice(m_entries.begin(), m_entries, found);
    }
    return &m_entries.front();
}

int64_t ModelTable::bytes() const
{
    int64_t sum = 0;
    for (const Entry &entry : m_entries)
        sum += entry.model ? entry.model->weights().bytes() : 0;
    return sum;
}

tl::unexpected<Error> ModelTable::overBudget(const std::string &name, int64_t needed) const
{
    std::string used;
    for (const Entry &entry : m_entries) {
        if (entry.model)
            used += (used.empty() ? "" : ", ") + entry.model->config().name + " (" + bytesOf(entry.model->weights().bytes()) + ')';
    }
    return fail(ErrorCode::OutOfMemory,
        name + " needs " + bytesOf(needed) + " for its weights, the budget of all models is " + bytesOf(m_budgetBytes)
            + (used.empty() ? "" : ", in use are " + used),
        used.empty() ? "choose a smaller model or a smaller file of it, or a machine with more memory"
                     : "finish or cancel what uses the other models, or choose a smaller one");
}

Result<void> ModelTable::makeRoom(const std::string &name, int64_t needed, const at::Device &device)
{
    const auto fits = [&] { return bytes() + needed <= m_budgetBytes && needed <= availableMemoryBytes(device); };
    if (needed > m_budgetBytes)
        return overBudget(name, needed);
    // A model is in use when somebody else still holds it after captures of it were let go.
    for (auto last = m_entries.rbegin(); last != m_entries.rend() && !fits(); ++last) {
        if (!last->model)
            continue;
        if (m_beforeRelease)
            m_beforeRelease(*last->model);
        if (last->model.use_count() == 1)
            last->model.reset(); // the tokenizer is small and stays
    }
    if (bytes() + needed <= m_budgetBytes)
        return {}; // whether the machine has it is for Model::open, which knows the whole forecast
    return overBudget(name, needed);
}

Result<std::shared_ptr<const Model>> ModelTable::open(const ModelRequest &request, const RunContext &context)
{
    const std::string placement = request.device + '|' + request.dtype + '|' + request.weights;
    auto entry = this->entry(request, placement);
    if (!entry)
        return fail(entry.error());
    if ((*entry)->model)
        return (*entry)->model;
    auto config = Model::describe(request.path);
    if (!config)
        return fail(config.error());
    const auto device = chooseDevice(request.device);
    if (!device)
        return fail(device.error());
    const auto elements = chooseElementType(request.dtype);
    if (!elements)
        return fail(elements.error());
    config->elementType = *elements;
    const auto residency = chooseResidency(request.weights, *device, *config);
    if (!residency)
        return fail(residency.error());
    if (auto room = makeRoom(config->name, forecastMemory(*config, 0, *residency, *device).weightBytes, *device); !room)
        return fail(room.error());
    auto model = Model::open(request.path, {request.device, request.dtype, request.threads, 0, request.weights}, context);
    if (!model)
        return fail(model.error());
    (*entry)->placement = placement;
    (*entry)->model = *model;
    (*entry)->tokenizer = (*model)->tokenizer();
    return *model;
}

Result<std::shared_ptr<const Tokenizer>> ModelTable::tokenizer(const ModelRequest &request)
{
    auto entry = this->entry(request, {});
    if (!entry)
        return fail(entry.error());
    if (!(*entry)->tokenizer) {
        auto files = openModelFiles(request.path);
        if (!files)
            return fail(files.error());
        auto tokenizer = openTokenizer(*files);
        if (!tokenizer)
            return fail(tokenizer.error());
        (*entry)->tokenizer = *tokenizer;
    }
    return (*entry)->tokenizer;
}

Result<std::string> ModelTable::sha256(const ModelRequest &request, const RunContext &context)
{
    auto entry = this->entry(request, {});
    if (!entry)
        return fail(entry.error());
    if ((*entry)->sha256.empty()) {
        auto files = openModelFiles(request.path);
        if (!files)
            return fail(files.error());
        auto hash = modelSha256(*files, context);
        if (!hash)
            return fail(hash.error());
        (*entry)->sha256 = *hash;
    }
    return (*entry)->sha256;
}

} // namespace winnow
