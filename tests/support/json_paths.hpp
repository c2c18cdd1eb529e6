// Members of a JSON document by their path, where any step may be missing.
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>

namespace llmtrace::testing_support {

using Json = nlohmann::json;
using Path = std::initializer_list<const char*>;

// The member at the end of a path, null when there is none.
inline Json at(const Json& from, Path path) {
  Json value = from;
  for (const char* key : path) {
    if (!value.is_object() || !value.contains(key)) return nullptr;
    Json next = value.at(key);
    value = std::move(next);
  }
  return value;
}

inline std::string text_at(const Json& from, Path path) {
  const Json value = at(from, path);
  return value.is_string() ? value.get<std::string>() : "";
}

inline std::optional<std::uint64_t> count_at(const Json& from, Path path) {
  const Json value = at(from, path);
  if (!value.is_number()) return std::nullopt;
  return static_cast<std::uint64_t>(value.get<double>());
}

inline void set_if(std::optional<std::uint64_t>& to, const std::optional<std::uint64_t>& count) {
  if (count) to = count;
}

inline Json list_at(const Json& from, Path path) {
  const Json value = at(from, path);
  return value.is_array() ? value : Json::array();
}

}  // namespace llmtrace::testing_support
