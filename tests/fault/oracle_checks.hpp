// What every fault test ends in: the books are balanced, and the service holds what they say.
#pragma once

#include "fault/child_process.hpp"
#include "support/oracle.hpp"
#include <llmtrace/tracer.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <string>
#include <vector>

namespace llmtrace::testing_support {

struct Arrived {
  std::multiset<int> numbers;         // of the numbered spans that the service kept
  std::size_t most_received = 0;      // of one and the same span
  std::vector<std::string> problems;  // items that are not what was sent, bodies that are not strict JSON
};
[[nodiscard]] Arrived arrived(const Oracle& oracle);

// Every number of [first, first + count) is there once, whole, and nothing else is.
[[nodiscard]] ::testing::AssertionResult holds_exactly(const Oracle& oracle, int count, int first = 0);
// Every number of [0, count) that is not lost is there once, whole, and nothing else is.
[[nodiscard]] ::testing::AssertionResult holds_all_but(const Oracle& oracle, const std::set<int>& lost,
                                                       int count);
// What is there is whole and there once.
[[nodiscard]] ::testing::AssertionResult holds_only_whole(const Oracle& oracle);

// Whether the numbered span is among the spans of a request.
[[nodiscard]] bool carries(const ReceivedRequest& request, int number);

[[nodiscard]] ::testing::AssertionResult balanced(const Stats& stats);
// The books that a host program printed.
[[nodiscard]] ::testing::AssertionResult balanced(const Ended& ended);
[[nodiscard]] ::testing::AssertionResult ended_well(const Ended& ended);

[[nodiscard]] std::string text_of(const Stats& stats);

[[nodiscard]] inline std::chrono::steady_clock::time_point soon() {
  return std::chrono::steady_clock::now() + std::chrono::seconds{20};
}

}  // namespace llmtrace::testing_support
