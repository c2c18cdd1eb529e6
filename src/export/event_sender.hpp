// Sends a batch of traces and spans by the per-event protocol, one call at a time: the trace, its spans with
// parents before their children, the end of each, the end of the trace. It owns all retrying. A call that
// creates something is not repeated before the service was asked whether it did create it. No clock is read
// here. Called from the worker thread only.
#pragma once

#include "export/delivery.hpp"
#include "export/event_batch.hpp"
#include "export/event_book.hpp"
#include "export/pacing.hpp"
#include "export/sink.hpp"
#include "export/transport.hpp"
#include "export/verdict.hpp"

#include <bitset>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <string>

namespace llmtrace::exporting {

class EventSender {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  EventSender(Transport& transport, const RetryOptions& options, std::minstd_rand random,
              WarnFunction warn) noexcept;

  // The batch, sorted, stays the caller's and unchanged until idle().
  void submit(const EventBatch& batch, TimePoint now) noexcept;
  [[nodiscard]] bool idle() const noexcept { return batch_ == nullptr; }
  void step(TimePoint now) noexcept;
  // When `step` has something to do even if no reply comes; TimePoint::max() for never.
  [[nodiscard]] TimePoint next_event() const noexcept;
  // What was settled since the last call, without `requests`.
  [[nodiscard]] SinkTally take_settled() noexcept;

  // As of BatchSender.
  void finish_by(TimePoint deadline, TimePoint now) noexcept;
  [[nodiscard]] bool gave_up() const noexcept { return gave_up_; }
  void abandon() noexcept;

 private:
  enum class Call : std::uint8_t { create_trace, create_span, complete_span, complete_trace };

  // Where we are.
  [[nodiscard]] const EventTrace& trace() const noexcept { return batch_->traces()[trace_]; }
  [[nodiscard]] const EventSpan& span() const noexcept { return batch_->spans()[trace().spans[span_]]; }
  void go_to_trace(std::size_t index) noexcept;
  void go_to_span(std::size_t index) noexcept;
  void go_to(Call call) noexcept;
  void end_trace() noexcept;

  void start(TimePoint now) noexcept;
  [[nodiscard]] PostRequest make_request(TimePoint now);
  [[nodiscard]] PostRequest make_lookup();
  void handle(const net::HttpReply& reply, TimePoint now) noexcept;
  void handle_lookup(const net::HttpReply& reply, TimePoint now) noexcept;
  void on_accepted(const std::string& id, TimePoint now) noexcept;
  void on_rejected(int status, TimePoint now) noexcept;
  void on_server_error(const net::HttpReply& reply, TimePoint now) noexcept;
  void on_failure(const net::HttpReply* reply, TimePoint now) noexcept;
  void wait_after(const net::HttpReply* reply, TimePoint now) noexcept;
  [[nodiscard]] bool creates_again(int status) noexcept;
  void proceed(TimePoint now) noexcept;
  void give_up() noexcept;
  void lose(std::uint64_t SinkTally::*how) noexcept;
  void settle_spans(std::uint64_t SinkTally::*how, std::size_t count) noexcept;
  void settle_headers(std::uint64_t SinkTally::*how) noexcept;
  void settle_rest(std::uint64_t SinkTally::*how) noexcept;
  [[nodiscard]] bool creates() const noexcept {
    return call_ == Call::create_trace || call_ == Call::create_span;
  }
  void warn_of_failure(const net::HttpReply& reply, Verdict verdict) noexcept;
  void warn(Warning kind, const char* before, int status, const char* after) noexcept;

  Transport& transport_;
  RetryOptions options_;
  Pacing pacing_;
  WarnFunction warn_;
  EventBook book_;

  const EventBatch* batch_ = nullptr;
  std::size_t trace_ = 0;
  std::size_t span_ = 0;  // of the trace's
  Call call_ = Call::create_trace;
  bool looks_up_ = false;   // whether the call before it was lost has created something
  bool recreated_ = false;  // the trace, because the service had forgotten it
  std::uint32_t server_errors_ = 0;
  std::string span_id_;  // of the span that is to be completed, as the service calls it
  std::string path_;
  std::string opening_;
  std::uint64_t spans_left_ = 0;
  std::uint64_t headers_left_ = 0;
  SinkTally tally_;

  TimePoint progress_{};  // when the service last accepted something
  TimePoint due_{};
  std::optional<TimePoint> deadline_;
  bool in_flight_ = false;
  bool tried_ = false;     // some call of the batch
  bool last_try_ = false;  // the request in flight began after finish_by
  bool gave_up_ = false;
  std::bitset<600> warned_statuses_;
};

}  // namespace llmtrace::exporting
