// The answering half of a session. Included by server.cpp alone.
#pragma once

#include "collector/http/session_read.hpp"

#include <array>

namespace llmtrace::collector::http {

// The right to answer one request. Whoever drops it unused has the client told, who would wait for ever.
class Ticket {
 public:
  Ticket(std::weak_ptr<Session> session, std::uint64_t number) noexcept
      : session_{std::move(session)}, number_{number} {}
  ~Ticket() {
    if (used_.exchange(true)) return;
    if (const auto session = session_.lock())
      redeem(*session, session->hub_->application.explain(503, "the server is stopping"));
  }
  Ticket(const Ticket&) = delete;
  Ticket& operator=(const Ticket&) = delete;

  void use(Response response) {
    if (used_.exchange(true)) return;
    if (const auto session = session_.lock()) redeem(*session, std::move(response));
  }

 private:
  void redeem(Session& session, Response response) {
    if (session.hub_->stopped) return;
    boost::asio::post(session.socket_.get_executor(), [self = session.shared_from_this(), number = number_,
                                                       answer = std::move(response)]() mutable {
      if (self->answers_due_ == number && !self->closed_) self->answer(std::move(answer));
    });
  }

  std::weak_ptr<Session> session_;
  std::uint64_t number_;
  std::atomic<bool> used_{false};
};

inline void Session::dispatch() {
  piece_.reset();
  inflater_.reset();
  clear_deadline();
  set_waiting(false);
  answers_due_ = ++request_number_;
  auto ticket = std::make_shared<Ticket>(weak_from_this(), answers_due_);
  Request request = std::move(request_);
  request_.method = request.method;  // the answer to HEAD has no body
  try {
    hub_->application.handle(std::move(request),
                             [ticket](Response response) { ticket->use(std::move(response)); });
  } catch (const std::exception&) {
    ticket->use(hub_->application.explain(500, "the request could not be handled"));
  }
}

inline void Session::answer(Response response) {
  answers_due_ = 0;
  set_waiting(false);
  release_held();
  piece_.reset();
  inflater_.reset();
  response_ = std::move(response);
  keep_alive_ = keep_alive_ && !unread_body_ && !hub_->stopping && !response_.source;
  if (response_.source) return begin_stream();
  write_whole();
}

inline void Session::write_whole() {
  const std::string_view body = response_.fixed_body.empty() ? response_.body : response_.fixed_body;
  const bool has_body = response_.status != 204 && response_.status != 304;
  Framing framing;
  if (has_body) framing.length = body.size();
  framing.keep_alive = keep_alive_;
  out_ = head_of(response_, framing);
  const bool send_body = has_body && request_.method != "HEAD";
  const std::array<boost::asio::const_buffer, 2> buffers{
      boost::asio::buffer(out_), boost::asio::buffer(body.data(), send_body ? body.size() : 0)};
  const std::chrono::milliseconds earned{body.size() * 1'000 / hub_->options.lowest_rate};
  set_deadline(hub_->options.write_time + earned);
  boost::asio::async_write(
      socket_, buffers, [self = shared_from_this()](Error error, std::size_t) { self->on_written(error); });
}

inline void Session::on_written(Error error) {
  if (error || closed_) return close();
  response_ = Response{};
  out_.clear();
  if (keep_alive_ && !hub_->stopping) return next_request();
  linger();
}

inline void Session::next_request() {
  if (buffer_.size() != 0) {
    set_waiting(true);
    return read_head(hub_->options.header_time);
  }
  wait_for_request();
}

inline void Session::begin_stream() {
  source_ = std::move(response_.source);
  chunked_ = parser_->get().version() == 11;
  out_ = head_of(response_, {std::nullopt, chunked_, false});
  source_->on_start([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->wake();
  });
  set_deadline(hub_->options.write_time);
  boost::asio::async_write(socket_, boost::asio::buffer(out_),
                           [self = shared_from_this()](Error error, std::size_t) {
                             if (error || self->closed_) return self->close();
                             if (self->request_.method == "HEAD") return self->linger();
                             self->watch_peer();
                             self->pump();
                           });
}

// One piece at a time: the next is made when the last has left, so a slow reader holds back its own source.
inline void Session::pump() {
  idle_stream_ = false;
  wakeable_ = false;
  clear_deadline();
  if (closed_ || hub_->stopping) return end_stream();
  woken_ = false;
  const bool posted = hub_->pool.post([self = shared_from_this(), source = source_] {
    std::string piece;
    auto next = BodySource::Next::end;
    try {
      next = source->next(piece);
    } catch (const std::exception&) {  // the missing last chunk tells the client
      return self->close_soon();
    }
    boost::asio::post(self->socket_.get_executor(), [self, next, piece = std::move(piece)]() mutable {
      self->on_piece(next, std::move(piece));
    });
  });
  if (!posted) on_piece(BodySource::Next::idle, {});
}

inline void Session::on_piece(BodySource::Next next, std::string piece) {
  if (closed_) return;
  if (!piece.empty()) return write_piece(std::move(piece), next);
  if (next == BodySource::Next::more) return pump();
  if (next == BodySource::Next::end || hub_->stopping) return end_stream();
  if (next == BodySource::Next::rest) return pause_stream(hub_->options.source_rest);
  wakeable_ = true;
  if (woken_) return pump();
  pause_stream(hub_->options.source_poll);
}

inline void Session::pause_stream(std::chrono::milliseconds limit) {
  idle_stream_ = true;
  pause_.expires_after(limit);
  pause_.async_wait([weak = weak_from_this()](Error error) {
    const auto self = weak.lock();
    if (!error && self && self->idle_stream_) self->pump();
  });
}

inline void Session::write_piece(std::string piece, BodySource::Next next) {
  out_ = chunked_ ? chunk_of(piece) : std::move(piece);
  set_deadline(hub_->options.write_time);
  boost::asio::async_write(socket_, boost::asio::buffer(out_),
                           [self = shared_from_this(), next](Error error, std::size_t) {
                             if (error || self->closed_) return self->close();
                             self->on_piece(next, {});
                           });
}

inline void Session::end_stream() {
  if (closed_) return;
  idle_stream_ = false;
  pause_.cancel();
  out_ = chunked_ ? last_chunk : std::string_view{};
  set_deadline(hub_->options.write_time);
  boost::asio::async_write(socket_, boost::asio::buffer(out_),
                           [self = shared_from_this()](Error error, std::size_t) {
                             if (error || self->closed_) return self->close();
                             self->linger();
                           });
}

inline void Session::wake() {
  if (woken_.exchange(true) || hub_->stopped) return;
  boost::asio::post(socket_.get_executor(), [self = shared_from_this()] {
    if (!self->idle_stream_ || !self->wakeable_ || self->closed_) return;
    self->pause_.cancel();
    self->pump();
  });
}

// A stream may be silent for long: without a read nobody would notice that its reader has gone.
inline void Session::watch_peer() {
  buffer_.clear();
  socket_.async_read_some(buffer_.prepare(512), [self = shared_from_this()](Error error, std::size_t) {
    if (self->closed_ || !self->source_) return;
    if (error) return self->close();
    self->watch_peer();
  });
}

// Closing with unread bytes would reset the connection and may take our answer with it.
inline void Session::linger() {
  source_.reset();
  Error ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
  if (!unread_body_ || hub_->stopping) return close();
  discarded_ = 0;
  set_waiting(true);
  set_deadline(std::chrono::seconds{2});
  discard();
}

inline void Session::discard() {
  constexpr std::size_t most_discarded = 4 * 1024 * 1024;
  buffer_.clear();
  socket_.async_read_some(buffer_.prepare(read_size),
                          [self = shared_from_this()](Error error, std::size_t count) {
                            self->discarded_ += count;
                            if (error || self->closed_ || self->discarded_ > most_discarded)
                              return self->close();
                            self->discard();
                          });
}

inline void Session::close() {
  if (closed_) return;
  closed_ = true;
  Error ignored;
  socket_.close(ignored);
  timer_.cancel();
  pause_.cancel();
  source_.reset();
  response_ = Response{};
  release_held();
  hub_->remove(this);
}

inline void Session::close_soon() {
  boost::asio::post(socket_.get_executor(), [self = shared_from_this()] { self->close(); });
}

inline void Session::finish_soon() {
  boost::asio::post(socket_.get_executor(), [self = shared_from_this()] {
    self->keep_alive_ = false;
    if (self->waiting_since() != std::numeric_limits<Clock::rep>::max()) return self->close();
    if (self->idle_stream_) self->end_stream();
  });
}

inline void Session::set_deadline(Clock::duration limit) {
  deadline_ = Clock::now() + limit;
  timed_out_ = false;
  if (!timer_armed_ || timer_.expiry() > deadline_) arm_timer();
}

inline void Session::arm_timer() {
  timer_armed_ = true;
  timer_.expires_at(deadline_);
  timer_.async_wait([weak = weak_from_this()](Error error) {
    const auto self = weak.lock();
    if (!error && self && !self->closed_) self->on_timer();
  });
}

// Deadlines mostly move on before they come, so the timer is set again only when it fires.
inline void Session::on_timer() {
  timer_armed_ = false;
  if (deadline_ == Clock::time_point::max()) return;
  if (Clock::now() < deadline_) return arm_timer();
  timed_out_ = true;
  Error ignored;
  socket_.cancel(ignored);
}

inline void Session::set_waiting(bool waiting) noexcept {
  waiting_since_ = waiting ? Clock::now().time_since_epoch().count() : std::numeric_limits<Clock::rep>::max();
}

inline void Session::release_held() noexcept { hub_->counters.held_bytes -= std::exchange(held_, 0); }

}  // namespace llmtrace::collector::http
