// Whoever copies a sample out of the documentation copies something that compiles and runs.
#include "support/markdown.hpp"
#include "support/temporary_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <regex>
#include <vector>

namespace llmtrace::testing_support {
namespace {

namespace fs = std::filesystem;
using ::testing::IsEmpty;
using Lines = std::vector<std::string>;

const fs::path tree{LLMTRACE_TREE};

std::vector<fs::path> files_in(const char* folder, const char* extension) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator{tree / folder})
    if (entry.path().extension() == extension) files.push_back(entry.path());
  return files;
}

std::vector<fs::path> documents() {
  std::vector<fs::path> all = files_in("docs", ".md");
  all.push_back(tree / "README.md");
  return all;
}

std::vector<Lines> compiled_files() {
  std::vector<Lines> all;
  for (const char* folder : {"docs/snippets", "examples"})
    for (const char* extension : {".cpp", ".hpp"})
      for (const fs::path& file : files_in(folder, extension))
        all.push_back(lines_of(contents(file.string())));
  return all;
}

std::size_t indent_of(const std::string& line) { return std::min(line.find_first_not_of(' '), line.size()); }

// A block may stand deeper in its file than in the document; beyond that, every character is the same.
bool stands_at(const Lines& block, const Lines& file, std::size_t at) {
  const std::size_t deeper = indent_of(file[at]) - std::min(indent_of(file[at]), indent_of(block[0]));
  for (std::size_t i = 0; i < block.size(); ++i) {
    const std::string expected = block[i].empty() ? "" : std::string(deeper, ' ') + block[i];
    if (file[at + i] != expected) return false;
  }
  return true;
}

bool is_in(const Lines& block, const Lines& file) {
  for (std::size_t at = 0; at + block.size() <= file.size(); ++at)
    if (stands_at(block, file, at)) return true;
  return false;
}

TEST(Documentation, shows_only_code_that_is_compiled) {
  const std::vector<Lines> files = compiled_files();
  Lines strangers;
  std::size_t samples = 0;
  for (const fs::path& document : documents()) {
    for (const MarkdownBlock& block : blocks_of(contents(document.string()))) {
      if (block.language != "cpp") continue;
      ++samples;
      const bool known =
          !block.lines.empty() && std::any_of(files.begin(), files.end(),
                                              [&](const Lines& file) { return is_in(block.lines, file); });
      if (!known) strangers.push_back(document.filename().string() + ":" + std::to_string(block.line));
    }
  }
  EXPECT_THAT(strangers, IsEmpty());
  EXPECT_GT(samples, 20U);
}

// What is not in a block.
Lines prose_of(const std::string& markdown) {
  Lines prose = lines_of(markdown);
  for (const MarkdownBlock& block : blocks_of(markdown))
    for (std::size_t i = 0; i < block.lines.size(); ++i) prose[block.line - 1 + i].clear();
  return prose;
}

TEST(Documentation, links_to_files_that_are_there) {
  const std::regex link{R"(\]\(([^)#:]+)(#[^)]*)?\))"};
  Lines dead;
  for (const fs::path& document : documents()) {
    for (const std::string& line : prose_of(contents(document.string()))) {
      for (std::sregex_iterator at{line.begin(), line.end(), link}, end; at != end; ++at) {
        const std::string target = (*at)[1];
        if (!fs::exists(document.parent_path() / target))
          dead.push_back(document.filename().string() + ": " + target);
      }
    }
  }
  EXPECT_THAT(dead, IsEmpty());
}

bool needs_cpp20(const MarkdownBlock& block) {
  const std::regex designated{R"([{,(]\s*\.[a-z_]+ = )"};
  return std::any_of(block.lines.begin(), block.lines.end(),
                     [&](const std::string& line) { return std::regex_search(line, designated); });
}

// Generators are of C++20 themselves.
bool is_of_coroutines(const MarkdownBlock& block) {
  return std::any_of(block.lines.begin(), block.lines.end(),
                     [](const std::string& line) { return line.find("generator") != std::string::npos; });
}

TEST(Documentation, has_a_form_for_cpp17_behind_each_recipe_that_needs_cpp20) {
  const std::string cookbook = contents((tree / "docs/cookbook.md").string());
  const Lines lines = lines_of(cookbook);
  const std::vector<MarkdownBlock> blocks = blocks_of(cookbook);
  Lines alone;
  std::size_t twofold = 0;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    if (!needs_cpp20(blocks[i]) || is_of_coroutines(blocks[i])) continue;
    const bool has_both =
        i + 1 < blocks.size() && lines[blocks[i + 1].line - 4] == "In C++17:" && !needs_cpp20(blocks[i + 1]);
    if (has_both)
      ++twofold;
    else
      alone.push_back("cookbook.md:" + std::to_string(blocks[i].line));
  }
  EXPECT_THAT(alone, IsEmpty());
  EXPECT_GT(twofold, 5U);
}

TEST(Documentation, has_a_readme_that_is_short_and_begins_with_code) {
  const std::string readme = contents((tree / "README.md").string());
  EXPECT_LT(lines_of(readme).size(), 200U);
  const auto blocks = blocks_of(readme);
  ASSERT_FALSE(blocks.empty());
  EXPECT_EQ(blocks[0].language, "cpp");
  EXPECT_LE(blocks[0].line, 15U);
}

TEST(Documentation, names_every_variable_of_the_environment) {
  const std::string config = contents((tree / "src/runtime/config.cpp").string());
  const std::string operations = contents((tree / "docs/operations.md").string());
  const std::regex name{R"re("((TRACER|TRACING|TRACE)[A-Z_]+)")re"};
  Lines missing;
  for (std::sregex_iterator at{config.begin(), config.end(), name}, end; at != end; ++at)
    if (operations.find("`" + (*at)[1].str() + "`") == std::string::npos) missing.push_back((*at)[1]);
  EXPECT_THAT(missing, IsEmpty());
}

TEST(Examples, are_short) {
  for (const fs::path& file : files_in("examples", ".cpp"))
    EXPECT_LT(lines_of(contents(file.string())).size(), 80U) << file.filename();
}

}  // namespace
}  // namespace llmtrace::testing_support
