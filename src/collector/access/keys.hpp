// Whose project a key is. Of the keys in a file only hashes are known, and all of them are compared, so that
// neither the file nor the time of an answer gives one away.
#pragma once

#include "collector/access/sha256.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace llmtrace::collector::access {

[[nodiscard]] bool is_project_id(std::string_view id) noexcept;  // [A-Za-z0-9_-]{1,100}

class Keys {
 public:
  // Any `project-{id}` is good and names its project: for a server that only its own machine can reach.
  [[nodiscard]] static Keys any();
  // The lines of a key file; else what is wrong with it.
  [[nodiscard]] static std::variant<Keys, std::string> parse(std::string_view text);
  // Reads a file that must not be open to others.
  [[nodiscard]] static std::variant<Keys, std::string> load(const std::string& file);

  [[nodiscard]] bool takes_any() const noexcept { return takes_any_; }
  [[nodiscard]] std::optional<std::string> project_of(std::string_view key) const;

 private:
  struct Entry {
    Digest digest;
    std::string project;
  };

  bool takes_any_ = false;
  std::vector<Entry> entries_;
};

}  // namespace llmtrace::collector::access
