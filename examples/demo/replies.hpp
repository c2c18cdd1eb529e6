// What the provider answers: deterministic, so that a test can tell every byte of it beforehand.
//
// The text repeats the last message: "You said: …". Tokens are words: input is those of the last message and
// 3 more, output those of the answer. A request with tools has them called one after the other, each with its
// first required parameter set to the last message of the user, before it is answered.
#pragma once

#include "http_connection.hpp"

#include <string>
#include <vector>

namespace fake_provider {

struct Reply {
  int status = 200;
  std::string content_type = "application/json";
  Headers headers = {};
  std::vector<std::string> pieces;  // a streamed answer has several, each an event or a line
  bool streamed = false;
};

// `path` is that of the request without the words that ask for a behaviour.
[[nodiscard]] Reply reply_to(const Request& request, const std::string& path);
[[nodiscard]] Reply error_reply(int status, const std::string& type, const std::string& message);

}  // namespace fake_provider
