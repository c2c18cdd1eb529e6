// Keys, tokens and whatever stands behind a name like `password=`. Each look is bounded, or consumes what it
// looks at: the time is linear in the text whatever the text is.
#pragma once

#include "privacy/escapes.hpp"
#include "privacy/match.hpp"

namespace llmtrace::privacy {

// The first secret that begins at `from` or later. `escapes` tells where the text was written with
// backslashes.
[[nodiscard]] Match next_secret(Subject& subject, const Escapes& escapes, std::size_t from) noexcept;

}  // namespace llmtrace::privacy
