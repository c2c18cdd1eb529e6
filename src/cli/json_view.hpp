// Looks into a JSON answer without building anything of it. What is not there reads as empty.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace llmtrace::cli {

class JsonView {
 public:
  JsonView() = default;
  // Not explicit: a slice of JSON is what this is a view of. The text outlives the view.
  JsonView(std::string_view json) noexcept : json_{json} {}
  JsonView(const std::string& json) noexcept : json_{json} {}

  [[nodiscard]] bool exists() const noexcept { return !json_.empty(); }
  [[nodiscard]] std::string_view json() const noexcept { return json_; }
  [[nodiscard]] bool is_text() const noexcept { return json_.starts_with('"'); }
  [[nodiscard]] JsonView operator[](std::string_view key) const;
  [[nodiscard]] std::vector<JsonView> elements() const;
  [[nodiscard]] std::string text() const;
  [[nodiscard]] std::int64_t integer(std::int64_t otherwise = 0) const;
  [[nodiscard]] std::optional<double> number() const;
  [[nodiscard]] bool is_true() const noexcept { return json_ == "true"; }

 private:
  std::string_view json_;
};

// Whether the text is JSON that a view may look into.
[[nodiscard]] bool is_json(std::string_view text) noexcept;

// With line breaks and indentation, as people read it.
[[nodiscard]] std::string pretty_json(std::string_view json);

[[nodiscard]] std::string quoted_json(std::string_view text);

}  // namespace llmtrace::cli
