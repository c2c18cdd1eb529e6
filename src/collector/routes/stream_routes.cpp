#include "collector/json/export_lines.hpp"
#include "collector/live/live_stream.hpp"
#include "collector/routes/parameters.hpp"
#include "collector/routes/routes.hpp"

#include <charconv>

namespace llmtrace::collector::routes {
namespace {

class ExportSource final : public http::BodySource {
 public:
  explicit ExportSource(ExportLines lines) : lines_{std::move(lines)} {}
  Next next(std::string& out) override { return lines_.next(out) ? Next::more : Next::end; }

 private:
  ExportLines lines_;
};

ExportLines lines_of(const Call& call) {
  const Parameters parameters{call};
  const Services& services = call.services;
  if (const auto text = parameters.text("trace_id")) {
    const auto id = trace_id_from(*text);
    if (!id) throw Refusal{422, "trace_id: not 32 hexadecimal digits"};
    static_cast<void>(value_of(services.store.trace(call.project, *id, services.deadline()),
                               "no such trace in this project"));
    return {services.store, call.project, *id, services.query_time};
  }
  TraceQuery query;
  query.project = call.project;
  query.filter = parameters.filter();
  query.time = parameters.time_range();
  return {services.store, std::move(query), services.query_time};
}

std::optional<std::uint64_t> last_event(const Call& call) {
  std::string text{call.request.header("last-event-id")};
  if (text.empty()) text = Parameters{call}.text("last_event_id").value_or("");
  if (text.empty()) return std::nullopt;
  std::uint64_t sequence = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, sequence);
  if (error != std::errc{} || at != end) throw Refusal{422, "last_event_id: not a number"};
  return sequence;
}

}  // namespace

http::Response export_traces(const Call& call) {
  http::Response response;
  response.content_type = "application/jsonl";
  response.headers.emplace_back("Content-Disposition", "attachment; filename=\"llmtrace.jsonl\"");
  response.source = std::make_unique<ExportSource>(lines_of(call));
  return response;
}

http::Response follow_live(const Call& call) {
  http::Response response;
  response.content_type = "text/event-stream";
  response.source = std::make_unique<live::LiveStream>(call.services.live, call.project, last_event(call));
  return response;
}

}  // namespace llmtrace::collector::routes
