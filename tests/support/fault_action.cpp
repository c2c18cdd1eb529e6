#include "support/fault_action.hpp"

#include "support/http_wire.hpp"

namespace llmtrace::testing_support {
namespace {

Action of_kind(Action::Kind kind) {
  Action action;
  action.kind = kind;
  return action;
}

}  // namespace

Action accept() { return of_kind(Action::Kind::accept); }
Action lose_reply() { return of_kind(Action::Kind::lose_reply); }
Action hang() { return of_kind(Action::Kind::hang); }
Action reset_before_reading() { return of_kind(Action::Kind::reset_before); }
Action reset_after_reading() { return of_kind(Action::Kind::reset_after); }
Action cut_reply() { return of_kind(Action::Kind::cut_reply); }
Action endless_reply() { return of_kind(Action::Kind::endless); }
Action endless_headers() { return of_kind(Action::Kind::endless_headers); }
Action drip() { return of_kind(Action::Kind::drip); }

Action reply(int status, Action::Headers headers, std::string body) {
  Action action = of_kind(Action::Kind::reply);
  action.status = status;
  action.headers = std::move(headers);
  action.body = std::move(body);
  return action;
}

Action reject_items(std::set<std::size_t> indices) {
  Action action = accept();
  action.refused = std::move(indices);
  return action;
}

Action gzip_bomb() {
  constexpr std::size_t inflated = 64 * 1024 * 1024;
  return reply(200, {{"Content-Type", "application/json"}, {"Content-Encoding", "gzip"}},
               gzip_of_zeros(inflated));
}

Action html_page() {
  return reply(200, {{"Content-Type", "text/html"}}, "<html><body>Please log in</body></html>");
}

Action redirect(std::string location) { return reply(301, {{"Location", std::move(location)}}); }

}  // namespace llmtrace::testing_support
