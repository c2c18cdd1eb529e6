#include "llm/sse.hpp"

#include <algorithm>
#include <cstring>

namespace llmtrace::llm {
namespace {

constexpr std::string_view done = "[DONE]";
constexpr std::size_t longest_name = 256;
constexpr std::size_t longest_field_name = 5;

std::size_t find_byte(std::string_view text, char byte) {
  const void* const found = text.empty() ? nullptr : std::memchr(text.data(), byte, text.size());
  return found != nullptr ? static_cast<std::size_t>(static_cast<const char*>(found) - text.data())
                          : text.size();
}

// A line ends with \n, \r\n or \r.
std::size_t find_line_end(std::string_view text) {
  const std::size_t newline = find_byte(text, '\n');
  return find_byte(text.substr(0, newline), '\r');
}

}  // namespace

void SseSplitter::feed(std::string_view piece) {
  while (!piece.empty()) {
    if (after_carriage_return_) {
      after_carriage_return_ = false;
      if (piece.front() == '\n') {
        piece.remove_prefix(1);
        continue;
      }
    }
    if (state_ == State::value_start) {
      state_ = State::value;
      if (piece.front() == ' ') {
        piece.remove_prefix(1);
        continue;
      }
    }
    if (state_ == State::line_start || state_ == State::field) {
      begin_field(piece);
      continue;
    }
    const std::size_t end = find_line_end(piece);
    if (state_ == State::value && end != 0) value(piece.substr(0, end));
    if (end == piece.size()) return;
    after_carriage_return_ = piece[end] == '\r';
    piece.remove_prefix(end + 1);
    end_line();
  }
}

// Takes up to the colon or the end of the line.
void SseSplitter::begin_field(std::string_view& rest) {
  const char byte = rest.front();
  rest.remove_prefix(1);
  if (byte == '\n' || byte == '\r') {
    after_carriage_return_ = byte == '\r';
    if (state_ == State::line_start) return dispatch();
    begin_value();
    return end_line();
  }
  if (state_ == State::line_start) {
    field_name_.clear();
    state_ = State::field;
  }
  if (byte == ':') {
    begin_value();
    return;
  }
  if (field_name_.size() <= longest_field_name) field_name_.push_back(byte);
}

void SseSplitter::begin_value() {
  state_ = State::ignore;
  field_ = field_name_ == "data" ? Field::data : field_name_ == "event" ? Field::event : Field::other;
  if (field_ == Field::other) return;
  state_ = State::value_start;
  if (field_ == Field::event) name_.clear();
  if (field_ == Field::data && has_data_) data("\n");
  if (field_ == Field::data) has_data_ = true;
}

void SseSplitter::value(std::string_view bytes) {
  if (field_ == Field::data) return data(bytes);
  name_.append(bytes.substr(0, longest_name - std::min(longest_name, name_.size())));
}

void SseSplitter::data(std::string_view bytes) {
  if (!holding_) return sink_.event_data(bytes, name_);
  const std::size_t wanted = std::min(bytes.size(), done.size() + 1 - held_.size());
  held_.append(bytes.substr(0, wanted));
  bytes.remove_prefix(wanted);
  if (bytes.empty() && done.starts_with(held_)) return;
  flush_held();
  if (!bytes.empty()) sink_.event_data(bytes, name_);
}

void SseSplitter::flush_held() {
  holding_ = false;
  if (!held_.empty()) sink_.event_data(held_, name_);
  held_.clear();
}

void SseSplitter::end_line() { state_ = State::line_start; }

void SseSplitter::dispatch() {
  if (has_data_) {
    if (holding_ && held_ == done) {
      sink_.stream_done();
    } else {
      flush_held();
      sink_.event_end(name_);
    }
  }
  has_data_ = false;
  holding_ = true;
  held_.clear();
  name_.clear();
}

void SseSplitter::gap() {
  if (has_data_) {
    if (holding_) flush_held();
    sink_.event_end(name_);
  }
  has_data_ = false;
  holding_ = true;
  held_.clear();
  name_.clear();
  after_carriage_return_ = false;
  state_ = State::ignore;
  field_ = Field::other;
}

void SseSplitter::finish() {
  if (state_ == State::field) begin_value();
  dispatch();
  state_ = State::line_start;
}

}  // namespace llmtrace::llm
