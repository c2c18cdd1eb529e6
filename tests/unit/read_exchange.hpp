// Reads one exchange handed over at once.
#pragma once

#include "llm/exchange_reader.hpp"

#include <string>
#include <string_view>

namespace llmtrace::llm {

inline constexpr const char* openai = "https://api.openai.com/v1/chat/completions";
inline constexpr const char* anthropic = "https://api.anthropic.com/v1/messages";
inline constexpr const char* gemini =
    "https://generativelanguage.googleapis.com/v1beta/models/gemini-x:generateContent?key=k";

inline Facts read(const std::string& url, std::string_view response, int status = 200,
                  std::string_view request = {}) {
  Hints hints;
  hints.url = url;
  hints.status = status;
  ExchangeReader reader{hints};
  if (!request.empty()) reader.request(request);
  reader.response(response);
  return reader.finish();
}

}  // namespace llmtrace::llm
