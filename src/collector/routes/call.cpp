#include "collector/routes/call.hpp"

namespace llmtrace::collector::routes {

http::Response json_response(const JsonDocument& document, int status) {
  http::Response response;
  response.status = status;
  response.body = document.text();
  return response;
}

http::Response error_response(int status, std::string_view detail) {
  JsonDocument document;
  document->begin_object();
  document->literal_key("detail");
  document->string(detail);
  document->end_object();
  return json_response(document, status);
}

http::Response retry_response(int status, std::string_view detail, int seconds) {
  http::Response response = error_response(status, detail);
  response.headers.emplace_back("Retry-After", std::to_string(seconds));
  return response;
}

void refuse_read(ReadOutcome outcome, const std::string& error, std::string_view missing) {
  switch (outcome) {
    case ReadOutcome::not_found: throw Refusal{404, std::string{missing}};
    case ReadOutcome::bad_cursor: throw Refusal{422, "cursor: not of this question"};
    case ReadOutcome::deadline: throw Refusal{503, "the question takes too long; narrow it, by time for one"};
    case ReadOutcome::ok:
    case ReadOutcome::failed: break;
  }
  throw Refusal{500, error.empty() ? "the store could not answer" : error};
}

}  // namespace llmtrace::collector::routes
