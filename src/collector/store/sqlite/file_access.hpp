// What is checked before SQLite touches a file: that it is ours, a plain file, readable by nobody else, a
// store of this program or empty, and open in no other process. Nothing here changes the content of a file.
#pragma once

#include "collector/store/sqlite_store.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace llmtrace::collector::sqlite {

// Held as long as the store is open. The lock is the kernel's and dies with the process.
class FileLock {
 public:
  FileLock() = default;
  explicit FileLock(int descriptor) noexcept : descriptor_{descriptor} {}
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;
  ~FileLock();

 private:
  int descriptor_ = -1;
};

struct FileKind {
  std::int64_t application_id = 0;
  std::int64_t latest_version = 0;
};

struct PreparedFile {
  FileLock lock;
  std::string path;  // with the links of its directory resolved
  std::optional<OpenError> error;
};

// Makes the directory (0700) and the file (0600, empty) if need be, and takes the lock.
[[nodiscard]] PreparedFile prepare_file(const std::string& path, const FileKind& kind);

// Of an existing file, without a lock. An empty one passes.
[[nodiscard]] std::optional<OpenError> check_header(const std::string& path, const FileKind& kind);

[[nodiscard]] std::int64_t file_size(const std::string& path) noexcept;
[[nodiscard]] std::int64_t free_disk_bytes(const std::string& path) noexcept;

}  // namespace llmtrace::collector::sqlite
