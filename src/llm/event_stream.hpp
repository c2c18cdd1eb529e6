// Splits AWS's binary event stream (application/vnd.amazon.eventstream) into frames, in any pieces: lengths,
// headers, payload, each part with its CRC. A frame whose CRC is wrong is dropped and the next good one
// looked for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace llmtrace::llm {

struct EventFrame {
  std::string_view message_type;  // event, exception, error
  std::string_view event_type;
  std::string_view exception_type;
  std::string_view error_code;
  std::string_view error_message;
  std::string_view payload;
};

class EventFrameSink {
 public:
  EventFrameSink() = default;
  EventFrameSink(const EventFrameSink&) = delete;
  EventFrameSink& operator=(const EventFrameSink&) = delete;
  virtual ~EventFrameSink() = default;

  virtual void frame(const EventFrame& frame) = 0;
  virtual void damaged() = 0;
};

// Whether the bytes are the beginning of a frame: 12 bytes with a right CRC, the first of them zero.
[[nodiscard]] bool is_event_stream(std::string_view bytes) noexcept;

class EventStreamSplitter {
 public:
  // A frame longer than `longest` is skipped as damaged.
  EventStreamSplitter(EventFrameSink& sink, std::size_t longest) noexcept : sink_{sink}, longest_{longest} {}

  void feed(std::string_view piece);
  void gap();
  // Bytes of a frame that never became whole.
  [[nodiscard]] bool incomplete() const noexcept { return !buffer_.empty(); }

 private:
  // The length of the frame at the beginning, 0 when more bytes are needed; looks further when there is none.
  std::size_t next_frame(std::string_view& bytes);
  void read_frame(std::string_view frame);

  EventFrameSink& sink_;
  std::size_t longest_;
  std::string buffer_;  // the beginning of a frame
  bool lost_ = false;   // bytes are being skipped; said once
};

}  // namespace llmtrace::llm
