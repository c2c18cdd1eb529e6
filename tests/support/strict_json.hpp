#pragma once

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace llmtrace::testing_support {

// Strict: valid UTF-8 and no member twice, which nlohmann alone would let pass.
inline nlohmann::json parse_strictly(std::string_view text) {
  std::vector<std::set<std::string>> keys;
  const auto check = [&](int, nlohmann::json::parse_event_t event, nlohmann::json& value) {
    if (event == nlohmann::json::parse_event_t::object_start) keys.emplace_back();
    if (event == nlohmann::json::parse_event_t::object_end) keys.pop_back();
    if (event == nlohmann::json::parse_event_t::key) {
      EXPECT_TRUE(keys.back().insert(value.get<std::string>()).second) << "twice: " << value;
    }
    return true;
  };
  return nlohmann::json::parse(text, check);
}

int depth_of(const nlohmann::json& value) {
  int deepest = 0;
  if (!value.is_structured()) return 0;
  for (const auto& item : value) deepest = std::max(deepest, depth_of(item));
  return deepest + 1;
}

}  // namespace llmtrace::testing_support
