// A user's own exporter: an object that gets finished spans and traces in batches, on a thread of its own, so
// that a slow one delays nobody. What it throws is caught, reported and counted as a rejected batch.
#pragma once

#include <llmtrace/detail/ids.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

LLMTRACE_BEGIN_NAMESPACE

// A value as it was recorded. Text, and JSON for everything that is not a plain scalar.
struct RecordedValue {
  enum class Type : std::uint8_t { null, boolean, integer, real, text, json };

  Type type = Type::null;
  bool boolean = false;
  std::int64_t integer = 0;
  double real = 0;
  std::string text = {};  // of `text` and `json`; a number beyond int64 arrives as `real`

  friend bool operator==(const RecordedValue& a, const RecordedValue& b) noexcept {
    return a.type == b.type && a.boolean == b.boolean && a.integer == b.integer && a.real == b.real &&
           a.text == b.text;
  }
  friend bool operator!=(const RecordedValue& a, const RecordedValue& b) noexcept { return !(a == b); }
};

using RecordedFields = std::vector<std::pair<std::string, RecordedValue>>;
using SystemTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::nanoseconds>;

struct RecordedEvent {
  std::string name;
  SystemTime time = {};
  RecordedFields attributes;
};
struct RecordedLink {
  TraceId trace_id;
  SpanId span_id;
};
struct RecordedScore {
  std::string name;
  double value = 0;
  std::string comment;
};

struct RecordedToolCall {
  std::string id;
  std::string name;
  std::string arguments;  // JSON as the model wrote it
};

struct SpanData {
  TraceId trace_id;
  SpanId span_id;
  SpanId parent_span_id;
  std::string name;
  SpanKind kind = SpanKind::other;
  SystemTime start_time = {};
  std::chrono::nanoseconds duration{0};
  Status status = Status::ok;
  std::string status_message;
  std::string error;
  std::string error_type;
  bool left_by_exception = false;
  bool orphan = false;
  std::string model, provider, operation, agent_type, response_model, response_id;
  RecordedValue input, output;
  RecordedFields attributes, metadata, parameters;
  std::vector<std::pair<std::string, std::string>> messages;
  std::vector<std::string> finish_reasons;
  std::vector<RecordedEvent> events;
  std::vector<RecordedLink> links;
  std::vector<RecordedScore> scores;
  std::vector<std::pair<std::string, std::int64_t>> usage;      // the wire's names: input, output, total, …
  std::vector<std::pair<std::string, std::int64_t>> truncated;  // field and original size
  std::optional<double> cost_usd;
  std::string cost_source;                                   // "caller", "provider" or the table's name
  std::vector<std::pair<std::string, double>> cost_details;  // by component
  std::string output_text, reasoning;
  std::vector<RecordedToolCall> tool_calls;
  bool stream = false;
  bool cancelled = false;  // a stream that was dropped before its end
  std::optional<std::chrono::nanoseconds> time_to_first_token;
  std::optional<std::int64_t> chunk_count;

  [[nodiscard]] std::optional<std::int64_t> tokens(const std::string& which) const {
    for (const auto& [name_of, count] : usage)
      if (name_of == which) return count;
    return std::nullopt;
  }
  [[nodiscard]] const RecordedValue* attribute(const std::string& key) const { return find(attributes, key); }
  [[nodiscard]] const RecordedValue* metadata_field(const std::string& key) const {
    return find(metadata, key);
  }

 private:
  static const RecordedValue* find(const RecordedFields& in, const std::string& key) {
    for (const auto& [name_of, value] : in)
      if (name_of == key) return &value;
    return nullptr;
  }
};

struct TraceData {
  enum class State : std::uint8_t { running, ok, error, incomplete };

  TraceId trace_id;
  SpanId root_span_id;
  std::string name;
  State state = State::running;
  SystemTime start_time = {};
  std::chrono::nanoseconds duration{0};
  std::string user_id, session_id, error;
  std::vector<std::string> tags;
  RecordedFields metadata;
  RecordedValue input, output;
  std::uint64_t span_count = 0, error_count = 0;
  std::optional<std::int64_t> tokens_input, tokens_output;
  std::optional<double> total_cost;
};

class Exporter {
 public:
  virtual ~Exporter() = default;
  // Called from the exporter's own thread only, one batch at a time. True: all of it is accepted; false: it
  // is lost, and counted as rejected.
  virtual bool export_batch(const std::vector<SpanData>& spans, const std::vector<TraceData>& traces) = 0;
  [[nodiscard]] virtual std::string name() const { return "custom"; }
};

LLMTRACE_END_NAMESPACE
