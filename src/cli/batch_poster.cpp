#include "cli/batch_poster.hpp"

#include "cli/json_view.hpp"
#include "cli/options.hpp"
#include "cli/source.hpp"

#include <chrono>
#include <cstdlib>
#include <thread>

namespace llmtrace::cli {
namespace {

constexpr std::size_t most_items = 500;
constexpr std::size_t most_bytes = 1024 * 1024;
constexpr int most_tries = 30;

std::chrono::seconds pause_of(const net::ClientReply& reply) {
  const long asked = std::strtol(reply.retry_after.c_str(), nullptr, 10);
  return std::chrono::seconds{std::min(std::max(asked, 1L), 30L)};
}

}  // namespace

void BatchPoster::add(std::string_view item) {
  if (items_ != 0 && (items_ == most_items || body_.size() + item.size() > most_bytes)) post();
  body_.append(items_ == 0 ? "{\"" + kind_ + "\":[" : ",").append(item);
  ++items_;
}

void BatchPoster::post() {
  if (items_ == 0) return;
  body_ += "]}";
  for (int tries = 1;; ++tries) {
    const net::ClientReply reply = client_.post("/api/" + kind_, body_);
    if (reply.status == 200) {
      take_answer(reply.body);
      break;
    }
    const bool busy = reply.status == 429 || reply.status == 503;
    if (!busy || tries == most_tries) throw Failure{detail_of(reply.status, reply.body, reply.error)};
    std::this_thread::sleep_for(pause_of(reply));
  }
  body_.clear();
  items_ = 0;
}

void BatchPoster::take_answer(const std::string& body) {
  if (!is_json(body) || !JsonView{body}["accepted"].exists())
    throw Failure{"the answer is not that of llmtrace: something else listens there"};
  accepted_ += static_cast<std::size_t>(JsonView{body}["accepted"].integer());
  const auto rejected = JsonView{body}["rejected"].elements();
  if (rejected_ == 0 && !rejected.empty()) first_error_ = rejected.front()["error"].text();
  rejected_ += rejected.size();
}

}  // namespace llmtrace::cli
