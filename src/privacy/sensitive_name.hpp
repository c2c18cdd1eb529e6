// Names whose values are secret whatever they look like: `password`, `X-Api-Key`, `AWS_SECRET_ACCESS_KEY`,
// `http.request.header.authorization`. Case and separators do not matter.
#pragma once

#include "privacy/match.hpp"
#include <llmtrace/redact.hpp>

#include <optional>
#include <string_view>

namespace llmtrace::privacy {

enum class NameKind : std::uint8_t {
  harmless,
  secret,    // text and numbers below it are hidden
  token,     // only text is: `token` also counts and names what models work on
  cookie,    // a header whose value is the rest of its line
  personal,  // hidden where personal data is
};

[[nodiscard]] NameKind kind_of_name(std::string_view name) noexcept;

// What stands for the value of such a name; nothing when it may be shown.
[[nodiscard]] std::optional<Finding> finding_of_kind(NameKind kind, RedactMode mode) noexcept;

}  // namespace llmtrace::privacy
