// The arguments of a command: options with and without a value, and what stands between them.
#pragma once

#include "cli/command.hpp"

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace llmtrace::cli {

// Called in a way that makes no sense; ends the command with usage_error.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};
// What was asked for could not be done; ends the command with failure.
struct Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct OptionSpec {
  std::string_view name;  // "--port"
  bool takes_value = true;
};

class Options {
 public:
  // `--name value` and `--name=value`; what follows `--` is no option. Throws UsageError.
  Options(Arguments arguments, std::initializer_list<OptionSpec> known, std::size_t most_positional);

  [[nodiscard]] bool has(std::string_view name) const noexcept;
  [[nodiscard]] std::optional<std::string> value(std::string_view name) const;  // the last one counts
  [[nodiscard]] std::vector<std::string> values(std::string_view name) const;
  [[nodiscard]] std::int64_t number(std::string_view name, std::int64_t least, std::int64_t most,
                                    std::int64_t otherwise) const;
  // "500M", "20G": powers of 1024.
  [[nodiscard]] std::int64_t bytes(std::string_view name, std::int64_t otherwise) const;
  [[nodiscard]] const std::vector<std::string>& positional() const noexcept { return positional_; }
  [[nodiscard]] std::optional<std::string> positional(std::size_t index) const;

 private:
  std::vector<std::pair<std::string, std::string>> given_;
  std::vector<std::string> positional_;
};

}  // namespace llmtrace::cli
