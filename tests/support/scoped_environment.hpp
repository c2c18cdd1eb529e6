#pragma once

#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace llmtrace::testing_support {

// Environment variables for one test; what was there comes back.
class ScopedEnvironment {
 public:
  ScopedEnvironment() = default;
  ScopedEnvironment(const char* name, const std::string& value) { set(name, value); }
  ScopedEnvironment(const ScopedEnvironment&) = delete;
  ScopedEnvironment& operator=(const ScopedEnvironment&) = delete;
  ~ScopedEnvironment() {
    for (; !before_.empty(); before_.pop_back()) restore(before_.back().first, before_.back().second);
  }

  void set(const char* name, const std::string& value) {
    const char* before = std::getenv(name);
    before_.emplace_back(name, before != nullptr ? std::optional<std::string>{before} : std::nullopt);
    ::setenv(name, value.c_str(), 1);
  }

 private:
  static void restore(const std::string& name, const std::optional<std::string>& value) {
    if (value)
      ::setenv(name.c_str(), value->c_str(), 1);
    else
      ::unsetenv(name.c_str());
  }

  std::vector<std::pair<std::string, std::optional<std::string>>> before_;
};

}  // namespace llmtrace::testing_support
