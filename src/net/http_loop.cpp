#include "net/http_loop.hpp"

#include "net/global_init.hpp"
#include "net/own_descriptors.hpp"
#include "net/sigpipe_block.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <new>
#include <poll.h>
#include <utility>

namespace llmtrace::net {
namespace {

constexpr long kept_connections = 4;
constexpr auto longest_wait = std::chrono::milliseconds{60'000};
constexpr int pause_when_curl_fails_ms = 20;  // instead of a busy loop while memory is short

// Rounded up: rounding down would spin through the last millisecond.
std::chrono::milliseconds time_until(HttpLoop::Clock::time_point until) {
  const auto now = HttpLoop::Clock::now();
  if (until <= now) return std::chrono::milliseconds::zero();
  return std::chrono::ceil<std::chrono::milliseconds>(until - now);
}

}  // namespace

void MultiCloser::operator()(void* multi) const noexcept { curl_multi_cleanup(multi); }

std::unique_ptr<HttpLoop> HttpLoop::create(HttpLoopOptions options) noexcept {
  if (!global_init()) return nullptr;
  std::unique_ptr<HttpLoop> loop(new (std::nothrow) HttpLoop(std::move(options)));
  if (!loop || !loop->wake_event_.valid()) return nullptr;
  return are_descriptors_apart() || loop->make_multi() ? std::move(loop) : nullptr;
}

bool HttpLoop::make_multi() noexcept {
  multi_.reset(curl_multi_init());
  if (!multi_) return false;
  curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, kept_connections);
  return prepare_for_silent_cleanup();
}

// Without a multi handle each request fails, and is tried again: as if the service could not be reached.
void HttpLoop::enter_thread() noexcept {
  if (multi_) return;
  leave_descriptors_of_host(wake_event_.descriptor());
  static_cast<void>(make_multi());
}

// A multi handle closes connections, and itself, through an inner handle that takes NOSIGNAL over
// from the handle added last. One that never got any sets SIGPIPE to "ignore" for the whole process
// while it is cleaned up.
bool HttpLoop::prepare_for_silent_cleanup() noexcept {
  EasyHandle easy = handle_to_use();
  if (!easy || curl_multi_add_handle(multi_.get(), easy.get()) != CURLM_OK) return false;
  curl_multi_remove_handle(multi_.get(), easy.get());
  spare_ = std::move(easy);
  return true;
}

HttpLoop::HttpLoop(HttpLoopOptions options) noexcept : options_(std::move(options)) {}

HttpLoop::~HttpLoop() {
  const SigpipeBlock block;
  for (auto& transfer : transfers_) detach(*transfer);
  transfers_.clear();
  spare_.reset();
  multi_.reset();
}

HttpLoop::Id HttpLoop::start(const HttpRequest& request) noexcept {
  try {
    return start_or_throw(request);
  } catch (...) {
    return 0;
  }
}

HttpLoop::Id HttpLoop::start_or_throw(HttpRequest request) {
  if (deadline_) request.timeout = std::min(request.timeout, time_until(*deadline_));
  transfers_.reserve(transfers_.size() + 1);
  auto transfer = std::make_unique<Transfer>(last_id_ + 1, std::move(request), Clock::now());
  auto easy = handle_to_use();
  if (!easy) return 0;
  if (!transfer->prepare(std::move(easy), options_)) {
    completed_ = true;
  } else if (curl_multi_add_handle(multi_.get(), transfer->easy()) != CURLM_OK) {
    return 0;
  }
  transfers_.push_back(std::move(transfer));
  return ++last_id_;
}

EasyHandle HttpLoop::handle_to_use() noexcept {
  EasyHandle easy = spare_ ? std::move(spare_) : EasyHandle(curl_easy_init());
  if (!easy) return easy;
  curl_easy_reset(easy.get());
  // at once: even closing a handle without it changes the process's SIGPIPE disposition
  curl_easy_setopt(easy.get(), CURLOPT_NOSIGNAL, 1L);
  return easy;
}

HttpLoop::Polled HttpLoop::poll(std::chrono::milliseconds max_wait) noexcept {
  const auto wait = std::clamp(max_wait, std::chrono::milliseconds::zero(), longest_wait);
  const auto until = Clock::now() + wait;
  perform();
  for (;;) {
    const auto next = completed_ ? Clock::time_point::min() : std::min(until, next_expiry());
    const bool woken = wait_for_activity(time_until(next));
    perform();
    if (woken || completed_ || Clock::now() >= until) {
      return {woken, std::exchange(completed_, false)};
    }
  }
}

HttpLoop::Clock::time_point HttpLoop::next_expiry() const noexcept {
  auto nearest = Clock::time_point::max();
  for (const auto& transfer : transfers_) {
    if (!transfer->finished()) nearest = std::min(nearest, transfer->expires_at());
  }
  return nearest;
}

bool HttpLoop::wait_for_activity(std::chrono::milliseconds wait) noexcept {
  const auto timeout = static_cast<int>(wait.count());
  curl_waitfd woken{};
  woken.fd = wake_event_.descriptor();
  woken.events = CURL_WAIT_POLLIN;
  if (curl_multi_poll(multi_.get(), &woken, 1, timeout, nullptr) != CURLM_OK) {
    pollfd event{wake_event_.descriptor(), POLLIN, 0};
    ::poll(&event, 1, std::min(timeout, pause_when_curl_fails_ms));
  }
  return wake_event_.consume();
}

void HttpLoop::perform() noexcept {
  int still_running = 0;
  curl_multi_perform(multi_.get(), &still_running);
  collect();
  expire(Clock::now());
}

void HttpLoop::collect() noexcept {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const int code = message->data.result;  // the message dies with the removal of its handle
    CURL* easy = message->easy_handle;
    Transfer* transfer = nullptr;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
    curl_multi_remove_handle(multi_.get(), easy);
    const bool again =
        transfer->retry_on_fresh_connection(code) && curl_multi_add_handle(multi_.get(), easy) == CURLM_OK;
    if (again) continue;
    transfer->complete(code);
    spare_ = transfer->release_easy();
    completed_ = true;
  }
}

