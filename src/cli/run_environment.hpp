// What `llmtrace run` changes in the environment of the program, and in nothing else of it.
#pragma once

#include "cli/options.hpp"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace llmtrace::cli {

// The agent of this build or installation, or the one that is named. Throws Failure.
[[nodiscard]] std::string find_agent(const Options& options);
// For LD_PRELOAD, before what is there.
[[nodiscard]] std::string preloaded(const std::string& library);

class RunEnvironment {
 public:
  explicit RunEnvironment(const Options& options);

  void set(std::string name, std::string value) {
    variables_.emplace_back(std::move(name), std::move(value));
  }
  void apply() const;  // to this process

  [[nodiscard]] std::string destination() const;  // for people
  [[nodiscard]] std::size_t exporter_count() const { return exporters_.size(); }

 private:
  void choose_exporters(const Options& options);
  [[nodiscard]] std::string value_of(const std::string& name, const std::string& otherwise) const;

  std::vector<std::pair<std::string, std::string>> variables_;
  std::vector<std::string> exporters_;
};

}  // namespace llmtrace::cli
