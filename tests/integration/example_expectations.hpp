#pragma once

#include <vector>

namespace llmtrace::testing_support {

struct ExampleExpectation {
  const char* name;
  const char* output;  // what it prints
  const char* trees;   // what it records, see example_trees.hpp
};

[[nodiscard]] std::vector<ExampleExpectation> example_expectations();

}  // namespace llmtrace::testing_support
