#include "export/event_sender.hpp"

#include "export/event_encoder.hpp"
#include "export/event_replies.hpp"
#include "export/item_json.hpp"
#include "export/retry_after.hpp"

#include <algorithm>
#include <utility>

namespace llmtrace::exporting {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t most_looked_through = std::size_t{4} << 20;
constexpr std::string_view nothing_to_say = "{}";

std::string hex_text(std::uint64_t value) {
  char text[16];
  return {text, hex_of(value, text)};
}

}  // namespace

EventSender::EventSender(Transport& transport, const RetryOptions& options, std::minstd_rand random,
                         WarnFunction warn) noexcept
    : transport_{transport},
      options_{sanitized(options)},
      pacing_{options_, random},
      warn_{std::move(warn)} {}

void EventSender::submit(const EventBatch& batch, TimePoint now) noexcept {
  batch_ = &batch;
  spans_left_ = batch.spans().size();
  headers_left_ = 0;
  for (const EventTrace& one : batch.traces()) headers_left_ += one.headers;
  progress_ = now;
  tried_ = false;
  if (deadline_) due_ = now;  // otherwise a wait that the batch before caused goes on
  go_to_trace(0);
}

// Finds the first call that is to be made from this trace on.
void EventSender::go_to_trace(std::size_t index) noexcept {
  trace_ = index;
  recreated_ = false;
  if (trace_ == batch_->traces().size()) {
    batch_ = nullptr;
    return;
  }
  span_ = 0;
  book_.trace(trace().key).empty() ? go_to(Call::create_trace) : go_to_span(0);
}

void EventSender::go_to_span(std::size_t index) noexcept {
  span_ = index;
  span_ == trace().spans.size() ? go_to(Call::complete_trace) : go_to(Call::create_span);
}

void EventSender::go_to(Call call) noexcept {
  call_ = call;
  looks_up_ = false;
  server_errors_ = 0;
  const bool around_others = trace().headers == 0 && !book_.is_own(trace().key);
  if (call_ == Call::complete_trace && trace().complete.empty() && !around_others) end_trace();
}

void EventSender::end_trace() noexcept {
  settle_headers(&SinkTally::headers_sent);
  go_to_trace(trace_ + 1);
}

void EventSender::step(TimePoint now) noexcept {
  if (in_flight_) {
    if (const auto reply = transport_.take()) {
      in_flight_ = false;
      looks_up_ ? handle_lookup(*reply, now) : handle(*reply, now);
    } else if (deadline_ && now >= *deadline_) {
      give_up();
    }
  }
  if (in_flight_ || idle() || gave_up_) return;
  const bool is_due = now >= due_;
  if (now - progress_ >= options_.max_retry_age && !(is_due && !tried_)) {
    warn(Warning::expired, "spans could not be delivered in time: lost", 0, "");
    settle_rest(&SinkTally::expired);
  } else if (is_due) {
    start(now);
  }
}

EventSender::TimePoint EventSender::next_event() const noexcept {
  if (idle() || gave_up_) return TimePoint::max();
  if (in_flight_) return deadline_.value_or(TimePoint::max());
  return std::min(due_, progress_ + options_.max_retry_age);
}

void EventSender::start(TimePoint now) noexcept {
  last_try_ = deadline_.has_value();
  tried_ = true;
  try {
    in_flight_ = transport_.start(make_request(now));
  } catch (...) {  // no memory for a path
    in_flight_ = false;
  }
  if (in_flight_) return;
  warn(Warning::unreachable, "a request could not be started for lack of memory; trying again", 0, "");
  on_failure(nullptr, now);
}

PostRequest EventSender::make_request(TimePoint now) {
  PostRequest request = looks_up_ ? make_lookup() : PostRequest{};
  const std::string trace_path = "/api/traces/" + std::string{book_.trace(trace().key)};
  if (!looks_up_ && call_ == Call::create_trace) {
    path_ = "/api/traces";
    request.body[0] = batch_->text(trace().create);
  } else if (!looks_up_ && call_ == Call::create_span) {
    path_ = trace_path + "/spans";
    const std::string_view parent = book_.span(trace().key, span().parent_id);
    opening_ = parent.empty() ? "{" : "{\"parent_span_id\":\"" + std::string{parent} + "\",";
    request.body = {opening_, batch_->text(span().create).substr(1), {}};
  } else if (!looks_up_) {
    const bool of_span = call_ == Call::complete_span;
    path_ = (of_span ? "/api/spans/" + span_id_ : trace_path) + "/complete";
    const TextRange range = of_span ? span().complete : trace().complete;
    request.body[0] = range.empty() ? nothing_to_say : batch_->text(range);
    request.method = net::HttpMethod::patch;
  }
  request.path = path_;
  request.may_repeat = looks_up_ || !creates();
  auto timeout = options_.request_timeout;
  if (deadline_) timeout = std::min(timeout, std::chrono::ceil<milliseconds>(*deadline_ - now));
  request.timeout = std::max(timeout, milliseconds{1});
  request.connect_timeout = options_.connect_timeout;
  return request;
}

