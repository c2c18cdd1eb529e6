#include "export/batch_sender.hpp"

#include "export/retry_after.hpp"

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <utility>

namespace llmtrace::exporting {

using std::chrono::milliseconds;

BatchSender::BatchSender(Transport& transport, const RetryOptions& options, std::minstd_rand random,
                         WarnFunction warn) noexcept
    : transport_(transport),
      options_(sanitized(options)),
      pacing_(options_, random),
      warn_(std::move(warn)) {}

bool BatchSender::submit(EncodedBatch&& batch, TimePoint now) noexcept {
  if (!idle() || gave_up_) return false;
  batch_ = std::move(batch);
  work_.reset(batch_.size());
  submitted_ = now;
  tried_ = false;
  if (deadline_) due_ = now;  // otherwise a wait that the batch before caused goes on
  return true;
}

void BatchSender::step(TimePoint now) noexcept {
  if (in_flight_) {
    if (const auto reply = transport_.take()) {
      in_flight_ = false;
      handle(*reply, now);
    } else if (deadline_ && now >= *deadline_) {
      give_up();
    }
  }
  if (in_flight_ || idle() || gave_up_) return;
  const bool is_due = now >= due_;
  if (is_expired(now) && !(is_due && !tried_)) {  // however short its time is, it is tried once
    expire();
  } else if (is_due) {
    start(now);
  }
}

BatchSender::TimePoint BatchSender::next_event() const noexcept {
  if (idle() || gave_up_) return TimePoint::max();
  if (in_flight_) return deadline_.value_or(TimePoint::max());
  return std::min(due_, submitted_ + options_.max_retry_age);
}

void BatchSender::start(TimePoint now) noexcept {
  last_try_ = deadline_.has_value();
  tried_ = true;
  work_.split_known_bad();
  in_flight_ = transport_.start(make_request(now));
  if (in_flight_) return;
  warn(Warning::unreachable, "a request could not be started for lack of memory; trying again");
  on_failure(nullptr, now);
}

PostRequest BatchSender::make_request(TimePoint now) const noexcept {
  const bool spans = batch_.kind == EncodedBatch::Kind::spans;
  const auto& part = work_.front();
  auto timeout = options_.request_timeout;
  if (deadline_) timeout = std::min(timeout, std::chrono::ceil<milliseconds>(*deadline_ - now));
  return {spans ? "/api/spans" : "/api/traces",
          {spans ? R"({"spans":[)" : R"({"traces":[)", batch_.range(part.first, part.last), "]}"},
          std::max(timeout, milliseconds{1}),
          options_.connect_timeout};
}

void BatchSender::handle(const net::HttpReply& reply, TimePoint now) noexcept {
  const auto judgement = judge(reply, work_.front().size());
  switch (judgement.verdict) {
    case Verdict::accepted: return on_accepted(judgement.counts, now);
    case Verdict::too_large: return on_too_large(now);
    case Verdict::rejected: return on_rejected(reply.status, now);
    case Verdict::server_error: return on_server_error(reply, now);
    case Verdict::retry:
    case Verdict::unusable: warn_of_failure(reply, judgement.verdict); return on_failure(&reply, now);
  }
}

void BatchSender::on_accepted(const AcceptReply& counts, TimePoint now) noexcept {
  tally().accepted += counts.accepted;
  tally().rejected += counts.rejected;
  if (counts.rejected != 0 && !std::exchange(warned_partly_rejected_, true)) {
    warn(Warning::partly_rejected, "the service did not accept %zu of %zu items", counts.rejected,
         work_.front().size());
  }
  work_.pop();
  proceed(now);
}

// The service answers, so the breaker closes and nothing waits.
void BatchSender::proceed(TimePoint now) noexcept {
  pacing_.succeeded();
  due_ = now;
}

void BatchSender::on_too_large(TimePoint now) noexcept {
  if (work_.front().can_be_halved()) {
    work_.split();
  } else {
    warn(Warning::too_large, "one item is larger than the service accepts (HTTP 413): lost");
    settle_part(&Tally::rejected);
  }
  proceed(now);
}

void BatchSender::on_rejected(int status, TimePoint now) noexcept {
  const auto index = static_cast<std::size_t>(status);
  if (!warned_statuses_.test(index)) {
    warned_statuses_.set(index);
    if (status < 400) {
      warn(Warning::redirected, "HTTP %d: redirects are not followed, check the URL: data is lost", status);
    } else {
      warn(Warning::refused, "the service refused the data with HTTP %d%s: data is lost", status,
           status == 401 || status == 403 ? ", check the API key" : "");
    }
  }
  settle_part(&Tally::rejected);
  proceed(now);
}

// A part of what failed is halved at its first error: that the error stays is known by then. A single item is
// about to be lost, so it is tried as often as the whole, unless the service has just taken others.
std::uint32_t BatchSender::tries_allowed() const noexcept {
  const auto& part = work_.front();
  const bool is_known = part.suspect && (part.can_be_halved() || pacing_.is_up());
  return is_known ? 1 : options_.server_error_tries;
}

void BatchSender::on_server_error(const net::HttpReply& reply, TimePoint now) noexcept {
  warn_of_failure(reply, Verdict::server_error);
  auto& part = work_.front();
  const bool is_enough = ++part.server_errors >= tries_allowed();
  if (is_enough && part.can_be_halved() && !std::exchange(part.suspect, true)) pacing_.begin_search();
  const bool in_search = part.suspect;
  if (is_enough && !part.can_be_halved()) {
    warn(Warning::server_error, "one item failed with HTTP %d each time: lost", reply.status);
    settle_part(&Tally::rejected);
  } else if (in_search) {
    work_.defer_to_untried();
  }
  const auto asked = asked_wait(reply);
  wait(in_search ? pacing_.failed_in_search(asked) : pacing_.failed(asked), now);
  // At the shutdown the search goes on at once: it is short, and all others depend on it.
  if (last_try_ && pacing_.open()) give_up();
}

void BatchSender::on_failure(const net::HttpReply* reply, TimePoint now) noexcept {
  wait(pacing_.failed(reply != nullptr ? asked_wait(*reply) : std::nullopt), now);
  if (last_try_) give_up();
}

std::optional<milliseconds> BatchSender::asked_wait(const net::HttpReply& reply) const noexcept {
  if (reply.outcome != net::HttpReply::Outcome::answered) return std::nullopt;
  return parse_retry_after(reply.retry_after, reply.date, options_.max_backoff);
}

// The shutdown waits for nothing.
void BatchSender::wait(milliseconds time, TimePoint now) noexcept {
  due_ = deadline_ ? now : now + time;
  if (deadline_ && now >= *deadline_) give_up();
}

bool BatchSender::is_expired(TimePoint now) const noexcept {
  return now - submitted_ >= options_.max_retry_age;
}

void BatchSender::expire() noexcept {
  warn(Warning::expired, "%zu items could not be delivered in time: lost", work_.items());
  settle_rest(&Tally::expired);
}

void BatchSender::finish_by(TimePoint deadline, TimePoint now) noexcept {
  deadline_ = deadline;
  gave_up_ = false;
  pacing_.begin_anew();
  due_ = std::min(due_, now);
}

void BatchSender::give_up() noexcept {
  if (std::exchange(in_flight_, false)) transport_.cancel();
  gave_up_ = true;
}

void BatchSender::abandon() noexcept {
  if (std::exchange(in_flight_, false)) transport_.cancel();
  settle_rest(&Tally::abandoned);
}

void BatchSender::settle_part(std::uint64_t Tally::*outcome) noexcept {
  tally().*outcome += work_.front().size();
  work_.pop();
}

void BatchSender::settle_rest(std::uint64_t Tally::*outcome) noexcept {
  tally().*outcome += work_.items();
  work_.clear();
}

Settled BatchSender::take_settled() noexcept { return std::exchange(settled_, Settled{}); }

EncodedBatch BatchSender::reclaim() noexcept {
  if (!idle()) return {};
  EncodedBatch storage = std::exchange(batch_, EncodedBatch{});
  storage.items.clear();
  storage.ends.clear();
  return storage;
}

void BatchSender::warn_of_failure(const net::HttpReply& reply, Verdict verdict) noexcept {
  if (reply.outcome != net::HttpReply::Outcome::answered) {
    warn(Warning::unreachable, "the service cannot be reached: %s; trying again", reply.error.c_str());
  } else if (verdict == Verdict::unusable) {
    warn(Warning::unusable_reply,
         "HTTP %d without the confirmation of the service, is this its URL? trying again", reply.status);
  } else if (verdict == Verdict::server_error) {
    warn(Warning::server_error, "the service failed with HTTP %d", reply.status);
  } else {
    warn(Warning::overloaded, "the service answered HTTP %d; trying again", reply.status);
  }
}

void BatchSender::warn(Warning kind, const char* format, ...) noexcept {
  if (!warn_) return;
  std::array<char, 256> text{};
  va_list arguments;
  va_start(arguments, format);
  const int length = std::vsnprintf(text.data(), text.size(), format, arguments);
  va_end(arguments);
  if (length < 0) return;
  try {
    warn_(kind, {text.data(), std::min<std::size_t>(static_cast<std::size_t>(length), text.size() - 1)});
  } catch (...) {  // a host's callback must not stop delivery
  }
}

}  // namespace llmtrace::exporting
