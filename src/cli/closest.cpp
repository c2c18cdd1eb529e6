#include "cli/closest.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <vector>

namespace llmtrace::cli {
namespace {

// How many letters must be put in, taken out or changed (Levenshtein), row by row.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string_view closest(std::string_view typed, std::span<const Command> known) {
  constexpr std::size_t longest_name = 32;
  if (typed.size() > longest_name) return {};
  std::string_view best;
  std::size_t least = 3;  // three mistakes make another word
  for (const Command& command : known) {
    const std::size_t mistakes = distance(typed, command.name);
    if (mistakes >= least || mistakes >= command.name.size()) continue;
    least = mistakes;
    best = command.name;
  }
  return best;
}

}  // namespace llmtrace::cli
