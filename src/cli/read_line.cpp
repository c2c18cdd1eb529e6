#include "cli/read_line.hpp"

#include "core/byte_buffer.hpp"
#include "core/json_writer.hpp"
#include "llm/base64.hpp"
#include "llm/exchange_reader.hpp"
#include "llm/json_scanner.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <new>

namespace llmtrace::cli {
namespace {

using core::JsonWriter;
using core::PlainKey;
using llm::JsonValue;

// The members of a line.
class Recording final : public llm::JsonTarget {
 public:
  void problem(llm::Problem, std::string_view) override {}

  bool is_object = false;
  std::string source;
  std::string request;
  std::string response;
  llm::Hints hints;
};

template <std::string Recording::*member>
void set(Recording& recording, const JsonValue& value) {
  (recording.*member).assign(value.text);
}
template <std::string llm::Hints::*member>
void set_hint(Recording& recording, const JsonValue& value) {
  (recording.hints.*member).assign(value.text);
}
void set_bytes(Recording& recording, const JsonValue& value) {
  recording.response = llm::decode_base64(value.text);
}
void set_status(Recording& recording, const JsonValue& value) {
  std::from_chars(value.text.data(), value.text.data() + value.text.size(), recording.hints.status);
}
void set_stream(Recording& recording, const JsonValue& value) {
  recording.hints.stream = value.text == "true";
}
void see_object(Recording& recording, const JsonValue&) { recording.is_object = true; }

constexpr std::uint16_t body = llm::take::text | llm::take::long_text | llm::take::object | llm::take::array;
constexpr std::uint16_t text = llm::take::text | llm::take::anything;

constexpr llm::JsonRow rows[] = {
    llm::row<&see_object>("", llm::take::enter),
    llm::row<&set<&Recording::source>>("src", text),
    llm::row<&set<&Recording::request>>("req", body | llm::take::anything),
    llm::row<&set<&Recording::response>>("resp", body | llm::take::anything),
    llm::row<&set_bytes>("resp_b64", llm::take::text | llm::take::long_text | llm::take::anything),
    llm::row<&set_hint<&llm::Hints::url>>("url", text | llm::take::long_text),
    llm::row<&set_hint<&llm::Hints::provider>>("provider", text),
    llm::row<&set_hint<&llm::Hints::content_type>>("ctype", text),
    llm::row<&set_hint<&llm::Hints::content_encoding>>("encoding", text),
    llm::row<&set_status>("status", llm::take::number | llm::take::text | llm::take::anything),
    llm::row<&set_stream>("stream", llm::take::boolean | llm::take::anything),
};

// False when the line is no object.
bool parse(std::string_view line, Recording& recording) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";  // with which some programs begin a file
  if (line.starts_with(byte_order_mark)) line.remove_prefix(byte_order_mark.size());
  static const llm::JsonTable& table = *new llm::JsonTable{{{rows}}};
  llm::JsonScanner scanner{table, recording, {64 * 1024, line.size() + 1}};
  scanner.feed(line);
  const bool whole = !scanner.in_document() && !scanner.ever_failed();
  scanner.end_document();
  return whole && recording.is_object;
}

template <typename Feed>
void feed_in_pieces(std::string_view bytes, std::size_t cut, Feed feed) {
  for (; bytes.size() > cut; bytes.remove_prefix(cut)) feed(bytes.substr(0, cut));
  if (!bytes.empty()) feed(bytes);
}

void write_text(JsonWriter& to, PlainKey key, std::string_view value) {
  to.literal_key(key);
  if (value.empty())
    to.null();
  else
    to.string(value);
}

void write_json(JsonWriter& to, PlainKey key, std::string_view value) {
  to.literal_key(key);
  to.raw(value);
}

void write_usage(JsonWriter& to, const llm::Usage& usage) {
  to.literal_key("usage");
  if (usage == llm::Usage{}) return to.null();
  to.begin_object();
  for (const llm::UsageField& field : llm::usage_fields) {
    if (const llm::Count& count = usage.*field.count) {
      to.key(field.name);
      to.integer(*count);
    }
  }
  to.end_object();
}

void write_calls(JsonWriter& to, const std::vector<llm::ToolCall>& calls) {
  to.literal_key("tool_calls");
  to.begin_array();
  for (const llm::ToolCall& call : calls) {
    to.begin_object();
    write_text(to, "id", call.id);
    write_text(to, "name", call.name);
    write_text(to, "arguments", call.arguments);
    to.end_object();
  }
  to.end_array();
}

void write_list(JsonWriter& to, PlainKey key, const std::vector<std::string>& texts) {
  to.literal_key(key);
  to.begin_array();
  for (const std::string& one : texts) to.string(one);
  to.end_array();
}

void write_count(JsonWriter& to, PlainKey key, const llm::Count& count) {
  if (!count) return;
  to.literal_key(key);
  to.integer(*count);
}

void write_problems(JsonWriter& to, const std::vector<llm::ProblemNote>& problems) {
  to.literal_key("problems");
  to.begin_array();
  for (const llm::ProblemNote& note : problems) {
    const std::string_view name = name_of(note.problem);
    to.string(note.detail.empty() ? std::string{name} : std::string{name} + ": " + note.detail);
  }
  to.end_array();
}

void write_error(JsonWriter& to, const llm::ErrorFacts& error) {
  const std::string_view message = !error.message.empty() ? error.message : error.type;
  write_text(to, "error", message);
  write_text(to, "error_type", error.type);
  write_text(to, "error_code", error.code);
}

void write_cost(JsonWriter& to, const llm::CostResult& result) {
  to.literal_key("cost_usd");
  if (!result.cost) {
    to.null();
    return write_json(to, "cost_details", "null"), write_json(to, "cost_source", "null");
  }
  to.raw(to_decimal(result.cost->total));
  to.literal_key("cost_details");
  to.begin_object();
  for (const llm::CostPart& part : result.cost->parts) {
    to.key(part.name);
    to.raw(to_decimal(part.amount));
  }
  to.end_object();
  write_text(to, "cost_source", result.cost->source_text());
}

void write_facts(JsonWriter& to, const llm::Facts& facts) {
  write_text(to, "provider", facts.provider);
  write_text(to, "operation", facts.operation);
  write_text(to, "model", facts.model());
  write_text(to, "request_model", facts.request_model);
  write_text(to, "response_model", facts.response_model);
  write_text(to, "response_id", facts.response_id);
  write_json(to, "stream", facts.stream ? (*facts.stream ? "true" : "false") : "null");
  write_usage(to, facts.usage);
  write_list(to, "finish_reasons", facts.finish_reasons);
  write_text(to, "output_text", facts.output_text);
  write_text(to, "reasoning", facts.reasoning);
  write_text(to, "refusal", facts.refusal);
  write_calls(to, facts.tool_calls);
  write_error(to, facts.error);
  write_json(to, "input_messages", facts.input_messages);
  write_json(to, "system_instructions", facts.system_instructions);
  write_json(to, "parameters", facts.parameters);
  write_json(to, "tools", facts.tools);
  write_text(to, "service_tier", facts.service_tier);
  write_count(to, "embedding_count", facts.embedding_count);
  write_count(to, "embedding_dimension", facts.embedding_dimension);
  to.literal_key("chunk_count");
  to.integer(facts.chunk_count);
  write_problems(to, facts.problems);
}

std::int64_t now() {
  using namespace std::chrono;
  return duration_cast<seconds>(system_clock::now().time_since_epoch()).count();
}

// JSON that was sent over several lines is kept as it was sent; outside of its strings a line feed is blank,
// and inside of them valid JSON has none.
std::string one_line(const core::ByteBuffer& buffer) {
  if (buffer.failed()) throw std::bad_alloc{};
  std::string line{buffer.view()};
  std::replace_if(
      line.begin(), line.end(), [](char byte) { return byte == '\n' || byte == '\r'; }, ' ');
  return line;
}

std::string unreadable(std::string_view source, std::string_view problem) {
  core::ByteBuffer buffer;
  JsonWriter writer{buffer};
  writer.begin_object();
  write_text(writer, "src", source);
  write_text(writer, "error", problem);
  write_text(writer, "error_type", "unreadable");
  writer.end_object();
  return one_line(buffer);
}

}  // namespace

