// The command that somebody may have meant who mistyped its name.
#pragma once

#include "cli/command.hpp"

#include <span>
#include <string_view>

namespace llmtrace::cli {

// Empty when nothing is close. May throw bad_alloc.
[[nodiscard]] std::string_view closest(std::string_view typed, std::span<const Command> known);

}  // namespace llmtrace::cli
