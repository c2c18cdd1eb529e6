// The arrows between the folders of the tree, as docs/design.md draws them, and a reader that finds the
// #include lines which point the other way.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace llmtrace::testing_tree {

// What is wrong with the includes of one file; `path` is relative to the root of the tree.
std::vector<std::string> violations_of(std::string_view path, std::string_view text);

}  // namespace llmtrace::testing_tree
