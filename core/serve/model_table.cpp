#include "core/serve/model_table.h"

#include "core/base/json_fields.h"
#include "core/model/gguf_file.h"
#include "core/model/sha256.h"

#include <algorithm>
#include <filesystem>

namespace winnow {
namespace {

    constexpr size_t kMaxEntries = 16;

    /// Changes when the file does.
    Result<std::string> fileIdentity(const std::string &path)
    {
        std::error_code error;
        const auto canonical = std::filesystem::canonical(path, error);
        if (error)
            return fail(ErrorCode::NotFound, "cannot open " + path + ": " + error.message());
        const auto size = std::filesystem::file_size(canonical, error);
        if (error)
            return fail(ErrorCode::Io, "cannot read " + path + ": " + error.message());
        const auto time = std::filesystem::last_write_time(canonical, error);
        return canonical.string() + '|' + std::to_string(size) + '|' + std::to_string(time.time_since_epoch().count());
    }

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

void ModelTable::makeRoom(int64_t bytes)
{
    for (auto last = m_entries.rbegin(); last != m_entries.rend() && this->bytes() + bytes > m_budgetBytes; ++last)
        last->model.reset(); // the tokenizer is small and stays
}

Result<std::shared_ptr<const Model>> ModelTable::open(const ModelRequest &request, const RunContext &context)
{
    const std::string placement = request.device + '|' + request.dtype;
    auto entry = this->entry(request, placement);
    if (!entry)
        return fail(entry.error());
    if ((*entry)->model)
        return (*entry)->model;
    auto config = Model::describe(request.path);
    if (!config)
        return fail(config.error());
    makeRoom(forecastMemory(*config, 0).weightBytes);
    auto model = Model::open(request.path, {request.device, request.dtype, request.threads, 0}, context);
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
        auto file = GgufFile::open(request.path);
        if (!file)
            return fail(file.error());
        auto tokenizer = Tokenizer::fromGguf(**file);
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
        auto hash = sha256File(request.path, context);
        if (!hash)
            return fail(hash.error());
        (*entry)->sha256 = *hash;
    }
    return (*entry)->sha256;
}

} // namespace winnow
