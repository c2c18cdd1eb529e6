#include "collector/routes/event_body.hpp"

#include "collector/ingest/item_reader.hpp"
#include "core/json_check.hpp"
#include "core/time_format.hpp"
#include "core/utf8.hpp"

#include <algorithm>

namespace llmtrace::collector::routes {
namespace {

using namespace ingest;

constexpr std::size_t most_event_tags = 50;
constexpr std::size_t longest_tag = 100;
constexpr std::size_t longest_name = 255;

std::size_t characters(std::string_view text) noexcept {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string_view first_characters(std::string_view text, std::size_t most) noexcept {
  std::size_t seen = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool begins = (static_cast<unsigned char>(text[at]) & 0xC0) != 0x80;
    if (begins && ++seen > most) return text.substr(0, at);
  }
  return text;
}

std::string_view trimmed(std::string_view text) noexcept {
  constexpr std::string_view space = " \t\r\n\v\f";
  const auto first = text.find_first_not_of(space);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(space) - first + 1);
}

std::string_view inside(std::string_view quoted) noexcept { return quoted.substr(1, quoted.size() - 2); }

}  // namespace

EventBody::EventBody(std::string body) : memory_{std::make_shared<Memory>()} {
  memory_->body = std::move(body);
  const std::string_view text = memory_->body;
  if (!core::is_valid_json(text, deepest_item)) {
    complain("", "not valid JSON");
    return;
  }
  JsonMembers members{text};
  for (std::string_view key, member; members.next(key, member);) members_[inside(key)] = member;
  if (!members.whole()) complain("", "not an object");
}

std::string_view EventBody::value(std::string_view name) const {
  const auto found = members_.find(name);
  if (found == members_.end() || kind_of(found->second) == JsonKind::null) return {};
  return found->second;
}

bool EventBody::check(std::string_view name, FieldError error) {
  if (!error.empty()) complain(name, error);
  return error.empty();
}

void EventBody::complain(std::string_view name, std::string_view problem) {
  if (!complaints_.empty() && complaints_[0].name.empty()) return;  // of no object at all it lacks nothing
  complaints_.push_back({std::string{name}, std::string{problem}});
}

std::optional<std::string_view> EventBody::text(std::string_view name, std::size_t most_characters) {
  const std::string_view given = value(name);
  if (given.empty()) return std::nullopt;
  std::optional<std::string_view> out;
  if (!check(name, read_text(given, memory_->arena, out))) return std::nullopt;
  if (characters(*out) > most_characters)
    complain(name, "more than " + std::to_string(most_characters) + " characters");
  return out;
}

std::optional<std::string_view> EventBody::object(std::string_view name) {
  const std::string_view given = value(name);
  std::optional<std::string_view> out;
  if (!given.empty()) check(name, read_object(given, out));
  return out;
}

std::optional<std::string_view> EventBody::json(std::string_view name) const {
  const std::string_view given = value(name);
  return given.empty() ? std::nullopt : std::optional{given};
}

std::optional<std::int64_t> EventBody::count(std::string_view name) {
  const std::string_view given = value(name);
  std::optional<std::int64_t> out;
  if (!given.empty()) check(name, read_count(given, out));
  return out;
}

std::optional<std::int64_t> EventBody::dollars(std::string_view name) {
  const std::string_view given = value(name);
  std::optional<std::int64_t> out;
  if (!given.empty()) check(name, read_dollars(given, out));
  return out;
}

std::vector<std::string_view> EventBody::tags(std::string_view name) {
  std::vector<std::string_view> tags;
  const std::string_view given = value(name);
  if (given.empty()) return tags;
  std::optional<std::vector<std::string_view>> all;
  if (!check(name, read_texts(given, memory_->arena, all))) return tags;
  if (all->size() > most_event_tags) complain(name, "more than 50 tags");
  for (const std::string_view tag : *all)
    if (const auto shown = trimmed(tag); !shown.empty()) tags.push_back(first_characters(shown, longest_tag));
  return tags;
}

std::optional<std::string_view> EventBody::quoted_in(std::string_view object_name, std::string_view name) {
  JsonMembers members{value(object_name)};
  for (std::string_view key, member; members.next(key, member);)
    if (inside(key) == name && kind_of(member) == JsonKind::text) return member;
  return std::nullopt;
}

std::optional<UnixTime> EventBody::time_in(std::string_view object_name, std::string_view name) {
  const auto quoted = quoted_in(object_name, name);
  return quoted ? core::parse_rfc3339(inside(*quoted)) : std::nullopt;
}

std::optional<std::string_view> EventBody::text_in(std::string_view object_name, std::string_view name) {
  const auto quoted = quoted_in(object_name, name);
  std::optional<std::string_view> out;
  if (quoted) check(object_name, read_text(*quoted, memory_->arena, out));
  return out;
}

std::string_view EventBody::required_text(std::string_view name, std::size_t most_characters) {
  const auto given = text(name, most_characters);
  if (given && !given->empty()) return *given;
  if (given || value(name).empty())
    complain(name,
             given ? "must have 1 to " + std::to_string(most_characters) + " characters" : "field required");
  return {};
}

std::string_view EventBody::name() { return required_text("name", longest_name); }

SpanType EventBody::span_type() {
  const std::string_view given = value("span_type");
  std::optional<SpanType> out;
  if (given.empty()) {
    complain("span_type", "field required");
  } else {
    check("span_type", read_span_type(given, out));
  }
  return out.value_or(SpanType::other);
}

http::Response EventBody::complaints() const {
  JsonDocument document;
  document->begin_object();
  document->literal_key("detail");
  document->begin_array();
  for (const auto& [name, problem] : complaints_) {
    document->begin_object();
    document->literal_key("loc");
    document->begin_array();
    document->plain_string("body");
    if (!name.empty()) document->string(name);
    document->end_array();
    document->literal_key("msg");
    document->string(problem);
    document->literal_key("type");
    document->plain_string("value_error");
    document->end_object();
  }
  document->end_array();
  document->end_object();
  return json_response(document, 422);
}

}  // namespace llmtrace::collector::routes
