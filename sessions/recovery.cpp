#include "sessions/recovery.h"

#include "core/base/json_fields.h"
#include "sessions/atomic_file.h"
#include "sessions/base64.h"
#include "sessions/clock.h"
#include "sessions/json_text.h"
#include "sessions/stored_session.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <filesystem>
#include <random>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace winnow {

namespace fs = std::filesystem;

/// An advisory lock on `<uuid>.lock`; the kernel gives it up when the process dies, however it
/// dies.
struct WorkingCopy::Lock {
    int descriptor = -1;
    ~Lock()
    {
        if (descriptor >= 0)
            ::close(descriptor);
    }

    /// @param flags  LOCK_NB to ask, 0 to wait.
    static std::unique_ptr<Lock> take(const std::string &path, int flags)
    {
        auto lock = std::make_unique<Lock>();
        lock->descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (lock->descriptor < 0 || ::flock(lock->descriptor, LOCK_EX | flags) != 0)
            return nullptr;
        return lock;
    }
};

namespace {

    constexpr const char *kThumbnailKey = "view.thumbnail";
    constexpr int64_t kOfferedDays = 30;

    std::string withExtension(const std::string &file, const char *extension)
    {
        return fs::path(file).replace_extension(extension).string();
    }

    std::string newUuid()
    {
        static constexpr char digits[] = "0123456789abcdef";
        std::random_device random;
        std::string uuid;
        for (int i = 0; i < 32; ++i) {
            if (i == 8 || i == 12 || i == 16 || i == 20)
                uuid += '-';
            uuid += digits[random() & 15u];
        }
        return uuid;
    }

    /// Identity of a file's content as far as the file system tells; empty when there is none.
    std::string stampOf(const std::string &path)
    {
        struct stat info { };
        if (path.empty() || ::stat(path.c_str(), &info) != 0)
            return {};
        return std::to_string(info.st_ino) + ":" + std::to_string(info.st_size) + ":"
            + std::to_string(info.st_mtim.tv_sec) + "." + std::to_string(info.st_mtim.tv_nsec);
    }

    int64_t modified(const std::string &path)
    {
        struct stat info { };
        return ::stat(path.c_str(), &info) == 0 ? static_cast<int64_t>(info.st_mtim.tv_sec) : 0;
    }

    Json readNote(const std::string &file)
    {
        const Result<std::string> text = readFile(withExtension(file, ".json"), 1 << 20);
        const Result<Json> note = text ? parseJson(*text, file) : Result<Json>(Json::object());
        return note && note->is_object() ? *note : Json::object();
    }

    void removeCopy(const std::string &file)
    {
        std::error_code ignored;
        for (const char *suffix : { "-journal", "-wal", "-shm", ".broken", "" })
            fs::remove(file + suffix, ignored);
        for (const char *extension : { ".json", ".lock" })
            fs::remove(withExtension(file, extension), ignored);
    }

    Leftover describeLeftover(const std::string &file)
    {
        const Json note = readNote(file);
        Leftover leftover;
        leftover.file = file;
        leftover.original = stringField(note, "original");
        leftover.name = stringField(note, "name", "Untitled");
        leftover.changed = utcText(modified(file));
        const Result<std::unique_ptr<Session>> session = Session::openReadOnly(file);
        if (session)
            leftover.unsavedChanges = (*session)->unsavedChanges();
        else
            leftover.problem = session.error().message;
        return leftover;
    }

    /// A file that a process left while it was still making its copy: nobody writes a part for a
    /// day.
    bool isStalePart(const fs::directory_entry &entry)
    {
        return entry.path().extension() == ".part"
            && static_cast<int64_t>(std::time(nullptr)) - modified(entry.path().string()) > 86400;
    }

    bool offeredLongAgo(const Json &note)
    {
        const int64_t offered = integerField(note, "offeredAt");
        return offered > 0
            && static_cast<int64_t>(std::time(nullptr)) - offered > kOfferedDays * 86400;
    }

    tl::unexpected<Error> folderError(const std::string &folder, const std::string &reason)
    {
        return fail(ErrorCode::Io, "cannot keep working copies in " + folder + ": " + reason,
            "Check that the folder may be written.");
    }

} // namespace

WorkingCopy::WorkingCopy(std::string file, std::unique_ptr<Lock> lock)
    : m_file(std::move(file))
    , m_created(utcNow())
    , m_lock(std::move(lock))
{
}

WorkingCopy::~WorkingCopy() = default;

Result<std::unique_ptr<WorkingCopy>> WorkingCopy::prepare(const std::string &folder)
{
    std::error_code error;
    fs::create_directories(folder, error);
    if (error)
        return folderError(folder, error.message());
    const std::string file = (fs::path(folder) / (newUuid() + ".winnow")).string();
    auto lock = Lock::take(withExtension(file, ".lock"), 0);
    if (!lock)
        return folderError(folder, std::strerror(errno));
    return std::unique_ptr<WorkingCopy>(new WorkingCopy(file, std::move(lock)));
}

Result<std::unique_ptr<WorkingCopy>> WorkingCopy::open(
    const std::string &folder, const std::string &path)
{
    const auto source = Session::openReadOnly(path);
    if (!source)
        return fail(source.error());
    auto copy = prepare(folder);
    if (!copy)
        return copy;
    WorkingCopy &working = **copy;
    working.m_original = path;
    working.m_name = fs::path(path).filename().string();
    working.rememberOriginal();
    // The note goes first: a copy without one would have no name to be offered under.
    Result<void> made = working.writeNote();
    if (made)
        made = (*source)->saveCopy(working.m_file);
    Result<std::unique_ptr<Session>> session
        = made ? openWorkingSession(working.m_file) : fail(made.error());
    if (!session) {
        removeCopy(working.m_file);
        return fail(session.error());
    }
    working.m_session = std::move(*session);
    return copy;
}

