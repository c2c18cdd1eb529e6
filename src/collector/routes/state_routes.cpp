#include "collector/http/server.hpp"
#include "collector/json/item_json.hpp"
#include "collector/routes/routes.hpp"
#include <llmtrace/version.hpp>

namespace llmtrace::collector::routes {
namespace {

using core::JsonWriter;
using core::PlainKey;

template <class Integer>
void count(JsonWriter& writer, PlainKey key, Integer value) {
  writer.literal_key(key);
  writer.integer(value);
}

void milliseconds(JsonWriter& writer, PlainKey key, std::int64_t nanoseconds) {
  writer.literal_key(key);
  write_milliseconds(writer, nanoseconds);
}

void text(JsonWriter& writer, PlainKey key, std::string_view value) {
  writer.literal_key(key);
  writer.string(value);
}

std::string_view name_of(FileCheck check) noexcept {
  switch (check) {
    case FileCheck::pending: return "pending";
    case FileCheck::running: return "running";
    case FileCheck::ok: return "ok";
    case FileCheck::damaged: return "damaged";
    case FileCheck::not_needed: break;
  }
  return "not_needed";
}

void write_readiness(JsonWriter& writer, const StoreStatus& status) {
  writer.literal_key("ready");
  writer.boolean(status.ready);
  text(writer, "check", name_of(status.check));
  if (!status.problem.empty()) text(writer, "problem", status.problem);
}

void write_ingest(JsonWriter& writer, const StoreStatus& status) {
  writer.literal_key("ingest");
  writer.begin_object();
  count(writer, "commits", status.commits);
  count(writer, "spans", status.committed_spans);
  count(writer, "traces", status.committed_traces);
  count(writer, "busy_batches", status.busy_batches);
  count(writer, "failed_batches", status.failed_batches);
  milliseconds(writer, "last_commit_ms", status.last_commit_nanoseconds);
  milliseconds(writer, "slowest_commit_ms", status.slowest_commit_nanoseconds);
  writer.end_object();
  writer.literal_key("queue");
  writer.begin_object();
  count(writer, "batches", status.queued_batches);
  count(writer, "items", status.queued_items);
  count(writer, "bytes", status.queued_bytes);
  count(writer, "limit_bytes", status.queue_limit_bytes);
  writer.end_object();
}

void write_disk(JsonWriter& writer, const StoreStatus& status) {
  writer.literal_key("disk");
  writer.begin_object();
  count(writer, "database_bytes", status.database_bytes);
  count(writer, "file_bytes", status.file_bytes);
  count(writer, "wal_bytes", status.wal_bytes);
  count(writer, "text_index_bytes", status.text_index_bytes);
  count(writer, "free_bytes", status.free_disk_bytes);
  writer.end_object();
  writer.literal_key("retention");
  writer.begin_object();
  count(writer, "days", status.retention_days);
  count(writer, "max_bytes", status.max_bytes);
  count(writer, "deleted_traces", status.deleted_traces);
  if (status.oldest_received) {
    writer.literal_key("oldest_received");
    write_time(writer, *status.oldest_received);
  }
  writer.end_object();
  count(writer, "text_index_backlog", status.text_index_backlog);
}

void write_server(JsonWriter& writer, const http::ServerCounts& counts, std::size_t live_streams) {
  writer.literal_key("http");
  writer.begin_object();
  count(writer, "connections", counts.connections);
  count(writer, "accepted", counts.accepted);
  count(writer, "requests", counts.requests);
  count(writer, "timed_out", counts.timed_out);
  count(writer, "malformed", counts.malformed);
  count(writer, "evicted", counts.evicted);
  count(writer, "refused", counts.refused);
  count(writer, "live_streams", live_streams);
  writer.end_object();
}

http::ServerCounts server_counts(const Services& services) {
  const http::Server* server = services.server;
  return server != nullptr ? server->counts() : http::ServerCounts{};
}

std::int64_t uptime_seconds(const Services& services) {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - services.started)
      .count();
}

class Metrics {
 public:
  template <class Number>
  void add(std::string_view name, std::string_view type, std::string_view help, Number value) {
    text_.append("# HELP llmtrace_").append(name).append(" ").append(help).append("\n# TYPE llmtrace_");
    text_.append(name).append(" ").append(type).append("\nllmtrace_").append(name).append(" ");
    text_.append(std::to_string(value)).append("\n");
  }
  template <class Number>
  void counter(std::string_view name, std::string_view help, Number value) {
    add(name, "counter", help, value);
  }
  template <class Number>
  void gauge(std::string_view name, std::string_view help, Number value) {
    add(name, "gauge", help, value);
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

void add_store(Metrics& metrics, const StoreStatus& status) {
  constexpr double second = 1e9;
  metrics.gauge("ready", "Whether the store can be used.", status.ready ? 1 : 0);
  metrics.counter("commits_total", "Transactions.", status.commits);
  metrics.counter("spans_total", "Spans stored.", status.committed_spans);
  metrics.counter("traces_total", "Headers of traces stored.", status.committed_traces);
  metrics.counter("busy_batches_total", "Batches sent back because the queue was full.", status.busy_batches);
  metrics.counter("failed_batches_total", "Batches that could not be stored.", status.failed_batches);
  metrics.counter("deleted_traces_total", "Traces deleted by retention.", status.deleted_traces);
  metrics.gauge("queue_batches", "Batches that wait for the writer.", status.queued_batches);
  metrics.gauge("queue_bytes", "Memory of the batches that wait.", status.queued_bytes);
  metrics.gauge("last_commit_seconds", "Time of the last commit.",
                static_cast<double>(status.last_commit_nanoseconds) / second);
  metrics.gauge("slowest_commit_seconds", "Longest commit of the last minute.",
                static_cast<double>(status.slowest_commit_nanoseconds) / second);
  metrics.gauge("database_bytes", "Size of the data.", status.database_bytes);
  metrics.gauge("file_bytes", "Size of all files.", status.file_bytes);
  metrics.gauge("wal_bytes", "Size of the write-ahead log.", status.wal_bytes);
  metrics.gauge("free_disk_bytes", "Free space beside the files.", status.free_disk_bytes);
  metrics.gauge("text_index_backlog", "Items that are not searchable by index yet.",
                status.text_index_backlog);
}

void add_server(Metrics& metrics, const Services& services) {
  const http::ServerCounts counts = server_counts(services);
  metrics.gauge("http_connections", "Open connections.", counts.connections);
  metrics.counter("http_accepted_total", "Connections accepted.", counts.accepted);
  metrics.counter("http_requests_total", "Requests.", counts.requests);
  metrics.counter("http_timed_out_total", "Requests that took too long to arrive.", counts.timed_out);
  metrics.counter("http_malformed_total", "Requests that were no HTTP.", counts.malformed);
  metrics.counter("http_evicted_total", "Idle connections closed to make room.", counts.evicted);
  metrics.counter("http_refused_total", "Connections refused: too many of one address.", counts.refused);
  metrics.gauge("http_held_bytes", "Memory of request bodies.", counts.held_bytes);
  metrics.gauge("live_streams", "Open live streams.", services.live.readers());
  metrics.counter("uptime_seconds_total", "Seconds since the start.", uptime_seconds(services));
}

}  // namespace

http::Response health(const Call& call) {
  JsonDocument document;
  document->begin_object();
  text(document.writer(), "status", call.services.store.status().ready ? "healthy" : "unhealthy");
  text(document.writer(), "service", "llmtrace");
  text(document.writer(), "version", LLMTRACE_VERSION_STRING);
  text(document.writer(), "storage", "sqlite");
  document->literal_key("timestamp");
  write_time(document.writer(), call.services.now());
  document->end_object();
  return json_response(document);
}

http::Response alive(const Call&) {
  http::Response response;
  response.content_type = "text/plain; charset=utf-8";
  response.body = "ok\n";
  return response;
}

http::Response ready(const Call& call) {
  const StoreStatus status = call.services.store.status();
  JsonDocument document;
  document->begin_object();
  write_readiness(document.writer(), status);
  document->end_object();
  return json_response(document, status.ready ? 200 : 503);
}

http::Response show_status(const Call& call) {
  const Services& services = call.services;
  const StoreStatus status = services.store.status();
  JsonDocument document;
  document->begin_object();
  text(document.writer(), "version", LLMTRACE_VERSION_STRING);
  text(document.writer(), "auth", services.keys.takes_any() ? "none" : "keys");
  count(document.writer(), "uptime_s", uptime_seconds(services));
  write_readiness(document.writer(), status);
  text(document.writer(), "location", status.location);
  write_ingest(document.writer(), status);
  write_disk(document.writer(), status);
  write_server(document.writer(), server_counts(services), services.live.readers());
  document->end_object();
  return json_response(document);
}

http::Response metrics(const Call& call) {
  Metrics metrics;
  add_store(metrics, call.services.store.status());
  add_server(metrics, call.services);
  http::Response response;
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.body = metrics.take();
  return response;
}

}  // namespace llmtrace::collector::routes
