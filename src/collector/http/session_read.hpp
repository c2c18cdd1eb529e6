// The reading half of a session. Included by server.cpp alone.
#pragma once

#include "collector/http/answer.hpp"
#include "collector/http/framing_rules.hpp"
#include "collector/http/session.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>

namespace llmtrace::collector::http {

inline constexpr std::size_t read_size = 64 * 1024;  // smaller reads cost more than parsing does

inline Session::Session(std::shared_ptr<Hub> hub, Socket socket, bool from_loopback)
    : hub_{std::move(hub)},
      socket_{std::move(socket)},
      timer_{socket_.get_executor()},
      pause_{socket_.get_executor()},
      buffer_{read_size * 2},
      from_loopback_{from_loopback} {
  set_waiting(true);
}

inline Session::~Session() { release_held(); }

inline void Session::start() {
  boost::asio::post(socket_.get_executor(), [self = shared_from_this()] {
    self->buffer_.reserve(read_size);
    self->read_head(self->hub_->options.header_time);
  });
}

inline void Session::wait_for_request() {
  set_waiting(true);
  set_deadline(hub_->options.idle_time);
  socket_.async_wait(Socket::wait_read, [self = shared_from_this()](Error error) {
    if (error || self->closed_) return self->close();
    self->read_head(self->hub_->options.header_time);
  });
}

inline void Session::read_head(std::chrono::milliseconds limit) {
  if (closed_ || hub_->stopping) return close();
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(hub_->options.most_header_bytes));
  parser_->body_limit(hub_->options.most_wire_bytes);
  request_ = Request{};
  unread_body_ = false;
  set_deadline(limit);
  boost::beast::http::async_read_header(
      socket_, buffer_, *parser_,
      [self = shared_from_this()](Error error, std::size_t) { self->on_head(error); });
}

inline void Session::on_head(Error error) {
  if (closed_) return;
  if (error) return on_read_error(error);
  ++hub_->counters.requests;
  keep_alive_ = parser_->keep_alive();
  unread_body_ = !parser_->is_done();
  if (!take_head()) return;
  if (auto refusal = hub_->application.refuse(request_)) {
    // What the client still sends is not worth reading.
    keep_alive_ = keep_alive_ && !unread_body_;
    return answer(std::move(*refusal));
  }
  if (parser_->is_done()) return dispatch();
  begin_body();
}

inline bool Session::take_head() {
  const auto& message = parser_->get();
  const std::string_view target{message.target().data(), message.target().size()};
  request_.method.assign(message.method_string().data(), message.method_string().size());
  const auto question = std::min(target.find('?'), target.size());
  request_.path = target.substr(0, question);
  request_.query = target.substr(std::min(question + 1, target.size()));
  request_.from_loopback = from_loopback_;
  for (const auto& field : message) {
    std::string name{field.name_string().data(), field.name_string().size()};
    std::transform(name.begin(), name.end(), name.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    request_.headers.emplace_back(std::move(name), std::string{field.value().data(), field.value().size()});
  }
  const FramingProblem problem = framing_problem(request_, target, static_cast<int>(message.version()));
  if (problem.status != 0) fail(problem.status, problem.text);
  return problem.status == 0;
}

inline void Session::begin_body() {
  const std::string_view coding = request_.header("content-encoding");
  if (coding == "gzip" || coding == "x-gzip") {
    inflater_ = std::make_unique<Inflater>(hub_->options.most_body_bytes);
  } else if (!coding.empty() && coding != "identity") {
    return fail(415, "the only Content-Encoding known here is gzip");
  }
  piece_ = std::make_unique<char[]>(read_size);
  body_began_ = Clock::now();
  body_received_ = 0;
  if (expects_continue(request_)) return invite_body();
  read_body();
}

inline void Session::invite_body() {
  set_deadline(hub_->options.write_time);
  boost::asio::async_write(socket_, boost::asio::buffer(continue_answer.data(), continue_answer.size()),
                           [self = shared_from_this()](Error error, std::size_t) {
                             if (error || self->closed_) return self->close();
                             self->read_body();
                           });
}

// The deadline moves on only as fast as the lowest rate allows.
inline void Session::read_body() {
  const std::chrono::milliseconds earned{body_received_ * 1'000 / hub_->options.lowest_rate};
  set_deadline(body_began_ + hub_->options.body_time + earned - Clock::now());
  auto& body = parser_->get().body();
  body.data = piece_.get();
  body.size = read_size;
  boost::beast::http::async_read_some(
      socket_, buffer_, *parser_,
      [self = shared_from_this()](Error error, std::size_t) { self->on_body(error); });
}

inline void Session::on_body(Error error) {
  if (closed_) return;
  if (error == boost::beast::http::error::need_buffer) error = {};
  if (error) return on_read_error(error);
  const std::size_t count = read_size - parser_->get().body().size;
  body_received_ += count;
  if (!keep({piece_.get(), count})) return;
  if (!parser_->is_done()) return read_body();
  if (inflater_ && !inflater_->finished()) return fail(400, "the gzip body is incomplete");
  unread_body_ = false;
  dispatch();
}

inline bool Session::keep(std::string_view piece) {
  std::string& body = request_.body;
  auto result = Inflater::Result::good;
  if (inflater_) {
    result = inflater_->feed(piece, body);
  } else {
    body.append(piece);
  }
  if (result == Inflater::Result::corrupt) return fail(400, "the body is not valid gzip"), false;
  if (result == Inflater::Result::too_large) return fail(413, "the body is too large when inflated"), false;
  const std::size_t more = body.capacity() - std::min(held_, body.capacity());
  held_ += more;
  const std::size_t all = hub_->counters.held_bytes += more;
  if (all <= hub_->options.most_held_bytes) return true;
  return fail(503, "too many large requests at once"), false;
}

inline void Session::on_read_error(Error error) {
  using Problem = boost::beast::http::error;
  if (error == Problem::end_of_stream || error == Problem::partial_message) return close();
  if (timed_out_) {
    ++hub_->counters.timed_out;
    const bool said_something = buffer_.size() != 0 || parser_->got_some();
    return said_something ? fail(408, "the request took too long") : close();
  }
  if (error == Problem::header_limit || error == Problem::buffer_overflow)
    return fail(431, "the header is too large");
  if (error == Problem::body_limit) return fail(413, "the body is too large");
  if (error.category() == make_error_code(Problem::bad_method).category())
    return fail(400, "the request is malformed");
  close();
}

inline void Session::fail(int status, std::string_view problem) {
  if (status == 400) ++hub_->counters.malformed;
  keep_alive_ = false;
  unread_body_ = true;
  answer(hub_->application.explain(status, problem));
}

}  // namespace llmtrace::collector::http