// Curl has the timeout too; this is the one that a deadline set later can still shorten.
void HttpLoop::expire(Clock::time_point now) noexcept {
  for (auto& transfer : transfers_) {
    if (transfer->finished() || now < transfer->expires_at()) continue;
    stop(*transfer, HttpReply::Outcome::timed_out, "Timeout was reached");
  }
}

void HttpLoop::stop(Transfer& transfer, HttpReply::Outcome outcome, const char* error) noexcept {
  detach(transfer);
  transfer.finish(outcome, error);
  completed_ = true;
}

void HttpLoop::detach(Transfer& transfer) noexcept {
  if (transfer.easy() == nullptr) return;
  curl_multi_remove_handle(multi_.get(), transfer.easy());
  spare_ = transfer.release_easy();
}

HttpLoop::Transfers::iterator HttpLoop::find(Id id) noexcept {
  return std::find_if(transfers_.begin(), transfers_.end(),
                      [id](const auto& transfer) { return transfer->id() == id; });
}

std::optional<HttpReply> HttpLoop::take(Id id) noexcept {
  const auto found = find(id);
  if (found == transfers_.end() || !(*found)->finished()) return std::nullopt;
  auto reply = (*found)->take_reply();
  erase(found);
  return reply;
}

void HttpLoop::cancel(Id id) noexcept {
  const auto found = find(id);
  if (found != transfers_.end()) erase(found);
}

void HttpLoop::erase(Transfers::iterator position) noexcept {
  detach(**position);
  transfers_.erase(position);
}

void HttpLoop::cancel_all() noexcept {
  for (auto& transfer : transfers_) {
    if (!transfer->finished()) stop(*transfer, HttpReply::Outcome::aborted, "cancelled");
  }
}

void HttpLoop::set_deadline(std::optional<Clock::time_point> deadline) noexcept {
  deadline_ = deadline;
  if (!deadline) return;
  for (auto& transfer : transfers_) transfer->cap(*deadline);
}

bool HttpLoop::running() const noexcept {
  return std::any_of(transfers_.begin(), transfers_.end(),
                     [](const auto& transfer) { return !transfer->finished(); });
}

}  // namespace llmtrace::net
