#include "cli/terminal.hpp"

#include "core/time_format.hpp"
#include "export/terminal_text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <unistd.h>

namespace llmtrace::cli {
namespace {

constexpr std::size_t longest_line = 100'000;

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

bool speaks_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string_view value = variable(name);
    if (value.empty()) continue;
    return value.find("UTF-8") != std::string_view::npos || value.find("utf8") != std::string_view::npos ||
           value.find("UTF8") != std::string_view::npos;
  }
  return true;  // nothing said: minimal systems show UTF-8 as well
}

std::string_view code_of(Color color) noexcept {
  switch (color) {
    case Color::bold: return "1";
    case Color::dim: return "2";
    case Color::red: return "31";
    case Color::green: return "32";
    case Color::yellow: return "33";
    case Color::cyan: return "36";
  }
  return "0";
}

}  // namespace

Terminal stdout_terminal() {
  const bool color =
      ::isatty(STDOUT_FILENO) == 1 && variable("NO_COLOR").empty() && variable("TERM") != "dumb";
  return {color, speaks_utf8()};
}

std::string colored(const Terminal& terminal, Color color, std::string_view text) {
  if (!terminal.color || text.empty()) return std::string{text};
  return fmt::format("\x1b[{}m{}\x1b[0m", code_of(color), text);
}

std::string shown(const Terminal& terminal, std::string_view text, std::size_t most_columns) {
  return exporting::for_terminal(text, most_columns, terminal.unicode).text;
}

std::string shown_in(const Terminal& terminal, std::string_view text, std::size_t columns) {
  auto cut = exporting::for_terminal(text, columns, terminal.unicode);
  return cut.text.append(columns - cut.columns, ' ');
}

std::string shown_lines(const Terminal& terminal, std::string_view text, std::string_view indent) {
  std::string out;
  for (;;) {
    const auto end = std::min(text.find('\n'), text.size());
    out.append(indent).append(shown(terminal, text.substr(0, end), longest_line)).append("\n");
    if (end == text.size()) return out;
    text.remove_prefix(end + 1);
  }
}

std::string grouped(std::int64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3 + (number < 0 ? 1u : 0u);) text.insert(at -= 3, ",");
  return text;
}

std::string readable_bytes(std::int64_t bytes) {
  constexpr std::string_view units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < std::size(units); ++unit) value /= 1024;
  return unit == 0 ? fmt::format("{} bytes", bytes) : fmt::format("{:.1f} {}", value, units[unit]);
}

std::string age_of(std::string_view rfc3339) {
  const auto time = core::parse_rfc3339(rfc3339);
  if (!time) return "";
  const auto now = std::chrono::duration_cast<std::chrono::nanoseconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
  const std::int64_t seconds = std::max<std::int64_t>(0, (now - *time) / 1'000'000'000);
  if (seconds < 60) return fmt::format("{}s", seconds);
  if (seconds < 3'600) return fmt::format("{}m", seconds / 60);
  if (seconds < 86'400) return fmt::format("{}h", seconds / 3'600);
  return fmt::format("{}d", seconds / 86'400);
}

}  // namespace llmtrace::cli
