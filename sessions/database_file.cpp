#include "core/base/json.h"
#include "sessions/database.h"

#include <sqlite3.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <new>

namespace winnow {
namespace {

    namespace fs = std::filesystem;

    constexpr char kMagic[] = "SQLite format 3"; // 16 bytes with the closing zero

    uint32_t bigEndian(const std::array<char, 100> &bytes, size_t at)
    {
        uint32_t value = 0;
        for (size_t i = 0; i < 4; ++i)
            value = value << 8 | static_cast<uint8_t>(bytes[at + i]);
        return value;
    }

} // namespace

Result<FileHeader> readHeader(const std::string &path)
{
    std::error_code error;
    const auto status = fs::status(path, error);
    if (!fs::exists(status))
        return fail(ErrorCode::NotFound, "there is no file " + path);
    if (!fs::is_regular_file(status))
        return fail(
            ErrorCode::BadInput, path + " is not a Winnow session: it is not a regular file");
    std::ifstream file(path, std::ios::binary);
    if (!file)
        return fail(ErrorCode::Io, "cannot read " + path + ": " + std::strerror(errno));
    std::array<char, 100> bytes {};
    file.read(bytes.data(), bytes.size());
    const auto found = static_cast<size_t>(file.gcount());
    if (found < bytes.size() || std::memcmp(bytes.data(), kMagic, sizeof kMagic) != 0)
        return fail(ErrorCode::BadInput,
            path + " is not a Winnow session: "
                + (found < bytes.size()
                        ? "it has " + std::to_string(found) + " bytes, at least 100 expected"
                        : "its first bytes are not those of an SQLite file"));
    FileHeader header;
    header.applicationId = static_cast<int32_t>(bigEndian(bytes, 68));
    header.version = static_cast<int32_t>(bigEndian(bytes, 60));
    header.writeAheadLog = bytes[18] == 2 || bytes[19] == 2;
    if (header.applicationId != kApplicationId)
        return fail(ErrorCode::BadInput,
            path + " is not a Winnow session: it is an SQLite file of another program");
    return header;
}

int32_t schemaVersion() { return static_cast<int32_t>(schema::files().size()); }

Result<void> checkVersion(const std::string &path, int32_t version)
{
    if (version > schemaVersion())
        return fail(ErrorCode::BadInput,
            path + " was written by a newer Winnow: it has format " + std::to_string(version)
                + ", this program knows up to " + std::to_string(schemaVersion()),
            "Open it with a newer version of Winnow; the file was not changed.");
    if (version < 1)
        return fail(ErrorCode::BadInput,
            path + " has format " + std::to_string(version) + ", expected 1 to "
                + std::to_string(schemaVersion()),
            "The file is damaged: try winnow-cli check-session --repair.");
    return {};
}

Error databaseError(const std::string &path, const SQLite::Exception &exception)
{
    const std::string reason = exception.what();
    switch (exception.getErrorCode() & 0xFF) { // without the extended part
    case SQLITE_FULL:
        return { ErrorCode::Io, "cannot write " + path + ": no space left (" + reason + ")",
            "Free some space; nothing of the last action was written." };
    case SQLITE_IOERR:
        return { ErrorCode::Io, "cannot read or write " + path + ": " + reason,
            "Check the disk and its free space; nothing of the last action was written." };
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return { ErrorCode::Io, "cannot write " + path + ": " + reason,
            "Check that the file and its folder may be written, or save under another name." };
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return { ErrorCode::Io, path + " is being written by another program",
            "Close it there and try again." };
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
        return { ErrorCode::BadInput, path + " is damaged: " + reason,
            "Try winnow-cli check-session --repair." };
    case SQLITE_INTERRUPT:
        return { ErrorCode::BadInput, path + " is damaged: reading it does not come to an end",
            "Try winnow-cli check-session --repair." };
    case SQLITE_TOOBIG:
        return { ErrorCode::BadInput, path + ": a value is longer than 1,000,000,000 bytes", "" };
    case SQLITE_CONSTRAINT:
        return { ErrorCode::BadInput, path + " does not accept the value: " + reason, "" };
    case SQLITE_NOMEM:
        return { ErrorCode::OutOfMemory, "not enough memory for " + path, "" };
    default:
        return { ErrorCode::BadInput, path + ": " + reason, "Try winnow-cli check-session." };
    }
}

Error caughtError(const std::string &path)
{
    try {
        throw;
    } catch (const SQLite::Exception &exception) {
        return databaseError(path, exception);
    } catch (const Json::exception &exception) {
        return { ErrorCode::BadInput,
            path + ": a JSON value cannot be stored or read: " + exception.what(), "" };
    } catch (const std::bad_alloc &) {
        return { ErrorCode::OutOfMemory, "not enough memory for " + path, "" };
    } catch (const std::exception &exception) {
        return { ErrorCode::Internal, path + ": " + exception.what(), "" };
    }
}

Result<std::unique_ptr<ScratchFolder>> ScratchFolder::create()
{
    std::error_code error;
    std::string name = (fs::temp_directory_path(error) / "winnow-XXXXXX").string();
    if (error || !::mkdtemp(name.data()))
        return fail(ErrorCode::Io,
            "cannot create a temporary folder: "
                + (error ? error.message() : std::strerror(errno)));
    return std::make_unique<ScratchFolder>(name);
}

ScratchFolder::ScratchFolder(std::string path)
    : m_path(std::move(path))
{
}

ScratchFolder::~ScratchFolder()
{
    std::error_code ignored;
    fs::remove_all(m_path, ignored);
}

} // namespace winnow
