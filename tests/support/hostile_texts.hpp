// Texts that make searches work: the beginnings of secrets and of personal data again and again, without an
// end.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace llmtrace::testing_support {

inline std::vector<std::string_view> hostile_pieces() {
  return {"a",
          "@",
          "a@",
          "a@a.",
          "sk-",
          "sk-a ",
          "eyJ",
          "eyJ-",
          "eyJaaaa. ",
          "key",
          "token_",
          "password=",
          "pass:\"",
          "\"secret\":\"",
          "bearer ",
          "Bearer a",
          "://",
          "://a:",
          "-----BEGIN ",
          "-----BEGIN A-----",
          "AKIA",
          "4",
          "4 ",
          "4111-",
          "555-",
          "06 12 34 56 7",
          "1.2.3.4 ",
          "https://a:b@c ",
          "x@y.zz",
          "\\n",
          "1.",
          "+1 ",
          "0049 ",
          "00 ",
          ":",
          "a:",
          "::",
          "1:2:",
          "%40",
          "a%40",
          "DE12 ",
          "DE12",
          "\\",
          "\\u0040",
          "\\\\u0041",
          "\\\"",
          "ghp_ghp_",
          "<password>",
          "{\"a\":",
          "[",
          "\xF0\x9F\x92\xA9",
          "auth auth",
          "sig=",
          "--password ",
          "cookie:"};
}

inline std::string repeated(std::string_view piece, std::size_t size) {
  std::string text;
  text.reserve(size + piece.size());
  while (text.size() < size) text += piece;
  return text;
}

}  // namespace llmtrace::testing_support
