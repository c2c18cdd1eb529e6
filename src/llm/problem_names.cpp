#include "llm/facts.hpp"

namespace llmtrace::llm {

std::string_view name_of(Problem problem) noexcept {
  switch (problem) {
    case Problem::request_not_json: return "request_not_json";
    case Problem::request_incomplete: return "request_incomplete";
    case Problem::response_not_json: return "response_not_json";
    case Problem::response_is_html: return "response_is_html";
    case Problem::response_incomplete: return "response_incomplete";
    case Problem::response_cut: return "response_cut";
    case Problem::too_deep: return "too_deep";
    case Problem::wrong_type: return "wrong_type";
    case Problem::text_cut: return "text_cut";
    case Problem::bad_encoding: return "bad_encoding";
    case Problem::bad_checksum: return "bad_checksum";
    case Problem::invalid_utf8: return "invalid_utf8";
  }
  return "unknown";
}

}  // namespace llmtrace::llm
