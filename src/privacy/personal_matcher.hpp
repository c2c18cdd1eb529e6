// Personal data by its shape: e-mail addresses, phone, card and account numbers, addresses of the internet.
// The time is linear in the text.
#pragma once

#include "privacy/match.hpp"

namespace llmtrace::privacy {

// The first that begins at `from` or later.
[[nodiscard]] Match next_personal(Subject& subject, std::size_t from) noexcept;

}  // namespace llmtrace::privacy
