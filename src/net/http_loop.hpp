#pragma once

#include "net/http_message.hpp"
#include "net/transfer.hpp"
#include "net/wake_event.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace llmtrace::net {

struct MultiCloser {
  void operator()(void* multi) const noexcept;
};
using MultiHandle = std::unique_ptr<void, MultiCloser>;

// Runs HTTP requests of any number of senders on one thread: `start` them, `poll` for a while, then
// each sender takes its own replies. Called from the worker thread only, except `wake`. That thread
// blocks all signals, so that a connection which breaks cannot raise SIGPIPE in the host.
class HttpLoop {
 public:
  using Clock = std::chrono::steady_clock;
  using Id = std::uint64_t;

  struct Polled {
    bool woken = false;      // by `wake`
    bool completed = false;  // a reply can be taken
  };

  // Nothing when curl, memory or descriptors are short. Must not be created before `global_init`.
  [[nodiscard]] static std::unique_ptr<HttpLoop> create(HttpLoopOptions options) noexcept;
  ~HttpLoop();
  HttpLoop(const HttpLoop&) = delete;
  HttpLoop& operator=(const HttpLoop&) = delete;

  // Called once by the worker thread as it begins. Where descriptors are kept apart, curl opens its own only
  // here, and they must be closed here or not at all: the loop is destroyed by this thread, or never.
  void enter_thread() noexcept;

  // 0 when memory is short. A request that we refuse gets an id and, at the next poll, its reply.
  [[nodiscard]] Id start(const HttpRequest& request) noexcept;

  // Returns when a reply is complete, `wake` was called or the time is up, whichever is first.
  Polled poll(std::chrono::milliseconds max_wait) noexcept;

  [[nodiscard]] std::optional<HttpReply> take(Id id) noexcept;
  void cancel(Id id) noexcept;  // its reply will never come
  void cancel_all() noexcept;   // what runs ends as `aborted`

  // Caps what runs and what starts later: the budget of a shutdown. Without a value the cap is
  // lifted for what starts later.
  void set_deadline(std::optional<Clock::time_point> deadline) noexcept;

  void wake() noexcept { wake_event_.raise(); }  // any thread; neither locks nor allocates

  [[nodiscard]] bool running() const noexcept;

 private:
  explicit HttpLoop(HttpLoopOptions options) noexcept;

  using Transfers = std::vector<std::unique_ptr<Transfer>>;

  [[nodiscard]] Id start_or_throw(HttpRequest request);
  [[nodiscard]] bool make_multi() noexcept;
  [[nodiscard]] bool prepare_for_silent_cleanup() noexcept;
  [[nodiscard]] EasyHandle handle_to_use() noexcept;
  [[nodiscard]] bool wait_for_activity(std::chrono::milliseconds wait) noexcept;
  [[nodiscard]] Clock::time_point next_expiry() const noexcept;
  void perform() noexcept;
  void collect() noexcept;
  void expire(Clock::time_point now) noexcept;
  void stop(Transfer& transfer, HttpReply::Outcome outcome, const char* error) noexcept;
  void detach(Transfer& transfer) noexcept;
  void erase(Transfers::iterator position) noexcept;
  [[nodiscard]] Transfers::iterator find(Id id) noexcept;

  HttpLoopOptions options_;
  WakeEvent wake_event_;
  MultiHandle multi_;
  EasyHandle spare_;  // reused: it keeps the TLS sessions of earlier requests
  Transfers transfers_;
  std::optional<Clock::time_point> deadline_;
  Id last_id_ = 0;
  bool completed_ = false;  // since the last poll returned
};

}  // namespace llmtrace::net
