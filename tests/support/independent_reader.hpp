// A second reader of recorded exchanges, written from the providers' documentation over a JSON library and
// sharing nothing with the readers under test. It takes whole bodies, is slow, and trusts what it is given.
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace llmtrace::testing_support {

struct ExpectedCall {
  std::string id;
  std::string name;
  nlohmann::json arguments;
};

struct Expected {
  std::optional<std::uint64_t> input;
  std::optional<std::uint64_t> output;
  std::optional<std::uint64_t> total;
  std::optional<std::uint64_t> cached;
  std::optional<std::uint64_t> reasoning_tokens;
  std::string model;
  std::string text;
  std::string reasoning;
  std::vector<std::string> finish_reasons;
  std::vector<ExpectedCall> calls;
};

// The JSON documents of a body: one, or those of a stream.
[[nodiscard]] std::vector<nlohmann::json> documents_of(const nlohmann::json& recording);

// Of a successful exchange. `recording` has the members of tests/data/exchanges.
[[nodiscard]] Expected read_independently(const nlohmann::json& recording);

[[nodiscard]] std::string decode(const std::string& base64);
// Arguments are compared as JSON; what is none stays a string.
[[nodiscard]] nlohmann::json arguments_of(const std::string& text);

}  // namespace llmtrace::testing_support
