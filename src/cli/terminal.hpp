// What is printed for people: data from elsewhere made harmless, colors only where a terminal shows them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace llmtrace::cli {

struct Terminal {
  bool color = false;
  bool unicode = true;
};

// Of stdout, by the terminal, NO_COLOR, TERM and the locale's variables.
[[nodiscard]] Terminal stdout_terminal();

enum class Color : unsigned char { bold, dim, red, green, yellow, cyan };

[[nodiscard]] std::string colored(const Terminal& terminal, Color color, std::string_view text);

// One line of at most this many columns, without escapes.
[[nodiscard]] std::string shown(const Terminal& terminal, std::string_view text, std::size_t most_columns);
// The same, filled up with spaces.
[[nodiscard]] std::string shown_in(const Terminal& terminal, std::string_view text, std::size_t columns);
// Any number of lines, each indented.
[[nodiscard]] std::string shown_lines(const Terminal& terminal, std::string_view text,
                                      std::string_view indent);

[[nodiscard]] std::string grouped(std::int64_t number);        // 1,234,567
[[nodiscard]] std::string readable_bytes(std::int64_t bytes);  // 12.3 MiB
[[nodiscard]] std::string age_of(std::string_view rfc3339);    // 5s, 3m, 2h, 4d

}  // namespace llmtrace::cli
