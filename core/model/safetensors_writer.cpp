#include "core/model/safetensors_writer.h"

#include "core/base/json.h"

#include <ATen/core/Tensor.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace winnow {
namespace {

    std::string reason() { return std::strerror(errno); }

    bool writeAt(int file, const char *bytes, size_t count, int64_t offset)
    {
        while (count > 0) {
            const ssize_t written = pwrite(file, bytes, count, offset);
            if (written < 0 && errno == EINTR)
                continue;
            if (written <= 0)
                return false;
            bytes += written;
            count -= static_cast<size_t>(written);
            offset += written;
        }
        return true;
    }

} // namespace

SafetensorsWriter::SafetensorsWriter(std::filesystem::path path)
    : m_path(std::move(path))
    , m_partPath(m_path.string() + ".part")
{
}

SafetensorsWriter::~SafetensorsWriter()
{
    if (m_file < 0)
        return;
    close(m_file);
    std::error_code ignored;
    std::filesystem::remove(m_partPath, ignored);
}

void SafetensorsWriter::declare(const std::string &name, std::vector<int64_t> shape, StoredType type)
{
    Entry entry{type, std::move(shape), 1, 0};
    for (const int64_t size : entry.shape)
        entry.elements *= size;
    m_entries.emplace(name, std::move(entry));
}

std::string SafetensorsWriter::header() const
{
    Json json = Json::object();
    for (const auto &[name, entry] : m_entries)
        json[name] = {{"dtype", entry.type == StoredType::F32 ? "F32" : "I32"}, {"shape", entry.shape},
            {"data_offsets", {entry.offset, entry.offset + 4 * entry.elements}}};
    std::string text = json.dump();
    text.resize((text.size() + 7) / 8 * 8, ' '); // the format asks for data at a multiple of 8
    return text;
}

Result<void> SafetensorsWriter::begin()
{
    m_dataBytes = 0;
    for (auto &[name, entry] : m_entries) {
        entry.offset = m_dataBytes;
        m_dataBytes += 4 * entry.elements;
    }
    const std::string text = header();
    const auto length = static_cast<uint64_t>(text.size());
    m_dataBegin = static_cast<int64_t>(sizeof length + length);
    std::error_code error;
    const std::filesystem::path folder = m_path.has_parent_path() ? m_path.parent_path() : std::filesystem::path(".");
    const auto space = std::filesystem::space(folder, error);
    if (!error && space.available < static_cast<uintmax_t>(fileBytes()))
        return fail(ErrorCode::Io, m_path.string() + " needs " + std::to_string(fileBytes()) + " bytes, the disk has "
                + std::to_string(space.available), "choose fewer tensors or layers");
    m_file = open(m_partPath.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644);
    if (m_file < 0)
        return fail(ErrorCode::Io, "cannot write " + m_partPath.string() + ": " + reason());
    char prefix[sizeof length];
    std::memcpy(prefix, &length, sizeof length); // little endian, as every machine this builds on
    if (ftruncate(m_file, fileBytes()) != 0 || !writeAt(m_file, prefix, sizeof length, 0)
        || !writeAt(m_file, text.data(), text.size(), sizeof length))
        return fail(ErrorCode::Io, "cannot write " + m_partPath.string() + ": " + reason());
    return {};
}

Result<void> SafetensorsWriter::write(const std::string &name, const at::Tensor &values, int64_t offset)
{
    const auto found = m_entries.find(name);
    if (found == m_entries.end() || offset < 0 || offset + values.numel() > found->second.elements)
        return fail(ErrorCode::Internal, "tensor " + name + " was declared otherwise than it is written");
    const Entry &entry = found->second;
    const at::Tensor plain = values.cpu().to(entry.type == StoredType::F32 ? at::kFloat : at::kInt).contiguous();
    const auto *bytes = static_cast<const char *>(plain.const_data_ptr());
    if (!writeAt(m_file, bytes, plain.nbytes(), m_dataBegin + entry.offset + 4 * offset))
        return fail(ErrorCode::Io, "cannot write " + m_partPath.string() + ": " + reason());
    return {};
}

Result<void> SafetensorsWriter::finish()
{
    const int file = m_file;
    m_file = -1;
    std::error_code error;
    if (close(file) != 0) {
        const std::string why = reason();
        std::filesystem::remove(m_partPath, error);
        return fail(ErrorCode::Io, "cannot write " + m_partPath.string() + ": " + why);
    }
    std::filesystem::rename(m_partPath, m_path, error);
    if (error) {
        const std::string why = error.message();
        std::filesystem::remove(m_partPath, error);
        return fail(ErrorCode::Io, "cannot rename " + m_partPath.string() + " to " + m_path.string() + ": " + why);
    }
    return {};
}

std::vector<std::string> SafetensorsWriter::names() const
{
    std::vector<std::string> result;
    for (const auto &[name, entry] : m_entries)
        result.push_back(name);
    return result;
}

} // namespace winnow
