#pragma once

#include "export/delivery.hpp"
#include "export/encoded_batch.hpp"
#include "export/pacing.hpp"
#include "export/transport.hpp"
#include "export/verdict.hpp"
#include "export/work_list.hpp"

#include <bitset>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <string_view>

namespace llmtrace::exporting {

// Delivers one batch at a time and settles every item of it: accepted, rejected, expired or
// abandoned. It owns all retrying, splitting and back-off, and does nothing by itself: the worker
// calls `step` when something happened or `next_event` has come. No clock is read here, so tests
// simulate hours. Called from the worker thread only.
class BatchSender {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  BatchSender(Transport& transport, const RetryOptions& options, std::minstd_rand random,
              WarnFunction warn) noexcept;

  // Takes a batch; false, and the batch is untouched, while another one is not settled.
  [[nodiscard]] bool submit(EncodedBatch&& batch, TimePoint now) noexcept;
  [[nodiscard]] bool idle() const noexcept { return work_.empty(); }

  void step(TimePoint now) noexcept;

  // When `step` has something to do even if no reply comes; TimePoint::max() for never.
  [[nodiscard]] TimePoint next_event() const noexcept;

  // What was settled since the last call.
  [[nodiscard]] Settled take_settled() noexcept;
  [[nodiscard]] std::size_t pending_items() const noexcept { return work_.items(); }

  // The storage of the settled batch, to encode the next one into.
  [[nodiscard]] EncodedBatch reclaim() noexcept;

  // The shutdown: waits are cut short and what is left gets one more try, until the deadline. When the
  // service cannot be reached then, or takes nothing, the sender has given up and only `abandon` is left to
  // do. A search for the item that breaks the service goes on.
  void finish_by(TimePoint deadline, TimePoint now) noexcept;
  [[nodiscard]] bool gave_up() const noexcept { return gave_up_; }

  // Stops at once; what is left is settled as abandoned.
  void abandon() noexcept;

 private:
  void start(TimePoint now) noexcept;
  void handle(const net::HttpReply& reply, TimePoint now) noexcept;
  void on_accepted(const AcceptReply& counts, TimePoint now) noexcept;
  void on_too_large(TimePoint now) noexcept;
  void on_rejected(int status, TimePoint now) noexcept;
  void on_server_error(const net::HttpReply& reply, TimePoint now) noexcept;
  void on_failure(const net::HttpReply* reply, TimePoint now) noexcept;
  void wait(std::chrono::milliseconds time, TimePoint now) noexcept;
  [[nodiscard]] std::optional<std::chrono::milliseconds> asked_wait(
      const net::HttpReply& reply) const noexcept;
  void expire() noexcept;
  void give_up() noexcept;

  void proceed(TimePoint now) noexcept;
  void settle_part(std::uint64_t Tally::*outcome) noexcept;
  void settle_rest(std::uint64_t Tally::*outcome) noexcept;
  [[nodiscard]] bool is_expired(TimePoint now) const noexcept;
  [[nodiscard]] std::uint32_t tries_allowed() const noexcept;
  [[nodiscard]] PostRequest make_request(TimePoint now) const noexcept;
  [[nodiscard]] Tally& tally() noexcept { return settled_.of(batch_.kind); }

  void warn_of_failure(const net::HttpReply& reply, Verdict verdict) noexcept;
  void warn(Warning kind, const char* format, ...) noexcept __attribute__((format(printf, 3, 4)));

  Transport& transport_;
  RetryOptions options_;
  Pacing pacing_;
  WarnFunction warn_;

  EncodedBatch batch_;
  WorkList work_;
  Settled settled_;
  TimePoint submitted_{};
  TimePoint due_{};  // when the front part may be sent
  std::optional<TimePoint> deadline_;
  bool in_flight_ = false;
  bool tried_ = false;     // some part of the batch
  bool last_try_ = false;  // the request in flight began after finish_by
  bool gave_up_ = false;
  bool warned_partly_rejected_ = false;
  std::bitset<600> warned_statuses_;
};

}  // namespace llmtrace::exporting
