// Settings as text, from the environment. Read once, at init: getenv in a worker would race with the host's
// setenv.
#pragma once

#include <llmtrace/fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace llmtrace::runtime {

class Environment {
 public:
  explicit Environment(bool read) noexcept : read_{read} {}
  // Nothing when unset or empty.
  [[nodiscard]] std::optional<std::string> get(const char* name) const;

 private:
  bool read_;
};

[[nodiscard]] std::optional<bool> parse_bool(const std::string& text);
[[nodiscard]] std::optional<std::uint64_t> parse_count(const std::string& text);
[[nodiscard]] std::optional<double> parse_rate(const std::string& text);    // 0 to 1
[[nodiscard]] std::optional<double> parse_amount(const std::string& text);  // from 0 up
[[nodiscard]] std::optional<RedactMode> parse_redact_mode(const std::string& text);

}  // namespace llmtrace::runtime
