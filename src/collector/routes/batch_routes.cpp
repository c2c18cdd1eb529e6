#include "collector/ingest/batch_reader.hpp"
#include "collector/routes/routes.hpp"

#include <algorithm>
#include <memory>

namespace llmtrace::collector::routes {
namespace {

using ingest::ItemKind;

std::string_view problem_of(ItemOutcome outcome) noexcept {
  switch (outcome) {
    case ItemOutcome::unknown_trace:
    case ItemOutcome::trace_of_other_project: return "trace_id: no such trace";
    case ItemOutcome::unknown_span:
    case ItemOutcome::span_of_other_project: return "span_id: no such span";
    case ItemOutcome::stored: break;
  }
  return {};
}

http::Response batch_answer(std::size_t accepted, const std::vector<ingest::Rejection>& rejected) {
  JsonDocument document;
  document->begin_object();
  document->literal_key("accepted");
  document->integer(accepted);
  document->literal_key("rejected");
  document->begin_array();
  for (const auto& [index, error] : rejected) {
    document->begin_object();
    document->literal_key("index");
    document->integer(index);
    document->literal_key("error");
    document->string(error);
    document->end_object();
  }
  document->end_array();
  document->end_object();
  return json_response(document);
}

void add_refused(const Applied& applied, const std::vector<std::size_t>& indices,
                 std::vector<ingest::Rejection>& rejected) {
  const auto& outcomes = applied.spans.empty() ? applied.traces : applied.spans;
  for (std::size_t i = 0; i < outcomes.size() && i < indices.size(); ++i)
    if (outcomes[i] != ItemOutcome::stored)
      rejected.push_back({indices[i], std::string{problem_of(outcomes[i])}});
  std::sort(rejected.begin(), rejected.end(), [](const auto& a, const auto& b) { return a.index < b.index; });
}

void post_batch(Call call, ItemKind kind, http::Reply reply) {
  auto read = ingest::read_batch(std::move(call.request.body), kind, std::move(call.project));
  if (!read.problem.empty()) return reply(error_response(422, read.problem));
  if (read.indices.empty()) return reply(batch_answer(0, read.rejected));
  commit(call.services, std::move(read.batch), std::move(reply),
         [indices = std::move(read.indices), rejected = std::move(read.rejected)](const Applied& applied) {
           auto all = rejected;
           add_refused(applied, indices, all);
           return batch_answer(indices.size() - (all.size() - rejected.size()), all);
         });
}

}  // namespace

void commit(Services& services, Batch batch, http::Reply reply,
            std::function<http::Response(const Applied&)> answer) {
  services.store.apply(
      std::move(batch), [reply = std::move(reply), answer = std::move(answer)](const Applied& applied) {
        switch (applied.outcome) {
          case WriteOutcome::committed: return reply(answer(applied));
          case WriteOutcome::busy: return reply(retry_response(429, "too much at once", 1));
          case WriteOutcome::disk_full: return reply(retry_response(503, "the disk is full", 30));
          case WriteOutcome::stopping: return reply(retry_response(503, "the server is stopping", 1));
          case WriteOutcome::failed: break;
        }
        reply(error_response(500, applied.error.empty() ? "the store could not write" : applied.error));
      });
}

void post_spans(Call call, http::Reply reply) {
  post_batch(std::move(call), ItemKind::spans, std::move(reply));
}

void post_traces(Call call, http::Reply reply) {
  if (!ingest::has_member(call.request.body, "traces"))
    return create_trace(std::move(call), std::move(reply));
  post_batch(std::move(call), ItemKind::traces, std::move(reply));
}

}  // namespace llmtrace::collector::routes
