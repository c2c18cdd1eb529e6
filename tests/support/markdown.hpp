// The fenced blocks of a Markdown file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace llmtrace::testing_support {

struct MarkdownBlock {
  std::string language;
  std::vector<std::string> lines;
  std::size_t line = 0;  // of its first line in the file, from 1
};

[[nodiscard]] std::vector<std::string> lines_of(const std::string& text);
[[nodiscard]] std::vector<MarkdownBlock> blocks_of(const std::string& markdown);

}  // namespace llmtrace::testing_support
