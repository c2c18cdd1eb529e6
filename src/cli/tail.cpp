// Follows the live stream and prints each trace when it has ended.
#include "cli/command.hpp"
#include "cli/source.hpp"
#include "cli/trace_view.hpp"

#include <fmt/core.h>

#include <chrono>
#include <cstdio>
#include <map>
#include <thread>

namespace llmtrace::cli {
namespace {

constexpr std::size_t most_remembered = 10'000;

// Takes a stream of Server-Sent Events apart.
class EventReader {
 public:
  template <class Take>
  void feed(std::string_view bytes, Take&& take) {
    pending_.append(bytes);
    for (std::size_t end = 0; (end = pending_.find("\n\n")) != std::string::npos;) {
      const std::string event = pending_.substr(0, end);
      pending_.erase(0, end + 2);
      take(field(event, "event: "), field(event, "id: "), field(event, "data: "));
    }
  }

 private:
  static std::string field(const std::string& event, std::string_view name) {
    std::size_t at = 0;
    while (at < event.size()) {
      const auto end = std::min(event.find('\n', at), event.size());
      if (event.compare(at, name.size(), name) == 0)
        return event.substr(at + name.size(), end - at - name.size());
      at = end + 1;
    }
    return {};
  }

  std::string pending_;
};

class Follower {
 public:
  Follower(const Options& options, const Target& target)
      : json_{options.has("--json")}, stream_{client_of(target)}, source_{open_service(options)} {}

  // Ends only by a signal, or when the service refuses us.
  [[noreturn]] void run() {
    for (;;) {
      follow();
      std::this_thread::sleep_for(std::chrono::seconds{1});  // it may be restarting
    }
  }

 private:
  void follow() {
    std::vector<std::string> headers;
    if (!last_id_.empty()) headers.push_back("Last-Event-ID: " + last_id_);
    EventReader reader;
    const auto reply = stream_->stream(
        "/api/v1/live?project=" + url_encoded(source_->project()), headers, [&](std::string_view bytes) {
          reader.feed(bytes,
                      [&](const auto& event, const auto& id, const auto& data) { take(event, id, data); });
          return true;
        });
    if (reply.status >= 400 && reply.status < 500)
      throw Failure{detail_of(reply.status, reply.body, reply.error)};
    if (!last_id_.empty() || reply.status != 0) return;
    throw Failure{reply.error};  // it was never there
  }

  void take(const std::string& event, const std::string& id, const std::string& data) {
    if (!id.empty()) last_id_ = id;
    if (event != "change" || !is_json(data)) return;
    for (const JsonView trace : JsonView{data}["traces"].elements()) show(trace.text());
    std::fflush(stdout);
  }

  void show(const std::string& id) {
    const auto answer = source_->find("/api/v1/traces/" + id);
    if (!answer) return;
    const JsonView trace = JsonView{*answer}["trace"];
    if (trace["status"].text() == "running" || trace["open_count"].integer() != 0) return;
    const std::int64_t spans = trace["span_count"].integer();
    if (shown_.size() > most_remembered) shown_.clear();
    std::int64_t& before = shown_[id];
    if (spans <= before) return;  // only its header has come
    before = spans;
    if (json_) {
      fmt::print("{}\n", one_line(*answer));
    } else {
      fmt::print("{}", trace_tree(*answer, terminal_));
    }
  }

  static std::string one_line(std::string text) {
    for (char& c : text)
      if (c == '\n' || c == '\r') c = ' ';
    return text;
  }

  bool json_;
  Terminal terminal_ = stdout_terminal();
  std::unique_ptr<net::BlockingClient> stream_;
  std::unique_ptr<Source> source_;
  std::string last_id_;
  std::map<std::string, std::int64_t> shown_;  // spans that it had
};

}  // namespace

int run_tail(Arguments arguments) {
  const Options options{arguments, {{"--json", false}, url_option, project_option}, 0};
  Follower follower{options, target_of(options)};
  follower.run();
}

}  // namespace llmtrace::cli
