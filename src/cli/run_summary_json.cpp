#include "cli/run_summary.hpp"
#include "core/byte_buffer.hpp"
#include "core/json_writer.hpp"

#include <new>

namespace llmtrace::cli {
namespace {

using core::JsonWriter;

void text_or_null(JsonWriter& json, const std::string& text) {
  if (text.empty()) return json.null();
  json.string(text);
}

void write_sums(JsonWriter& json, const ModelSums& sums) {
  json.literal_key("calls");
  json.integer(sums.calls);
  json.literal_key("errors");
  json.integer(sums.errors);
  json.literal_key("cancelled");
  json.integer(sums.cancelled);
  json.literal_key("tokens_input");
  json.integer(sums.tokens_input);
  json.literal_key("tokens_output");
  json.integer(sums.tokens_output);
  json.literal_key("cost_usd");
  if (sums.calls == sums.without_price) {
    json.null();
  } else {
    json.number(sums.cost_usd);
  }
  json.literal_key("calls_without_price");
  json.integer(sums.without_price);
  json.literal_key("call_seconds");
  json.number(sums.seconds);
}

void write_models(JsonWriter& json, const RunFacts& facts) {
  json.literal_key("models");
  json.begin_array();
  for (const ModelSums& one : facts.models) {
    json.begin_object();
    json.literal_key("model");
    text_or_null(json, one.model);
    json.literal_key("provider");
    text_or_null(json, one.provider);
    write_sums(json, one);
    json.end_object();
  }
  json.end_array();
}

void write_spans(JsonWriter& json, const RunReport& report) {
  const RunFacts& facts = report.facts;
  json.literal_key("spans");
  json.begin_object();
  json.literal_key("started");
  json.integer(facts.spans_started);
  json.literal_key("ended");
  json.integer(facts.spans_ended);
  json.literal_key("read");
  json.integer(facts.spans_seen);
  json.literal_key("lost");
  json.integer(facts.lost(report.exporters));
  json.literal_key("acknowledged");
  json.begin_object();
  for (const Delivery& one : facts.deliveries) {
    json.key(one.exporter);
    json.integer(one.acknowledged);
  }
  json.end_object();
  json.end_object();
}

void write_end(JsonWriter& json, const RunReport& report) {
  json.literal_key("exit_code");
  if (report.end.signal != 0) {
    json.null();
  } else {
    json.integer(report.end.exit_code);
  }
  json.literal_key("signal");
  if (report.end.signal == 0) {
    json.null();
  } else {
    json.integer(report.end.signal);
  }
  json.literal_key("seconds");
  json.number(report.seconds);
}

void write_report(JsonWriter& json, const RunReport& report) {
  json.begin_object();
  write_end(json, report);
  json.literal_key("traced");
  json.boolean(report.facts.agents != 0);
  json.literal_key("reason");
  text_or_null(json, report.untraced_reason);
  write_sums(json, report.facts.total());
  write_models(json, report.facts);
  json.literal_key("processes");
  json.integer(report.facts.processes);
  write_spans(json, report);
  json.literal_key("messages");
  json.begin_array();
  for (const std::string& message : report.facts.messages) json.string(message);
  json.end_array();
  json.end_object();
}

}  // namespace

std::string summary_json(const RunReport& report) {
  core::ByteBuffer buffer;
  JsonWriter json{buffer};
  write_report(json, report);
  if (buffer.failed()) throw std::bad_alloc{};
  return std::string{buffer.view()} + "\n";
}

}  // namespace llmtrace::cli
