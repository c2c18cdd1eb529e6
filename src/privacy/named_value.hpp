// `api_key=…`, `"password": "…"`, `Authorization: Bearer …`, `--token …`, `<secret>…</secret>`: a value that
// is secret for what it is called, in whatever notation.
#pragma once

#include "privacy/escapes.hpp"
#include "privacy/match.hpp"

namespace llmtrace::privacy {

// `at` is inside of the name. The match is the value alone, and begins at `from` or later.
[[nodiscard]] Match match_named_value(Subject& subject, const Escapes& escapes, std::size_t from,
                                      std::size_t at) noexcept;

}  // namespace llmtrace::privacy
