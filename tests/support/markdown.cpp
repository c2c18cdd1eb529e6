#include "support/markdown.hpp"

#include <sstream>

namespace llmtrace::testing_support {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::vector<MarkdownBlock> blocks_of(const std::string& markdown) {
  constexpr std::string_view fence = "```";
  std::vector<MarkdownBlock> blocks;
  bool inside = false;
  std::size_t number = 0;
  for (const std::string& line : lines_of(markdown)) {
    ++number;
    if (line.starts_with(fence)) {
      if (!inside) blocks.push_back({line.substr(fence.size()), {}, number + 1});
      inside = !inside;
    } else if (inside) {
      blocks.back().lines.push_back(line);
    }
  }
  return blocks;
}

}  // namespace llmtrace::testing_support