PostRequest EventSender::make_lookup() {
  const bool of_trace = call_ == Call::create_trace;
  path_ = of_trace ? "/api/traces?limit=100" : "/api/traces/" + std::string{book_.trace(trace().key)};
  PostRequest request{};
  request.method = net::HttpMethod::get;
  request.most_reply_bytes = most_looked_through;
  return request;
}

void EventSender::handle(const net::HttpReply& reply, TimePoint now) noexcept {
  const bool of_trace = call_ == Call::create_trace || call_ == Call::complete_trace;
  Verdict verdict = judge_status(reply);
  std::optional<std::string> id;
  if (verdict == Verdict::accepted && !reply.body_cut)
    id = id_in_reply(reply.body, of_trace ? "trace_id" : "span_id");
  if (id) return on_accepted(*id, now);
  if (verdict == Verdict::accepted) verdict = Verdict::unusable;
  switch (verdict) {
    case Verdict::too_large:
    case Verdict::rejected:
      return creates_again(reply.status) ? proceed(now) : on_rejected(reply.status, now);
    case Verdict::server_error: return on_server_error(reply, now);
    default: break;
  }
  // 408, 429 and 503 say that nothing was done.
  const bool answered = reply.outcome == net::HttpReply::Outcome::answered;
  const bool is_sure = answered && (reply.status == 408 || reply.status == 429 || reply.status == 503);
  looks_up_ = creates() && !is_sure;
  warn_of_failure(reply, verdict);
  on_failure(&reply, now);
}

// Whatever it says that is no list is taken for "not there".
void EventSender::handle_lookup(const net::HttpReply& reply, TimePoint now) noexcept {
  const Verdict verdict = judge_status(reply);
  if (verdict == Verdict::retry || verdict == Verdict::server_error) {
    warn_of_failure(reply, verdict);
    return on_failure(&reply, now);
  }
  std::optional<std::string> id;
  try {
    if (verdict == Verdict::accepted && call_ == Call::create_trace) {
      const std::string ours = hex_text(trace().key.high) + hex_text(trace().key.low);
      id = find_ours(reply.body, "traces", "trace_id", EventEncoder::trace_id_key, ours);
    } else if (verdict == Verdict::accepted) {
      id = find_ours(reply.body, "spans", "span_id", EventEncoder::span_id_key, hex_text(span().id));
    }
  } catch (...) {  // no memory to look
    return on_failure(nullptr, now);
  }
  looks_up_ = false;
  id ? on_accepted(*id, now) : proceed(now);
}

void EventSender::on_accepted(const std::string& id, TimePoint now) noexcept {
  proceed(now);
  try {
    switch (call_) {
      case Call::create_trace:
        book_.add_trace(trace().key, id, trace().headers != 0);
        return go_to_span(span_);
      case Call::create_span:
        span_id_ = id;
        book_.add_span(trace().key, span().id, id);
        return go_to(Call::complete_span);
      case Call::complete_span: settle_spans(&SinkTally::acknowledged, 1); return go_to_span(span_ + 1);
      case Call::complete_trace: return end_trace();
    }
  } catch (...) {  // no memory for what it is called there
    lose(&SinkTally::out_of_memory);
  }
}

// The service answers, so the breaker closes and nothing waits.
void EventSender::proceed(TimePoint now) noexcept {
  pacing_.succeeded();
  progress_ = now;
  due_ = now;
}

// A service that has lost its data does not know the trace any more: it gets it anew, once.
bool EventSender::creates_again(int status) noexcept {
  if (status != 404 || call_ != Call::create_span || recreated_) return false;
  recreated_ = true;
  book_.forget(trace().key);
  go_to(Call::create_trace);
  return true;
}

