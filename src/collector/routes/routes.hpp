// The calls of docs/http-api.md. A route answers at once, on a thread that may block, or later.
#pragma once

#include "collector/routes/call.hpp"

namespace llmtrace::collector::routes {

// Writing. They answer after the commit.
void post_traces(Call call, http::Reply reply);  // a batch, or one event
void post_spans(Call call, http::Reply reply);
void create_span(Call call, http::Reply reply);
void complete_span(Call call, http::Reply reply);
void complete_trace(Call call, http::Reply reply);
void create_trace(Call call, http::Reply reply);  // by post_traces

// The reading half of the older protocol.
[[nodiscard]] http::Response list_events(const Call& call);
[[nodiscard]] http::Response show_events(const Call& call);
[[nodiscard]] http::Response event_stats(const Call& call);

// /api/v1
[[nodiscard]] http::Response list_traces(const Call& call);
[[nodiscard]] http::Response show_trace(const Call& call);
[[nodiscard]] http::Response show_span(const Call& call);
[[nodiscard]] http::Response list_sessions(const Call& call);
[[nodiscard]] http::Response list_facets(const Call& call);
[[nodiscard]] http::Response show_series(const Call& call);
[[nodiscard]] http::Response show_totals(const Call& call);
[[nodiscard]] http::Response list_projects(const Call& call);
[[nodiscard]] http::Response check_filter(const Call& call);
[[nodiscard]] http::Response export_traces(const Call& call);
[[nodiscard]] http::Response follow_live(const Call& call);
[[nodiscard]] http::Response show_status(const Call& call);

[[nodiscard]] http::Response health(const Call& call);
[[nodiscard]] http::Response alive(const Call& call);
[[nodiscard]] http::Response ready(const Call& call);
[[nodiscard]] http::Response metrics(const Call& call);
[[nodiscard]] http::Response asset(const Call& call);

// Sends a batch to the store; `answer` is called with what became of it when it was committed, else the reply
// says that it was not.
void commit(Services& services, Batch batch, http::Reply reply,
            std::function<http::Response(const Applied&)> answer);

}  // namespace llmtrace::collector::routes
