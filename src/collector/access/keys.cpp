#include "collector/access/keys.hpp"

#include "core/hex.hpp"

#include <algorithm>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>

namespace llmtrace::collector::access {
namespace {

constexpr std::string_view key_prefix = "project-";
constexpr std::size_t longest_key = 1'024;
constexpr std::size_t largest_file = 1024 * 1024;

bool equal_in_constant_time(const Digest& left, const Digest& right) noexcept {
  unsigned difference = 0;
  for (std::size_t i = 0; i < left.size(); ++i) difference |= static_cast<unsigned>(left[i] ^ right[i]);
  return difference == 0;
}

std::string_view trimmed(std::string_view text) noexcept {
  constexpr std::string_view space = " \t\r";
  const auto first = text.find_first_not_of(space);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(space) - first + 1);
}

class File {
 public:
  explicit File(const std::string& path) noexcept
      : descriptor_{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)} {}
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  [[nodiscard]] std::string objection() const {
    struct stat facts {};
    if (descriptor_ < 0 || ::fstat(descriptor_, &facts) != 0) return std::strerror(errno);
    if (!S_ISREG(facts.st_mode)) return "not a file";
    if (facts.st_uid != ::geteuid() && facts.st_uid != 0) return "belongs to another user";
    if ((facts.st_mode & 022) != 0) return "others may write to it; chmod 600 it";
    return {};
  }

  [[nodiscard]] std::optional<std::string> contents() const {
    std::string text;
    char piece[4096];
    for (;;) {
      const auto count = ::read(descriptor_, piece, sizeof piece);
      if (count < 0) return std::nullopt;
      if (count == 0) return text;
      text.append(piece, static_cast<std::size_t>(count));
      if (text.size() > largest_file) return std::nullopt;
    }
  }

 private:
  int descriptor_;
};

}  // namespace

bool is_project_id(std::string_view id) noexcept {
  return !id.empty() && id.size() <= 100 && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

Keys Keys::any() {
  Keys keys;
  keys.takes_any_ = true;
  return keys;
}

std::variant<Keys, std::string> Keys::parse(std::string_view text) {
  Keys keys;
  for (std::size_t line_number = 1; !text.empty(); ++line_number) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.front() == '#') continue;

    const auto space = line.find_first_of(" \t");
    const std::string_view project = line.substr(0, space);
    const std::string_view hash = space == std::string_view::npos ? "" : trimmed(line.substr(space));
    Entry entry{{}, std::string{project}};
    const bool good = is_project_id(project) && hash.size() == 64 &&
                      core::decode_hex(hash, entry.digest.data(), core::HexCase::any);
    if (!good) {
      return "line " + std::to_string(line_number) +
             " is not \"PROJECT HASH\", where HASH is what `printf %s \"$KEY\" | sha256sum` prints";
    }
    keys.entries_.push_back(std::move(entry));
  }
  if (keys.entries_.empty()) return "there is no key in it";
  return keys;
}

std::variant<Keys, std::string> Keys::load(const std::string& file) {
  const File opened{file};
  std::string objection = opened.objection();
  if (!objection.empty()) return objection;
  const auto text = opened.contents();
  if (!text) return std::string{"cannot be read, or is larger than 1 MiB"};
  return parse(*text);
}

std::optional<std::string> Keys::project_of(std::string_view key) const {
  if (key.empty() || key.size() > longest_key) return std::nullopt;
  if (takes_any_) {
    if (!key.starts_with(key_prefix) || !is_project_id(key.substr(key_prefix.size()))) return std::nullopt;
    return std::string{key.substr(key_prefix.size())};
  }
  const Digest digest = sha256(key);
  const Entry* found = nullptr;
  for (const Entry& entry : entries_)  // all of them, found or not
    if (equal_in_constant_time(entry.digest, digest)) found = &entry;
  return found != nullptr ? std::optional{found->project} : std::nullopt;
}

}  // namespace llmtrace::collector::access
