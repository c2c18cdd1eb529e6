// One body on its way into a table: undoes the compression, finds out what frames it has (one document,
// lines, an array, server-sent events, AWS's event stream, or no JSON at all) and feeds what is in them to
// the scanner.
#pragma once

#include "llm/event_stream.hpp"
#include "llm/inflate.hpp"
#include "llm/json_scanner.hpp"
#include "llm/reader_limits.hpp"
#include "llm/sse.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace llmtrace::llm {

enum class Framing : std::uint8_t { unknown, json, sse, event_stream, html, text };

// What the body says beyond the table's rows.
class BodyEvents {
 public:
  BodyEvents() = default;
  BodyEvents(const BodyEvents&) = delete;
  BodyEvents& operator=(const BodyEvents&) = delete;
  virtual ~BodyEvents() = default;

  virtual void chunk(std::string_view name) = 0;         // an event of a stream has been read
  virtual void chunk_begins(std::string_view name) = 0;  // and begins to be
  virtual void text_event(std::string_view data) = 0;    // where events are text and not JSON
  virtual void stream_done() = 0;                        // [DONE]
  virtual void exception(const EventFrame& frame) = 0;   // of an event stream
};

struct BodyOptions {
  std::string content_type;
  std::string content_encoding;
  bool inner_bytes = false;
  bool plain_text_events = false;
};

class BodyReader final : private SseSink, private EventFrameSink {
 public:
  BodyReader(const JsonTable& table, JsonTarget& target, BodyEvents& events, BodyOptions options,
             const ReaderLimits& limits);
  ~BodyReader() override;

  void feed(std::string_view piece);
  void gap();
  void finish();

  [[nodiscard]] Framing framing() const noexcept { return framing_; }
  [[nodiscard]] const JsonScanner& scanner() const noexcept { return scanner_; }
  [[nodiscard]] bool frame_incomplete() const noexcept { return frames_.incomplete(); }
  // The beginning of a body that is no JSON.
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

 private:
  void decide_encoding(bool at_end);
  void feed_encoded(std::string_view bytes);
  void feed_plain(std::string_view bytes);
  void decide(bool at_end);
  void feed_frames(std::string_view bytes);
  [[nodiscard]] bool is_media() const noexcept;

  void event_data(std::string_view piece, std::string_view name) override;
  void event_end(std::string_view name) override;
  void stream_done() override;
  void frame(const EventFrame& frame) override;
  void damaged() override;

  JsonTarget& target_;
  BodyEvents& events_;
  BodyOptions options_;
  const ReaderLimits& limits_;
  JsonScanner scanner_;
  SseSplitter sse_{*this};
  EventStreamSplitter frames_;
  std::unique_ptr<Inflater> inflater_;
  bool encoding_decided_ = false;
  bool inflater_lost_ = false;  // bytes are missing; the rest cannot be inflated
  Framing framing_ = Framing::unknown;
  std::string head_;  // what came before the framing was clear
  std::string text_;
  bool event_begun_ = false;
  std::uint64_t bytes_ = 0;
  std::string undecided_;  // before it is clear whether the body is compressed
};

}  // namespace llmtrace::llm
