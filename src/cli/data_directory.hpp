// Where a user's programs keep data.
#pragma once

#include <string>

namespace llmtrace::cli {

// $XDG_DATA_HOME/llmtrace/traces.db, or below ~/.local/share. Throws Failure when neither can be told.
[[nodiscard]] std::string default_database();

}  // namespace llmtrace::cli
