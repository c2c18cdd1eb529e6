// One connection: reads a request within its limits, has it answered, writes the answer, begins again. All
// members run on the connection's strand, except where the comment says otherwise. Included by server.cpp
// alone.
#pragma once

#include "collector/http/hub.hpp"
#include "collector/http/inflater.hpp"

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <memory>
#include <optional>
#include <string>

namespace llmtrace::collector::http {

class Session : public std::enable_shared_from_this<Session> {
 public:
  using Clock = std::chrono::steady_clock;
  using Socket = boost::asio::ip::tcp::socket;
  using Error = boost::system::error_code;

  Session(std::shared_ptr<Hub> hub, Socket socket, bool from_loopback);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void start();

  // Any thread. The least of all sessions' makes room; max() while it is at work.
  [[nodiscard]] Clock::rep waiting_since() const noexcept { return waiting_since_.load(); }
  void close_soon();   // any thread: at once, whatever it does
  void finish_soon();  // any thread: after the answer that it is writing

 private:
  friend class Ticket;
  using Parser = boost::beast::http::request_parser<boost::beast::http::buffer_body>;

  void wait_for_request();
  void read_head(std::chrono::milliseconds limit);
  void on_head(Error error);
  [[nodiscard]] bool take_head();
  void begin_body();
  void invite_body();
  void read_body();
  void on_body(Error error);
  [[nodiscard]] bool keep(std::string_view piece);
  void dispatch();

  void fail(int status, std::string_view problem);
  void on_read_error(Error error);
  void answer(Response response);
  void answer_from_any_thread(Response response);
  void write_whole();
  void on_written(Error error);
  void next_request();

  void begin_stream();
  void pump();
  void on_piece(BodySource::Next next, std::string piece);
  void write_piece(std::string piece, BodySource::Next next);
  void pause_stream(std::chrono::milliseconds limit);
  void end_stream();
  void wake();  // any thread
  void watch_peer();

  void linger();
  void discard();
  void close();

  void set_deadline(Clock::duration limit);
  void clear_deadline() noexcept { deadline_ = Clock::time_point::max(); }
  void arm_timer();
  void on_timer();
  void set_waiting(bool waiting) noexcept;
  void release_held() noexcept;

  std::shared_ptr<Hub> hub_;
  Socket socket_;
  boost::asio::steady_timer timer_;
  boost::asio::steady_timer pause_;  // of an idle stream
  boost::beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  bool from_loopback_;

  Request request_;
  std::unique_ptr<Inflater> inflater_;
  std::unique_ptr<char[]> piece_;
  Clock::time_point body_began_{};
  std::size_t body_received_ = 0;
  std::size_t held_ = 0;

  Response response_;
  std::string out_;
  std::shared_ptr<BodySource> source_;
  std::uint64_t answers_due_ = 0;  // number of the request that waits for its answer, 0 for none
  std::uint64_t request_number_ = 0;
  bool keep_alive_ = false;
  bool chunked_ = false;
  bool unread_body_ = false;
  bool idle_stream_ = false;
  bool wakeable_ = false;
  std::atomic<bool> woken_{false};

  Clock::time_point deadline_ = Clock::time_point::max();
  bool timer_armed_ = false;
  bool timed_out_ = false;
  bool closed_ = false;
  std::size_t discarded_ = 0;
  std::atomic<Clock::rep> waiting_since_{0};
};

}  // namespace llmtrace::collector::http
