#include "fault/oracle_checks.hpp"

#include "fault/books_text.hpp"
#include "fault/numbered_spans.hpp"

#include <algorithm>

namespace llmtrace::testing_support {
namespace {

using nlohmann::json;

std::string complaint_about(const json& span, int number) {
  if (span.value("name", "") != "numbered") return "another name";
  if (span.value("input_data", json{}) != json(payload_of(number))) return "another payload";
  if (span.value("trace_id", "").size() != 32 || span.value("span_id", "").size() != 16)
    return "ids of another length";
  return {};
}

// Its name or its payload says so: a span that has lost its attributes must not pass for another kind.
bool claims_a_number(const json& span) {
  const auto input = span.find("input_data");
  const bool has_payload =
      input != span.end() && input->is_string() && input->get<std::string>().rfind("payload ", 0) == 0;
  return has_payload || span.value("name", "") == "numbered";
}

::testing::AssertionResult complain(const Arrived& seen) {
  auto result = ::testing::AssertionFailure();
  for (std::size_t i = 0; i < std::min<std::size_t>(seen.problems.size(), 5); ++i)
    result << seen.problems[i] << '\n';
  return result << seen.problems.size() << " problems in all";
}

}  // namespace

Arrived arrived(const Oracle& oracle) {
  Arrived seen;
  seen.problems = oracle.violations();
  for (const auto& [id, item] : oracle.spans()) {
    seen.most_received = std::max(seen.most_received, item.received);
    const auto attributes = item.json.find("attributes");
    if (attributes == item.json.end() || !attributes->contains("number")) {
      if (claims_a_number(item.json)) seen.problems.push_back("without its number: " + item.json.dump());
      continue;
    }
    const int number = (*attributes)["number"].get<int>();
    const std::string wrong = complaint_about(item.json, number);
    if (!wrong.empty()) seen.problems.push_back(std::to_string(number) + ": " + wrong);
    if (item.committed != 0) seen.numbers.insert(number);
  }
  return seen;
}

::testing::AssertionResult holds_only_whole(const Oracle& oracle) {
  Arrived seen = arrived(oracle);
  for (const int number : std::set<int>(seen.numbers.begin(), seen.numbers.end()))
    if (seen.numbers.count(number) != 1) seen.problems.push_back(std::to_string(number) + ": under two ids");
  return seen.problems.empty() ? ::testing::AssertionSuccess() : complain(seen);
}

::testing::AssertionResult holds_exactly(const Oracle& oracle, int count, int first) {
  auto whole = holds_only_whole(oracle);
  if (!whole) return whole;
  const auto numbers = arrived(oracle).numbers;
  for (int i = first; i < first + count; ++i)
    if (numbers.count(i) == 0)
      return ::testing::AssertionFailure()
             << i << " is missing; " << numbers.size() << " of " << count << " are there";
  if (numbers.size() == static_cast<std::size_t>(count)) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << numbers.size() << " are there instead of " << count;
}

::testing::AssertionResult holds_all_but(const Oracle& oracle, const std::set<int>& lost, int count) {
  auto whole = holds_only_whole(oracle);
  if (!whole) return whole;
  const auto numbers = arrived(oracle).numbers;
  for (int i = 0; i < count; ++i)
    if (numbers.count(i) == lost.count(i))
      return ::testing::AssertionFailure() << i << (lost.count(i) == 0 ? " is missing" : " is there");
  if (numbers.size() + lost.size() == static_cast<std::size_t>(count)) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << numbers.size() << " are there, and " << lost.size() << " are lost";
}

bool carries(const ReceivedRequest& request, int number) {
  if (!request.json.is_object() || !request.json.contains("spans")) return false;
  const auto spans = Oracle::items_of(request.json);
  return std::any_of(spans.begin(), spans.end(), [number](const json& span) {
    return span.contains("attributes") && span["attributes"].value("number", -1) == number;
  });
}

std::string text_of(const Stats& stats) { return books_text(stats); }

::testing::AssertionResult balanced(const Stats& stats) {
  if (stats.balanced()) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "the books do not balance:\n" << books_text(stats);
}

::testing::AssertionResult balanced(const Ended& ended) {
  if (ended.number("balanced") == 1) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "the books do not balance: " << ended.story();
}

::testing::AssertionResult ended_well(const Ended& ended) {
  if (ended.clean()) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << ended.story();
}

}  // namespace llmtrace::testing_support
