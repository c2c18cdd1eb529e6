#pragma once

#include <string_view>

namespace llmtrace::exporting {

// Writes to a terminal, pipe or file without ever waiting long for a reader that has stopped; `stuck`: it had
// stopped before, so do not wait at all. False when not everything was written.
[[nodiscard]] bool write_to_console(int descriptor, std::string_view text, bool stuck) noexcept;

}  // namespace llmtrace::exporting