LineReader::LineReader(std::size_t cut) : cut_{cut} {
  const char* const file = std::getenv("TRACER_PRICES");
  if (file != nullptr && *file != '\0') prices_.set_file(file);
  if (!prices_.problem().empty()) std::fprintf(stderr, "llmtrace: %s\n", prices_.problem().c_str());
}

std::string LineReader::read(std::string_view line) {
  Recording recording;
  if (!parse(line, recording)) return unreadable(recording.source, "the line is not a JSON object");
  if (recording.hints.url.empty() && recording.request.empty() && recording.response.empty()) {
    return unreadable(recording.source, "the line has neither url nor req nor resp");
  }
  llm::ExchangeReader reader{std::move(recording.hints)};
  feed_in_pieces(recording.request, cut_, [&](std::string_view piece) { reader.request(piece); });
  feed_in_pieces(recording.response, cut_, [&](std::string_view piece) { reader.response(piece); });
  const llm::Facts facts = reader.finish();

  core::ByteBuffer buffer;
  JsonWriter writer{buffer};
  writer.begin_object();
  write_text(writer, "src", recording.source);
  write_facts(writer, facts);
  write_cost(writer, prices_.cost_of(facts, now()));
  writer.end_object();
  return one_line(buffer);
}

}  // namespace llmtrace::cli
