#include "llm/json_scanner.hpp"

#include "llm/byte_search.hpp"
#include "llm/json_tail.hpp"
#include "llm/text_repair.hpp"

#include <algorithm>
#include <cstring>

namespace llmtrace::llm {
namespace {

constexpr std::size_t longest_scalar = 64;

bool is_number(std::string_view text) noexcept {
  return !text.empty() && (text.front() == '-' || (text.front() >= '0' && text.front() <= '9'));
}

bool has(std::uint16_t takes, std::uint16_t flag) noexcept { return (takes & flag) != 0; }

}  // namespace

JsonScanner::JsonScanner(const JsonTable& table, JsonTarget& target, JsonLimits limits)
    : table_{table}, target_{target}, limits_{limits} {}

void JsonScanner::feed(std::string_view piece) {
  if (piece.empty()) return;
  if (lost_) {
    tail_.append(piece);
    if (tail_.size() > 2 * tail_limit_) tail_.erase(0, tail_.size() - tail_limit_);
    return;
  }
  at_ = piece.data();
  end_ = at_ + piece.size();
  while (at_ != end_) step();
}

void JsonScanner::gap(std::size_t kept) {
  lost_ = true;
  tail_limit_ = kept;
  tail_.clear();
}

void JsonScanner::step() {
  switch (state_) {
    case State::between: return between();
    case State::value:
      if (skip_space()) begin_value(current_);
      return;
    case State::first_element:
      if (!skip_space()) return;
      return *at_ == ']' ? close() : begin_value(element_node());
    case State::first_key: return first_key();
    case State::key: return member_key();
    case State::colon:
      if (!skip_space()) return;
      if (*at_ != ':') return fail();
      ++at_;
      state_ = State::value;
      return;
    case State::separator: return separator();
    case State::string: return in_string(false);
    case State::key_string: return in_string(true);
    case State::skip_string: return in_skip_string();
    case State::scalar: return in_scalar();
    case State::skip: return in_skip();
    case State::capture: return in_capture();
    case State::failed: return recover();
  }
}

bool JsonScanner::skip_space() noexcept {
  while (at_ != end_ && is_json_space(*at_)) ++at_;
  return at_ != end_;
}

void JsonScanner::between() {
  if (!skip_space()) return;
  if (*at_ == ',' && documents_ != 0) {  // some servers put commas between the elements of a stream
    ++at_;
    return;
  }
  depth_ = 0;
  begin_value(&table_.root());
}

const JsonTable::Node* JsonScanner::element_node() {
  Frame& frame = frames_[depth_ - 1];
  ++frame.next_index;
  return frame.node != nullptr ? frame.node->element : nullptr;
}

void JsonScanner::begin_value(const Node* node) {
  current_ = node;
  const char byte = *at_;
  if (byte == '{' || byte == '[') return begin_container(byte);
  if (byte == '"') return begin_string();
  if (!is_scalar_byte(byte)) return fail();
  begin_scalar();
}

void JsonScanner::begin_container(char bracket) {
  const bool object = bracket == '{';
  const std::uint16_t takes = current_ != nullptr ? current_->takes : 0;
  if (has(takes, object ? take::object : take::array)) return begin_capture();
  if (!object && has(takes, take::count)) {
    counting_ = true;
    return begin_skip();
  }
  if (current_ != nullptr) {
    const bool readable =
        object ? !current_->children.empty() || current_->any != nullptr : current_->element != nullptr;
    const bool watched = current_->enter != nullptr || current_->leave != nullptr;
    if (!readable && !(watched && object)) {
      wrong_type();
      return begin_skip();
    }
  }
  if (current_ == nullptr) return begin_skip();
  if (depth_ == max_depth) {
    if (!deep_noted_) target_.problem(Problem::too_deep, current_->path);
    deep_noted_ = true;
    return begin_skip();
  }
  ++at_;
  push(current_, object);
  state_ = object ? State::first_key : State::first_element;
}

void JsonScanner::push(const Node* node, bool object) {
  frames_[depth_++] = {node, object, 0};
  if (node != nullptr && node->enter != nullptr) {
    emit(node->enter, {object ? JsonKind::object : JsonKind::array, {}, false, 0, {}, {}});
  }
}

void JsonScanner::begin_skip() {
  state_ = State::skip;
  skip_depth_ = 0;
  skip_in_string_ = false;
  skip_escaped_ = false;
  commas_ = 0;
  counted_any_ = false;
}

void JsonScanner::begin_capture() {
  state_ = State::capture;
  text_.clear();
  text_limit_ = limits_.long_text;
  text_length_ = 0;
  text_cut_ = false;
  skip_depth_ = 0;
  skip_in_string_ = false;
  skip_escaped_ = false;
}

std::size_t JsonScanner::limit_of(const Node* node) const noexcept {
  return has(node->takes, take::long_text) ? limits_.long_text : limits_.short_text;
}

void JsonScanner::begin_string() {
  ++at_;
  escape_ = 0;
  high_surrogate_ = 0;
  if (current_ == nullptr || !has(current_->takes, take::text)) {
    if (current_ != nullptr) wrong_type();
    skip_escaped_ = false;
    state_ = State::skip_string;
    return;
  }
  text_.clear();
  text_limit_ = limit_of(current_);
  text_length_ = 0;
  text_cut_ = false;
  state_ = State::string;
}

void JsonScanner::begin_scalar() {
  text_.clear();
  text_limit_ = longest_scalar;
  text_length_ = 0;
  text_cut_ = false;
  state_ = State::scalar;
}

void JsonScanner::first_key() {
  if (!skip_space()) return;
  if (*at_ == '}') return close();
  member_key();
}

// A name that lies whole in the piece and needs no unescaping is compared where it stands.
void JsonScanner::member_key() {
  if (!skip_space()) return;
  if (*at_ != '"') return fail();
  ++at_;
  key_.clear();
  key_cut_ = false;
  escape_ = 0;
  high_surrogate_ = 0;
  const char* const stop = find_string_end(at_, end_);
  if (stop == end_ || *stop != '"') {
    state_ = State::key_string;
    return;
  }
  const std::string_view name{at_, static_cast<std::size_t>(stop - at_)};
  at_ = stop + 1;
  const Frame& frame = frames_[depth_ - 1];
  current_ = frame.node != nullptr && name.size() <= longest_key ? frame.node->find(name) : nullptr;
  if (current_ != nullptr && current_ == frame.node->any) key_.assign(name);
  state_ = State::colon;
}

void JsonScanner::end_key() {
  const Frame& frame = frames_[depth_ - 1];
  current_ = frame.node != nullptr && !key_cut_ ? frame.node->find(key_) : nullptr;
  state_ = State::colon;
}

void JsonScanner::separator() {
  if (!skip_space()) return;
  const Frame& frame = frames_[depth_ - 1];
  if (*at_ == ',') {
    ++at_;
    if (frame.object) {
      state_ = State::key;
    } else {
      current_ = element_node();
      state_ = State::value;
    }
    return;
  }
  if (*at_ == (frame.object ? '}' : ']')) return close();
  fail();
}

void JsonScanner::close() {
  ++at_;
  const Frame frame = frames_[--depth_];
  if (frame.node != nullptr && frame.node->leave != nullptr) {
    emit(frame.node->leave,
         {frame.object ? JsonKind::object : JsonKind::array, {}, false, frame.next_index, {}, {}});
  }
  value_done();
}

void JsonScanner::value_done() {
  if (depth_ != 0) {
    state_ = State::separator;
    return;
  }
  state_ = State::between;
  ++documents_;
}

void JsonScanner::finish_string() {
  repair_text();
  deliver(JsonKind::string, text_);
  value_done();
}

void JsonScanner::repair_text() {
  if (text_cut_) text_.resize(whole_utf8(text_));
  if (repair_utf8(text_)) target_.problem(Problem::invalid_utf8, current_->path);
}

void JsonScanner::finish_scalar() {
  if (text_ == "null") {
    if (current_ != nullptr && has(current_->takes, take::null)) emit(current_->action, {});
  } else if (is_number(text_)) {
    deliver(JsonKind::number, text_);
  } else if (text_ == "true" || text_ == "false") {
    deliver(JsonKind::boolean, text_);
  } else if (text_ != "NaN" && text_ != "Infinity") {  // what Python writes for them is skipped
    return fail();
  }
  value_done();
}

void JsonScanner::finish_capture() {
  repair_text();
  deliver(text_.front() == '{' ? JsonKind::object : JsonKind::array, text_);
  value_done();
}

bool JsonScanner::accepts(JsonKind kind) const noexcept {
  switch (kind) {
    case JsonKind::string: return has(current_->takes, take::text);
    case JsonKind::number: return has(current_->takes, take::number);
    case JsonKind::boolean: return has(current_->takes, take::boolean);
    case JsonKind::object: return has(current_->takes, take::object);
    case JsonKind::array: return has(current_->takes, take::array);
    case JsonKind::null: return true;
  }
  return false;
}

void JsonScanner::deliver(JsonKind kind, std::string_view text) {
  if (current_ == nullptr) return;
  if (!accepts(kind)) return wrong_type();
  emit(current_->action, {kind, text, text_cut_, text_length_, {}, {}});
}

void JsonScanner::wrong_type() {
  if (!has(current_->takes, take::anything)) target_.problem(Problem::wrong_type, current_->path);
}

void JsonScanner::emit(JsonAction action, JsonValue value) {
  if (action == nullptr) return;
  std::size_t arrays = 0;
  for (std::size_t i = 0; i < depth_; ++i) {
    if (!frames_[i].object) indices_[arrays++] = frames_[i].next_index - (frames_[i].next_index != 0 ? 1 : 0);
  }
  value.indices = {indices_.data(), arrays};
  const Node* const parent = depth_ != 0 ? frames_[depth_ - 1].node : nullptr;
  if (parent != nullptr && parent->any != nullptr && parent->any == current_) value.key = key_;
  action(target_, value);
}

void JsonScanner::fail() {
  state_ = State::failed;
  ever_failed_ = true;
  at_line_start_ = false;
}

// In a stream of lines the next line that begins an object is a new document.
void JsonScanner::recover() {
  if (at_line_start_ && *at_ == '{') {
    state_ = State::between;
    return;
  }
  at_line_start_ = false;
  const void* const newline = std::memchr(at_, '\n', static_cast<std::size_t>(end_ - at_));
  at_ = newline != nullptr ? static_cast<const char*>(newline) + 1 : end_;
  at_line_start_ = newline != nullptr;
}

void JsonScanner::end_document() {
  if (lost_) read_tail();
  if (state_ == State::scalar && depth_ == 0) finish_scalar();
  if (state_ == State::string) {  // what came of a text before the connection was lost
    text_cut_ = true;
    repair_text();
    deliver(JsonKind::string, text_);
  }
  if (state_ != State::between && state_ != State::failed) incomplete_ = true;
  leave_down_to(0);  // what was open is given what it has
  state_ = State::between;
  counting_ = false;
}

void JsonScanner::read_tail() {
  lost_ = false;
  std::string tail = std::move(tail_);
  if (tail.size() > tail_limit_) tail.erase(0, tail.size() - tail_limit_);
  tail_.clear();
  JsonTail{*this}.read(tail);
}

void JsonScanner::leave_down_to(std::size_t depth) {
  while (depth_ > depth) {
    const Frame frame = frames_[--depth_];
    if (frame.node == nullptr || frame.node->leave == nullptr) continue;
    emit(frame.node->leave,
         {frame.object ? JsonKind::object : JsonKind::array, {}, true, frame.next_index, {}, {}});
  }
}

}  // namespace llmtrace::llm
