// A file that is appended to and, when it is full, moved to PATH.1, PATH.1 to PATH.2 and so on. It is opened
// for each append, so that a directory which comes back, a file that somebody else moved away and another
// process which rotates the same file all need no care. Every call may block on the disk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace llmtrace::exporting {

class RotatingFile {
 public:
  static constexpr int kept_files = 5;

  RotatingFile(std::string path, std::uint64_t largest) noexcept
      : path_{std::move(path)}, largest_{largest} {}

  // All of `bytes` in one write where the system allows it. 0, or the errno of what failed; what was written
  // in part is taken back.
  [[nodiscard]] int append(std::string_view bytes) noexcept;
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  void rotate() noexcept;

  std::string path_;
  std::uint64_t largest_;
};

}  // namespace llmtrace::exporting
