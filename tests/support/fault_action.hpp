#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace llmtrace::testing_support {

// What the faulty server does with one request. Made by the functions below.
struct Action {
  enum class Kind {
    accept,        // strict parse, commit, 200 with the counts
    reply,         // `status`, `headers`, `body` as they are; commits nothing
    lose_reply,    // commit, then close without a word
    hang,          // until release() or the end of the server, then as accept
    reset_before,  // RST before the request is read
    reset_after,   // RST after the request was read
    cut_reply,     // the reply of accept, closed in its middle; commits
    endless,       // 200 with a chunked body that never ends
    endless_headers,
    drip,  // the reply of accept, each byte a packet of its own; commits
  };
  using Headers = std::vector<std::pair<std::string, std::string>>;

  Kind kind = Kind::accept;
  int status = 200;
  Headers headers;
  std::string body;
  std::set<std::size_t> refused;  // indices of items that accept rejects
  bool close = false;             // the connection after the reply, without announcing it

  [[nodiscard]] Action then_close() && {
    close = true;
    return std::move(*this);
  }
};

[[nodiscard]] Action accept();
// With a Transfer-Encoding among its headers the body goes out in chunks, else with its length.
[[nodiscard]] Action reply(int status, Action::Headers headers = {}, std::string body = {});
[[nodiscard]] Action reject_items(std::set<std::size_t> indices);
[[nodiscard]] Action lose_reply();
[[nodiscard]] Action hang();
[[nodiscard]] Action reset_before_reading();
[[nodiscard]] Action reset_after_reading();
[[nodiscard]] Action cut_reply();
[[nodiscard]] Action endless_reply();
[[nodiscard]] Action endless_headers();
[[nodiscard]] Action drip();
[[nodiscard]] Action gzip_bomb();  // 200, Content-Encoding: gzip, inflates to 64 MiB
[[nodiscard]] Action html_page();  // 200, as a captive portal answers
[[nodiscard]] Action redirect(std::string location);

}  // namespace llmtrace::testing_support
