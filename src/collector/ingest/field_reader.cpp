#include "collector/ingest/field_reader.hpp"

#include "core/time_format.hpp"

#include <charconv>
#include <cmath>
#include <limits>

namespace llmtrace::collector::ingest {
namespace {

constexpr FieldError not_text = "not a text";
constexpr FieldError too_large = "larger than 8 MiB";

bool is_text(std::string_view value) noexcept { return kind_of(value) == JsonKind::text; }

std::string_view unquoted(std::string_view value) noexcept {
  return is_text(value) ? value.substr(1, value.size() - 2) : std::string_view{};
}

FieldError id_problem(std::string_view digits, FieldError wrong_form) noexcept {
  return !digits.empty() && digits.find_first_not_of('0') == std::string_view::npos ? "all zeros"
                                                                                    : wrong_form;
}

FieldError read_kind(std::string_view value, JsonKind kind, FieldError wrong,
                     std::optional<std::string_view>& out) noexcept {
  if (kind_of(value) != kind) return wrong;
  if (value.size() > largest_field) return too_large;
  out = value;
  return {};
}

}  // namespace

std::string_view TextArena::text_of(std::string_view quoted) {
  std::string storage;
  const std::string_view text = ingest::text_of(quoted, storage);
  if (text.data() != storage.data()) return text;
  return keep(std::move(storage));
}

std::string_view TextArena::keep(std::string text) {
  bytes_ += text.size();
  return texts_.emplace_back(std::move(text));
}

std::optional<double> number_of(std::string_view value) noexcept {
  if (kind_of(value) != JsonKind::number) return std::nullopt;
  double number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc{} || end != value.data() + value.size()) return std::nullopt;
  return number;
}

FieldError read_text(std::string_view value, TextArena& arena, std::optional<std::string_view>& out) {
  if (!is_text(value)) return not_text;
  if (value.size() > largest_field) return too_large;
  out = arena.text_of(value);
  return {};
}

FieldError read_json(std::string_view value, std::optional<std::string_view>& out) {
  if (value.size() > largest_field) return too_large;
  out = value;
  return {};
}

FieldError read_object(std::string_view value, std::optional<std::string_view>& out) {
  return read_kind(value, JsonKind::object, "not an object", out);
}

FieldError read_list(std::string_view value, std::optional<std::string_view>& out) {
  return read_kind(value, JsonKind::array, "not a list", out);
}

FieldError read_texts(std::string_view value, TextArena& arena,
                      std::optional<std::vector<std::string_view>>& out) {
  if (kind_of(value) != JsonKind::array) return "not a list of texts";
  std::vector<std::string_view> texts;
  JsonElements elements{value};
  for (std::string_view element; elements.next(element);) {
    if (!is_text(element)) return "not a list of texts";
    if (texts.size() == most_tags) return "more than 256 texts";
    texts.push_back(arena.text_of(element));
  }
  out = std::move(texts);
  return {};
}

FieldError read_boolean(std::string_view value, std::optional<bool>& out) {
  if (kind_of(value) != JsonKind::boolean) return "not true or false";
  out = value.front() == 't';
  return {};
}

FieldError read_count(std::string_view value, std::optional<std::int64_t>& out) {
  constexpr FieldError wrong = "not a whole number of 0 or more";
  std::int64_t whole = 0;
  const char* const end = value.data() + value.size();
  const auto parsed = std::from_chars(value.data(), end, whole);
  if (parsed.ec == std::errc{} && parsed.ptr == end) {
    if (whole < 0) return wrong;
    out = whole;
    return {};
  }
  constexpr double largest_exact = 9'007'199'254'740'992;  // 2^53
  const auto number = number_of(value);
  if (!number || *number < 0 || *number > largest_exact || *number != std::floor(*number)) return wrong;
  out = static_cast<std::int64_t>(*number);
  return {};
}

FieldError read_milliseconds(std::string_view value, std::optional<std::int64_t>& nanoseconds) {
  const auto number = number_of(value);
  if (!number || *number < 0) return "not a number of 0 or more";
  constexpr double longest = 9.2e12;  // milliseconds, 292 years
  if (*number > longest) return "too long";
  nanoseconds = std::llround(*number * 1e6);
  return {};
}

FieldError read_dollars(std::string_view value, std::optional<std::int64_t>& nanodollars) {
  const auto number = number_of(value);
  if (!number || *number < 0) return "not a number of 0 or more";
  nanodollars = nanodollars_from(*number);
  return nanodollars ? FieldError{} : "too large";
}

FieldError read_time(std::string_view value, std::optional<UnixTime>& out) {
  out = core::parse_rfc3339(unquoted(value));
  return out ? FieldError{} : "not an RFC 3339 time between 1678 and 2262";
}

FieldError read_status(std::string_view value, std::optional<Status>& out) {
  out = status_from(unquoted(value));
  return out ? FieldError{} : "not one of running, ok, error, incomplete";
}

FieldError read_span_type(std::string_view value, std::optional<SpanType>& out) {
  out = span_type_from(unquoted(value));
  return out ? FieldError{} : "not one of llm, tool, agent, function, retrieval, embedding, chain, other";
}

FieldError read_trace_id(std::string_view value, TraceId& out) {
  const auto id = trace_id_from(unquoted(value));
  if (!id) return id_problem(unquoted(value), "not 32 hexadecimal digits");
  out = *id;
  return {};
}

FieldError read_span_id(std::string_view value, SpanId& out) {
  const auto id = span_id_from(unquoted(value));
  if (!id) return id_problem(unquoted(value), "not 16 hexadecimal digits");
  out = *id;
  return {};
}

}  // namespace llmtrace::collector::ingest
