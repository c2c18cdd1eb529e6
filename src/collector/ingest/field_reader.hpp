// Reads one field of an item from its JSON slice. An error says what the field should have been; the caller
// adds the field's name.
#pragma once

#include "collector/ingest/json_walk.hpp"
#include "collector/store/model.hpp"

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace llmtrace::collector::ingest {

// Keeps the texts that had escapes in them. Addresses stay.
class TextArena {
 public:
  [[nodiscard]] std::string_view text_of(std::string_view quoted);
  [[nodiscard]] std::string_view keep(std::string text);
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

 private:
  std::deque<std::string> texts_;
  std::size_t bytes_ = 0;
};

// Empty: the field was good.
using FieldError = std::string_view;

inline constexpr std::size_t largest_field = 8 * 1024 * 1024;
inline constexpr std::size_t most_tags = 256;

// Each takes a slice of checked JSON that is not null.
[[nodiscard]] FieldError read_text(std::string_view value, TextArena& arena,
                                   std::optional<std::string_view>& out);
[[nodiscard]] FieldError read_json(std::string_view value, std::optional<std::string_view>& out);
[[nodiscard]] FieldError read_object(std::string_view value, std::optional<std::string_view>& out);
[[nodiscard]] FieldError read_list(std::string_view value, std::optional<std::string_view>& out);
[[nodiscard]] FieldError read_texts(std::string_view value, TextArena& arena,
                                    std::optional<std::vector<std::string_view>>& out);
[[nodiscard]] FieldError read_boolean(std::string_view value, std::optional<bool>& out);
[[nodiscard]] FieldError read_count(std::string_view value, std::optional<std::int64_t>& out);
[[nodiscard]] FieldError read_milliseconds(std::string_view value, std::optional<std::int64_t>& nanoseconds);
[[nodiscard]] FieldError read_dollars(std::string_view value, std::optional<std::int64_t>& nanodollars);
[[nodiscard]] FieldError read_time(std::string_view value, std::optional<UnixTime>& out);
[[nodiscard]] FieldError read_status(std::string_view value, std::optional<Status>& out);
[[nodiscard]] FieldError read_span_type(std::string_view value, std::optional<SpanType>& out);
[[nodiscard]] FieldError read_trace_id(std::string_view value, TraceId& out);
[[nodiscard]] FieldError read_span_id(std::string_view value, SpanId& out);

[[nodiscard]] std::optional<double> number_of(std::string_view value) noexcept;

}  // namespace llmtrace::collector::ingest
