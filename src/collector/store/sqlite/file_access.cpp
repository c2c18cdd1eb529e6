#include "collector/store/sqlite/file_access.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <string_view>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace llmtrace::collector::sqlite {
namespace {

namespace fs = std::filesystem;

constexpr mode_t of_others = S_IRWXG | S_IRWXO;

OpenError refuse(OpenFailure failure, const std::string& path, const std::string& why) {
  return {failure, path + ": " + why};
}

std::string system_message(int code) { return std::generic_category().message(code); }

// Each part that is missing is made for us alone.
std::optional<OpenError> make_directory(const fs::path& directory) {
  struct stat found {};
  if (stat(directory.c_str(), &found) == 0) {
    if (S_ISDIR(found.st_mode)) return std::nullopt;
    return refuse(OpenFailure::permissions, directory, "is not a directory");
  }
  if (directory.has_parent_path() && directory.parent_path() != directory)
    if (auto error = make_directory(directory.parent_path())) return error;
  if (mkdir(directory.c_str(), S_IRWXU) == 0 || errno == EEXIST) return std::nullopt;
  return refuse(OpenFailure::permissions, directory, "cannot be made: " + system_message(errno));
}

// Nothing when there is no such file.
std::optional<OpenError> check_file(const std::string& path) {
  struct stat found {};
  if (lstat(path.c_str(), &found) != 0) {
    if (errno == ENOENT) return std::nullopt;
    return refuse(OpenFailure::permissions, path, system_message(errno));
  }
  if (S_ISLNK(found.st_mode))
    return refuse(OpenFailure::permissions, path, "is a symbolic link; name the file itself");
  if (!S_ISREG(found.st_mode)) return refuse(OpenFailure::permissions, path, "is not a plain file");
  if (found.st_uid != geteuid()) return refuse(OpenFailure::permissions, path, "belongs to another user");
  if ((found.st_mode & S_IWUSR) == 0 || (found.st_mode & S_IRUSR) == 0)
    return refuse(OpenFailure::permissions, path, "is not readable and writable for its owner; chmod 600 it");
  if ((found.st_mode & of_others) != 0 && chmod(path.c_str(), found.st_mode & ~of_others & 07777) != 0)
    return refuse(OpenFailure::permissions, path, "is open to others: " + system_message(errno));
  return std::nullopt;
}

std::optional<OpenError> make_file(const std::string& path) {
  const int descriptor =
      open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (descriptor < 0 && errno != EEXIST)
    return refuse(OpenFailure::permissions, path, "cannot be made: " + system_message(errno));
  if (descriptor >= 0) close(descriptor);
  return std::nullopt;
}

std::optional<OpenError> take_lock(const std::string& path, FileLock& lock) {
  const std::string name = path + "-lock";
  if (auto error = check_file(name)) return error;
  const int descriptor = open(name.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (descriptor < 0)
    return refuse(OpenFailure::permissions, name, "cannot be made: " + system_message(errno));
  lock = FileLock{descriptor};
  if (flock(descriptor, LOCK_EX | LOCK_NB) == 0) return std::nullopt;
  return refuse(OpenFailure::in_use, path, "is open in another process");
}

constexpr std::size_t header_size = 100;
using Header = std::array<unsigned char, header_size>;

std::int64_t big_endian(const Header& header, std::size_t at, std::size_t size) {
  std::int64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value = value << 8 | header[at + i];
  return value;
}

// Reads what is there; the rest stays zero.
ssize_t read_header(const std::string& path, Header& header) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  if (descriptor < 0) return -1;
  const ssize_t count = pread(descriptor, header.data(), header.size(), 0);
  close(descriptor);
  return count;
}

bool is_cut_short(const std::string& path, const Header& header) {
  // The write-ahead log may still hold pages that the header counts.
  if (file_size(path + "-wal") > 0) return false;
  const std::int64_t said = big_endian(header, 16, 2);
  const std::int64_t page_size = said == 1 ? 65536 : said;
  return file_size(path) < page_size * big_endian(header, 28, 4);
}

}  // namespace

FileLock::FileLock(FileLock&& other) noexcept : descriptor_{std::exchange(other.descriptor_, -1)} {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) close(descriptor_);
}

PreparedFile prepare_file(const std::string& path, const FileKind& kind) {
  PreparedFile file;
  std::error_code code;
  const fs::path absolute = fs::absolute(path, code);
  if (path.empty() || code) {
    file.error = refuse(OpenFailure::other, path, "is not a path");
    return file;
  }
  file.error = make_directory(absolute.parent_path());
  if (file.error) return file;
  const fs::path directory = fs::canonical(absolute.parent_path(), code);
  file.path = (directory / absolute.filename()).string();
  for (const char* suffix : {"", "-wal", "-shm", "-journal"})
    if (!file.error) file.error = check_file(file.path + suffix);
  if (!file.error) file.error = take_lock(file.path, file.lock);
  if (!file.error) file.error = make_file(file.path);
  if (!file.error) file.error = check_header(file.path, kind);
  return file;
}

std::optional<OpenError> check_header(const std::string& path, const FileKind& kind) {
  constexpr std::string_view magic{"SQLite format 3\0", 16};
  Header header{};
  const ssize_t count = read_header(path, header);
  if (count < 0) return refuse(OpenFailure::permissions, path, system_message(errno));
  if (count == 0) return std::nullopt;
  if (count < static_cast<ssize_t>(header_size) ||
      std::memcmp(header.data(), magic.data(), magic.size()) != 0)
    return refuse(OpenFailure::not_a_store, path, "is not a database of llmtrace; it was left as it is");
  if (big_endian(header, 68, 4) != kind.application_id)
    return refuse(OpenFailure::not_a_store, path, "is the database of another program; it was left as it is");
  const std::int64_t version = big_endian(header, 60, 4);
  if (version > kind.latest_version)
    return refuse(OpenFailure::newer_schema, path,
                  "was written by a later version of llmtrace (layout " + std::to_string(version) +
                      ", this one knows " + std::to_string(kind.latest_version) + "); it was left as it is");
  if (is_cut_short(path, header))
    return refuse(OpenFailure::damaged, path, "is damaged: its end is missing; it was left as it is");
  return std::nullopt;
}

std::int64_t file_size(const std::string& path) noexcept {
  struct stat found {};
  return stat(path.c_str(), &found) == 0 ? found.st_size : 0;
}

std::int64_t free_disk_bytes(const std::string& path) noexcept {
  struct statvfs found {};
  if (statvfs(path.c_str(), &found) != 0) return 0;
  return static_cast<std::int64_t>(found.f_bavail) * static_cast<std::int64_t>(found.f_frsize);
}

}  // namespace llmtrace::collector::sqlite
