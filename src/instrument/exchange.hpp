// One transfer of a handle as the span of a call. Between begin and end it stands in for the program's own
// callbacks, and hands everything on; then the handle is exactly as the program left it. What it does while
// bytes come is a copy and the time.
#pragma once

#include "instrument/call_rules.hpp"
#include "instrument/handle_state.hpp"
#include <llmtrace/stream.hpp>

#include <optional>
#include <string>

namespace llmtrace::instrument {

class Exchange {
 public:
  // Opens the span, or fills the llm span that is current and nobody has filled.
  Exchange(const CurlFunctions& curl, CURL* handle, HandleState& state,
           const std::shared_ptr<const RuleSet>& rules, const Call& call);
  // What ends without a result was given up by the program.
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // Puts our callbacks in, once the transfer is sure to begin.
  void take_over() noexcept;
  // The transfer is over; the program's values are back when this returns.
  void end(CURLcode code) noexcept;
  // The program takes it away. It is cancelled, unless all of its response proves to have come.
  void cancel() noexcept;
  // An exception of the program's flies through libcurl.
  void fail() noexcept;
  [[nodiscard]] SpanContext context() const noexcept;
  // The program sets an option meanwhile. True: it is ours at the moment, and must not reach libcurl.
  [[nodiscard]] bool keeps(CURLoption option) const noexcept;
  // What the program believes to be set, on another handle.
  void give_back_to(CURL* handle) const noexcept;
  // The handle was reset while the transfer ran: nothing of ours is left on it.
  void forget_handle() noexcept { has_taken_over_ = false; }

 private:
  static std::size_t on_write(char* bytes, std::size_t size, std::size_t count, void* self);
  static std::size_t on_header(char* bytes, std::size_t size, std::size_t count, void* self);
  static std::size_t on_read(char* bytes, std::size_t size, std::size_t count, void* self);
  static int on_seek(void* self, curl_off_t offset, int origin);

  std::size_t take_body(char* bytes, std::size_t size, std::size_t count);
  std::size_t take_header(char* bytes, std::size_t size, std::size_t count);
  std::size_t take_request(char* bytes, std::size_t size, std::size_t count);
  int seek_request(curl_off_t offset, int origin);

  [[nodiscard]] std::size_t hand_on_body(char* bytes, std::size_t size, std::size_t count) const;
  [[nodiscard]] std::size_t hand_on_header(char* bytes, std::size_t size, std::size_t count) const;
  void note_body(std::string_view bytes) noexcept;
  void note_header(std::string_view line) noexcept;
  void note_request(std::string_view bytes) noexcept;
  void record_request() noexcept;
  void record_options() noexcept;
  void describe() noexcept;
  void put_back() noexcept;
  void come_to_end() noexcept;
  void leave() noexcept;
  [[nodiscard]] bool reads_request() const noexcept;
  [[nodiscard]] bool seeks() const noexcept;

  const CurlFunctions& curl_;
  CURL* const handle_;
  HandleState& state_;
  const std::shared_ptr<const CallRules> rules_;
  std::optional<StreamRecorder> recorder_;
  std::string request_;  // what the program's read function gave
  std::string content_encoding_;
  std::string request_id_;
  bool has_taken_over_ = false;
  bool reads_ = false;
  bool seeks_ = false;
  bool in_header_ = true;
  bool answered_ = false;  // since the request was last read
  bool stopped_ = false;   // by the program
  bool counted_ = false;
};

// A traceparent for as long as it lives: in front of the program's own headers, which are not read.
class PropagatedContext {
 public:
  PropagatedContext() noexcept = default;
  ~PropagatedContext();
  PropagatedContext(const PropagatedContext&) = delete;
  PropagatedContext& operator=(const PropagatedContext&) = delete;

  void put(const CurlFunctions& curl, CURL* handle, HandleState& state, const SpanContext& context) noexcept;

 private:
  const CurlFunctions* curl_ = nullptr;
  CURL* handle_ = nullptr;
  HandleState* state_ = nullptr;
  char line_[96] = {};
  curl_slist head_ = {};
};

}  // namespace llmtrace::instrument
