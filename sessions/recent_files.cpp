#include "sessions/recent_files.h"

#include "core/base/json_fields.h"
#include "sessions/atomic_file.h"
#include "sessions/base64.h"
#include "sessions/clock.h"
#include "sessions/json_text.h"
#include "sessions/number_text.h"

#include <algorithm>
#include <filesystem>

namespace winnow {

namespace fs = std::filesystem;

RecentFiles::RecentFiles(std::string file)
    : m_file(std::move(file))
{
}

std::vector<RecentFile> RecentFiles::entries() const
{
    std::vector<RecentFile> entries;
    const Result<std::string> text = readFile(m_file, 64 << 20);
    const Result<Json> json = text ? parseJson(*text, m_file) : Result<Json>(Json());
    if (!json || !json->is_object())
        return entries;
    for (const Json &item : childField(*json, "recent")) {
        RecentFile entry;
        entry.path = stringField(item, "path");
        if (entry.path.empty() || entries.size() == kMost)
            continue;
        entry.summary = stringField(item, "summary");
        entry.opened = stringField(item, "opened");
        entry.thumbnail
            = fromBase64(stringField(item, "thumbnail")).value_or(std::vector<std::byte> {});
        std::error_code error;
        entry.exists = fs::exists(entry.path, error);
        entries.push_back(std::move(entry));
    }
    return entries;
}

Result<void> RecentFiles::add(const RecentFile &entry)
{
    std::vector<RecentFile> all = entries();
    std::erase_if(all, [&](const RecentFile &other) { return other.path == entry.path; });
    all.insert(all.begin(), entry);
    if (all.front().opened.empty())
        all.front().opened = utcNow();
    all.resize(std::min(all.size(), kMost));
    return write(all);
}

Result<void> RecentFiles::remove(const std::string &path)
{
    std::vector<RecentFile> all = entries();
    std::erase_if(all, [&](const RecentFile &entry) { return entry.path == path; });
    return write(all);
}

Result<void> RecentFiles::clear() { return write({}); }

Result<void> RecentFiles::write(const std::vector<RecentFile> &entries) const
{
    Json list = Json::array();
    for (const RecentFile &entry : entries)
        list.push_back({ { "path", entry.path }, { "summary", entry.summary },
            { "opened", entry.opened }, { "thumbnail", base64(entry.thumbnail) } });
    std::error_code error;
    fs::create_directories(fs::path(m_file).parent_path(), error);
    return writeFileAtomically(m_file, jsonText({ { "recent", list } }, 1));
}

std::string sessionSummary(const Session &session)
{
    const auto runs = session.runs();
    const auto inputs = session.inputs();
    if (!runs || !inputs)
        return {};
    const auto count = static_cast<int64_t>(runs->size());
    std::string text = groupedText(count) + (count == 1 ? " run" : " runs");
    if (inputs->size() == 1)
        text += ", cache of " + inputs->front().name;
    else if (!inputs->empty())
        text += ", " + groupedText(static_cast<int64_t>(inputs->size())) + " inputs";
    return text;
}

} // namespace winnow