void EventSender::on_rejected(int status, TimePoint now) noexcept {
  const auto index = static_cast<std::size_t>(status);
  if (!warned_statuses_.test(index)) {
    warned_statuses_.set(index);
    if (status < 400) {
      warn(Warning::redirected, "HTTP ", status, ": redirects are not followed, check the URL: data is lost");
    } else if (status == 413) {
      warn(Warning::too_large, "something is larger than the service accepts (HTTP ", status, "): lost");
    } else {
      warn(Warning::refused, "the service refused the data with HTTP ", status,
           status == 401 || status == 403 ? ", check the API key: data is lost" : ": data is lost");
    }
  }
  proceed(now);
  lose(&SinkTally::rejected);
}

// What the current call was for: a trace with all that is left of it, a span, or the end of a trace.
void EventSender::lose(std::uint64_t SinkTally::*how) noexcept {
  switch (call_) {
    case Call::create_trace:
      settle_spans(how, trace().spans.size() - span_);
      settle_headers(&SinkTally::headers_dropped);
      return go_to_trace(trace_ + 1);
    case Call::create_span:
    case Call::complete_span: settle_spans(how, 1); return go_to_span(span_ + 1);
    case Call::complete_trace: settle_headers(&SinkTally::headers_dropped); return go_to_trace(trace_ + 1);
  }
}

void EventSender::on_server_error(const net::HttpReply& reply, TimePoint now) noexcept {
  warn_of_failure(reply, Verdict::server_error);
  if (++server_errors_ < options_.server_error_tries) {
    looks_up_ = creates();
  } else {
    lose(&SinkTally::rejected);
  }
  wait_after(&reply, now);
  if (last_try_ && pacing_.open()) give_up();  // otherwise it may be this call alone
}

void EventSender::on_failure(const net::HttpReply* reply, TimePoint now) noexcept {
  wait_after(reply, now);
  if (last_try_) give_up();
}

// The shutdown waits for nothing.
void EventSender::wait_after(const net::HttpReply* reply, TimePoint now) noexcept {
  std::optional<milliseconds> asked;
  if (reply != nullptr && reply->outcome == net::HttpReply::Outcome::answered)
    asked = parse_retry_after(reply->retry_after, reply->date, options_.max_backoff);
  const auto time = pacing_.failed(asked);
  due_ = deadline_ ? now : now + time;
  if (deadline_ && now >= *deadline_) give_up();
}

void EventSender::finish_by(TimePoint deadline, TimePoint now) noexcept {
  deadline_ = deadline;
  gave_up_ = false;
  due_ = std::min(due_, now);
}

void EventSender::give_up() noexcept {
  if (std::exchange(in_flight_, false)) transport_.cancel();
  gave_up_ = true;
}

void EventSender::abandon() noexcept {
  if (std::exchange(in_flight_, false)) transport_.cancel();
  settle_rest(&SinkTally::shutdown);
}

void EventSender::settle_spans(std::uint64_t SinkTally::*how, std::size_t count) noexcept {
  tally_.*how += count;
  spans_left_ -= count;
}

void EventSender::settle_headers(std::uint64_t SinkTally::*how) noexcept {
  tally_.*how += trace().headers;
  headers_left_ -= trace().headers;
}

void EventSender::settle_rest(std::uint64_t SinkTally::*how) noexcept {
  tally_.*how += std::exchange(spans_left_, 0);
  tally_.headers_dropped += std::exchange(headers_left_, 0);
  batch_ = nullptr;
}

SinkTally EventSender::take_settled() noexcept { return std::exchange(tally_, SinkTally{}); }

void EventSender::warn_of_failure(const net::HttpReply& reply, Verdict verdict) noexcept {
  if (reply.outcome != net::HttpReply::Outcome::answered) {
    warn(Warning::unreachable, "the service cannot be reached: ", 0, reply.error.c_str());
  } else if (verdict == Verdict::unusable) {
    warn(Warning::unusable_reply, "HTTP ", reply.status,
         " without an id, is this the URL of the service? trying again");
  } else if (verdict == Verdict::server_error) {
    warn(Warning::server_error, "the service failed with HTTP ", reply.status, "");
  } else {
    warn(Warning::overloaded, "the service answered HTTP ", reply.status, "; trying again");
  }
}

void EventSender::warn(Warning kind, const char* before, int status, const char* after) noexcept {
  if (!warn_) return;
  try {
    warn_(kind, std::string{before} + (status == 0 ? std::string{} : std::to_string(status)) + after);
  } catch (...) {  // no memory for the text, or a host's callback that throws: delivery goes on
  }
}

}  // namespace llmtrace::exporting
