// What the bytes of one exchange with an LLM provider say: the result of an ExchangeReader. A string that is
// empty, a list that is empty and a count that is unset were not in the bytes; nothing here is guessed.
#pragma once

#include "llm/money.hpp"
#include "llm/usage.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace llmtrace::llm {

struct ToolCall {
  std::string id;
  std::string name;
  std::string arguments;  // as the model wrote them: JSON text, usually an object, sometimes a broken one
};

struct ErrorFacts {
  std::string type;
  std::string code;
  std::string message;

  [[nodiscard]] bool empty() const noexcept { return type.empty() && code.empty() && message.empty(); }
};

// Where the provider's name comes from. Any server may speak the shape of another one, so no prices apply to
// what only looks like a provider and came from somewhere else.
enum class ProviderSource : std::uint8_t {
  none,
  shape_elsewhere,  // a URL was there, and its host is nobody that we know
  shape,            // no URL was there
  hint,
  host,
};

enum class Problem : std::uint8_t {
  request_not_json,
  response_not_json,
  response_is_html,
  response_incomplete,  // ended inside of a value or a frame
  response_cut,         // the middle was lost to the capture limit
  too_deep,             // more than 64 levels; what lies deeper was skipped
  wrong_type,           // a field that holds something else than it should was skipped
  text_cut,             // a text reached its limit
  bad_encoding,         // the compression could not be undone
  bad_checksum,         // a frame of an event stream was damaged
  invalid_utf8,         // repaired by U+FFFD
  request_incomplete,
};

// "response_not_json", …
[[nodiscard]] std::string_view name_of(Problem problem) noexcept;

struct ProblemNote {
  Problem problem;
  std::string detail;  // the path of a field, or a few words; may be empty
};

struct Facts {
  // chat, text_completion, generate_content, embeddings, rerank, image_generation, speech, transcription, …;
  // empty when the exchange is none that asks a model for anything.
  std::string operation;
  std::string provider;  // by the names of the OpenTelemetry GenAI conventions where these have one
  ProviderSource provider_source = ProviderSource::none;
  std::string served_by;  // whose prices a router passes on (Hugging Face: "together"); usually empty

  // Of the request.
  std::string request_model;
  std::string input_messages;       // JSON: [{"role","parts":[{"type",…}],"name"?}], OpenTelemetry GenAI
  std::string system_instructions;  // JSON: [{"type":"text","content"}]
  std::string parameters;           // JSON object: temperature, max_tokens, …, by the provider's names
  std::string tools;                // JSON: the definitions as they were sent
  std::optional<bool> stream;       // as asked for; else what the response is

  // Of the response.
  std::string response_model;
  std::string response_id;
  std::vector<std::string> finish_reasons;  // one for each choice, in the provider's words
  std::string output_text;                  // of all choices, one behind the other
  std::string reasoning;
  std::string refusal;
  std::vector<ToolCall> tool_calls;
  Usage usage;
  Count embedding_count;
  Count embedding_dimension;
  std::string service_tier;
  std::optional<Money> reported_cost;  // what the provider says it charges
  ErrorFacts error;

  // Of the stream.
  std::uint64_t chunk_count = 0;  // events that carried data; 0 when the response was no stream
  // Index of the response() call whose bytes completed the first event with text, reasoning or a tool call.
  std::optional<std::uint64_t> first_content_piece;
  bool stream_ended = false;  // by the provider's own last event, not by a loss of the connection

  std::vector<ProblemNote> problems;  // at most 16

  // The name under which tables list the prices.
  [[nodiscard]] std::string priced_provider() const {
    return served_by.empty() ? provider : provider + "_" + served_by;
  }
  // The response's, else the request's.
  [[nodiscard]] const std::string& model() const noexcept {
    return response_model.empty() ? request_model : response_model;
  }
};

}  // namespace llmtrace::llm
