#include "export/rotating_file.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <memory>
#include <new>
#include <sys/stat.h>
#include <unistd.h>

namespace llmtrace::exporting {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int number) noexcept : number_{number} {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(Descriptor&& other) noexcept : number_{other.number_} { other.number_ = -1; }
  Descriptor& operator=(Descriptor&&) = delete;
  [[nodiscard]] int number() const noexcept { return number_; }

 private:
  int number_;
};

// A symbolic link, a pipe or a device is refused: they are not what the user meant, and a pipe could block
// for ever.
Descriptor open_for_append(const char* path, std::uint64_t& size, int& error) noexcept {
  constexpr mode_t owner_only = 0600;
  Descriptor file{::open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY,
                         owner_only)};
  struct stat status {};
  if (file.number() < 0 || ::fstat(file.number(), &status) != 0) {
    error = errno;
  } else if (!S_ISREG(status.st_mode)) {
    error = EINVAL;
  } else {
    error = 0;
    size = static_cast<std::uint64_t>(status.st_size);
  }
  return file;
}

int write_all(int file, std::string_view bytes, std::size_t& written) noexcept {
  for (written = 0; written < bytes.size();) {
    const ssize_t count = ::write(file, bytes.data() + written, bytes.size() - written);
    if (count > 0) {
      written += static_cast<std::size_t>(count);
    } else if (count == 0) {
      return ENOSPC;
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

// Where another process has appended meanwhile, its lines are worth more than our torn one.
void take_back(int file, std::uint64_t size, std::size_t written) noexcept {
  struct stat status {};
  if (::fstat(file, &status) != 0 || static_cast<std::uint64_t>(status.st_size) != size + written) return;
  [[maybe_unused]] const int ignored = ::ftruncate(file, static_cast<off_t>(size));
}

}  // namespace

int RotatingFile::append(std::string_view bytes) noexcept {
  for (bool rotated = false;; rotated = true) {
    std::uint64_t size = 0;
    int error = 0;
    const Descriptor file = open_for_append(path_.c_str(), size, error);
    if (error != 0) return error;
    if (!rotated && size != 0 && size + bytes.size() > largest_) {
      rotate();
      continue;
    }
    std::size_t written = 0;
    error = write_all(file.number(), bytes, written);
    if (error != 0 && written != 0) take_back(file.number(), size, written);
    return error;
  }
}

// Without memory for the names the file grows on until there is some.
void RotatingFile::rotate() noexcept {
  constexpr std::size_t suffix = 16;
  const std::size_t room = path_.size() + suffix;
  const std::unique_ptr<char[]> from{new (std::nothrow) char[room]};
  const std::unique_ptr<char[]> to{new (std::nothrow) char[room]};
  if (from == nullptr || to == nullptr) return;
  for (int number = kept_files; number > 0; --number) {
    std::snprintf(to.get(), room, "%s.%d", path_.c_str(), number);
    if (number > 1) std::snprintf(from.get(), room, "%s.%d", path_.c_str(), number - 1);
    ::rename(number > 1 ? from.get() : path_.c_str(), to.get());
  }
}

}  // namespace llmtrace::exporting
