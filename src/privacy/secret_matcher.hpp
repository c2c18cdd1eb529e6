// Keys, tokens and whatever stands behind a name like `password=`. Each look is bounded, or consumes what it
// looks at: the time is linear in the text whatever the text is.
#pragma once

#include "privacy/clue.hpp"
#include "privacy/escapes.hpp"
#include "privacy/match.hpp"

namespace llmtrace::privacy {

// The first secret that begins at `from` or later. `escapes` tells where the text was written with
// backslashes.
// `clues` are those of the text.
[[nodiscard]] Match next_secret(Subject& subject, ClueSearch& clues, const Escapes& escapes,
                                std::size_t from) noexcept;

}  // namespace llmtrace::privacy
