// Splits a stream of server-sent events, in any pieces. A message's data is handed on as it comes, so nothing
// of it is stored; "[DONE]" is told apart.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace llmtrace::llm {

class SseSink {
 public:
  SseSink() = default;
  SseSink(const SseSink&) = delete;
  SseSink& operator=(const SseSink&) = delete;
  virtual ~SseSink() = default;

  // The data of one event comes in pieces; `name` is that of its "event:" line, if any came before.
  virtual void event_data(std::string_view piece, std::string_view name) = 0;
  virtual void event_end(std::string_view name) = 0;
  virtual void stream_done() = 0;
};

class SseSplitter {
 public:
  explicit SseSplitter(SseSink& sink) noexcept : sink_{sink} {}

  void feed(std::string_view piece);
  // Bytes were lost: what follows counts from the next line that begins a field.
  void gap();
  // An event that no empty line ended is given out all the same.
  void finish();

 private:
  enum class State : std::uint8_t { line_start, field, value_start, value, ignore };
  enum class Field : std::uint8_t { other, data, event };

  std::string_view take_value(std::string_view& rest);
  void begin_field(std::string_view& rest);
  void begin_value();
  void value(std::string_view bytes);
  void data(std::string_view bytes);
  void flush_held();
  void end_line();
  void dispatch();

  SseSink& sink_;
  State state_ = State::line_start;
  Field field_ = Field::other;
  bool after_carriage_return_ = false;
  bool has_data_ = false;
  bool holding_ = true;  // what came so far may be "[DONE]"
  std::string held_;
  std::string field_name_;
  std::string name_;
};

}  // namespace llmtrace::llm