Result<std::unique_ptr<WorkingCopy>> WorkingCopy::untitled(
    const std::string &folder, const std::string &name)
{
    auto copy = prepare(folder);
    if (!copy)
        return copy;
    WorkingCopy &working = **copy;
    working.m_name = name;
    Result<void> made = working.writeNote();
    if (made)
        made = createDatabase(working.m_file);
    Result<std::unique_ptr<Session>> session
        = made ? openWorkingSession(working.m_file) : fail(made.error());
    if (!session) {
        removeCopy(working.m_file);
        return fail(session.error());
    }
    working.m_session = std::move(*session);
    return copy;
}

Result<std::unique_ptr<WorkingCopy>> WorkingCopy::recover(const Leftover &leftover)
{
    std::error_code error;
    auto lock = fs::exists(leftover.file, error)
        ? Lock::take(withExtension(leftover.file, ".lock"), LOCK_NB)
        : nullptr;
    if (!lock)
        return fail(ErrorCode::NotFound,
            leftover.name + " is no longer there to be recovered: another window has taken it");
    Result<std::unique_ptr<Session>> session = openWorkingSession(leftover.file);
    if (!session) {
        if (const auto repaired = checkSession(leftover.file, true); !repaired)
            return fail(repaired.error());
        session = openWorkingSession(leftover.file);
    }
    if (!session)
        return fail(session.error());
    std::unique_ptr<WorkingCopy> working(new WorkingCopy(leftover.file, std::move(lock)));
    working->m_original = leftover.original;
    working->m_name = leftover.name;
    working->m_stamp = stringField(readNote(leftover.file), "stamp");
    working->m_session = std::move(*session);
    if (Result<void> noted = working->writeNote(); !noted)
        return fail(noted.error());
    return working;
}

Result<void> WorkingCopy::writeNote() const
{
    const Json note { { "original", m_original }, { "name", m_name }, { "created", m_created },
        { "stamp", m_stamp }, { "process", static_cast<int64_t>(::getpid()) } };
    return writeFileAtomically(withExtension(m_file, ".json"), jsonText(note));
}

void WorkingCopy::rememberOriginal() { m_stamp = stampOf(m_original); }

bool WorkingCopy::originalChanged() const
{
    return !m_original.empty() && stampOf(m_original) != m_stamp;
}

Result<void> WorkingCopy::save()
{
    if (m_original.empty())
        return fail(ErrorCode::BadInput, m_name + " has no file yet", "Use Save as.");
    return saveAs(m_original);
}

Result<void> WorkingCopy::saveAs(const std::string &path)
{
    if (Result<void> copied = m_session->saveCopy(path); !copied)
        return copied;
    if (Result<void> marked = m_session->markSaved(); !marked)
        return marked;
    return setOriginal(path);
}

Result<void> WorkingCopy::setOriginal(const std::string &path)
{
    m_original = path;
    m_name = fs::path(path).filename().string();
    rememberOriginal();
    return writeNote();
}

void WorkingCopy::close()
{
    m_session.reset();
    removeCopy(m_file);
    m_lock.reset();
}

std::vector<Leftover> leftovers(const std::string &folder, LeftoverScope scope)
{
    std::vector<Leftover> found;
    std::error_code error;
    for (const fs::directory_entry &entry : fs::directory_iterator(folder, error)) {
        const std::string file = entry.path().string();
        if (isStalePart(entry))
            fs::remove(entry.path(), error);
        if (entry.path().extension() != ".winnow"
            || entry.path().filename().string().starts_with('.'))
            continue;
        const int lock
            = ::open(withExtension(file, ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        const bool dead = lock >= 0 && ::flock(lock, LOCK_EX | LOCK_NB) == 0;
        if (dead) {
            const Json note = readNote(file);
            Leftover leftover = describeLeftover(file);
            if ((leftover.unsavedChanges == 0 && leftover.problem.empty()) || offeredLongAgo(note))
                removeCopy(file);
            else if (scope == LeftoverScope::All || integerField(note, "offeredAt") == 0)
                found.push_back(std::move(leftover));
        }
        if (lock >= 0)
            ::close(lock);
    }
    std::sort(found.begin(), found.end(),
        [](const Leftover &a, const Leftover &b) { return a.changed > b.changed; });
    return found;
}

Result<void> markOffered(const Leftover &leftover)
{
    Json note = readNote(leftover.file);
    note["offeredAt"] = static_cast<int64_t>(std::time(nullptr));
    return writeFileAtomically(withExtension(leftover.file, ".json"), jsonText(note));
}

void discard(const Leftover &leftover) { removeCopy(leftover.file); }

Result<void> setThumbnail(Session &session, std::span<const std::byte> png)
{
    return session.setState(kThumbnailKey, png.empty() ? Json() : Json(base64(png)));
}

std::vector<std::byte> thumbnail(const Session &session)
{
    const Result<Json> stored = session.state(kThumbnailKey);
    if (!stored || !stored->is_string())
        return {};
    return fromBase64(stored->get<std::string>()).value_or(std::vector<std::byte> {});
}

} // namespace winnow
