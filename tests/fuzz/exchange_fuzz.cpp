// Every reader: the first byte chooses the URL, the others how the bodies are cut. What a line of two
// brackets parts is request and response.
#include "core/json_check.hpp"
#include "fuzz/fuzz_input.hpp"
#include "llm/exchange_reader.hpp"
#include "llm/prices/price_book.hpp"

#include <algorithm>
#include <iterator>
#include <string>

namespace {

using namespace llmtrace;

constexpr const char* urls[] = {
    "",
    "https://api.openai.com/v1/chat/completions",
    "https://api.openai.com/v1/completions",
    "https://api.openai.com/v1/responses",
    "https://api.openai.com/v1/embeddings",
    "https://api.openai.com/v1/audio/transcriptions",
    "https://api.anthropic.com/v1/messages",
    "https://h/v1/models/gemini-x:streamGenerateContent",
    "https://h/v1/projects/p/locations/l/publishers/google/models/x:predict",
    "https://h/v1/projects/p/locations/l/publishers/anthropic/models/x:rawPredict",
    "https://api.cohere.com/v2/chat",
    "https://api.cohere.com/v1/chat",
    "http://localhost:11434/api/chat",
    "https://bedrock-runtime.us-east-1.amazonaws.com/model/m/converse-stream",
    "https://bedrock-runtime.us-east-1.amazonaws.com/model/m/invoke-with-response-stream",
    "https://us-south.ml.cloud.ibm.com/ml/v1/text/generation_stream",
    "https://stream.replicate.net/v1/streams/x",
    "https://api.replicate.com/v1/models/a/b/predictions",
    "https://runtime.sagemaker.us-east-1.amazonaws.com/endpoints/e/invocations",
    "http://localhost:8080/completion",
    "https://nobody.example/what",
};

std::string text_of(const llm::Facts& facts) {
  std::string text = facts.operation + "|" + facts.provider + "|" + facts.request_model + "|" +
                     facts.input_messages + "|" + facts.system_instructions + "|" + facts.parameters + "|" +
                     facts.tools + "|" + facts.response_model + "|" + facts.response_id + "|" +
                     facts.output_text + "|" + facts.reasoning + "|" + facts.refusal + "|" +
                     facts.error.message + "|" + facts.error.type;
  for (const auto& field : llm::usage_fields) {
    if (const auto& count = facts.usage.*field.count) text.append(field.name).append(std::to_string(*count));
  }
  for (const auto& call : facts.tool_calls) text += "|" + call.id + "|" + call.name + "|" + call.arguments;
  for (const auto& note : facts.problems) text.append(name_of(note.problem)).append(note.detail);
  return text;
}

llm::Facts read(const llm::Hints& hints, std::string_view body, std::size_t piece, bool gap) {
  llm::ReaderLimits limits;
  limits.text = 256;
  limits.messages = 512;
  limits.frame = 4096;
  limits.tail = 128;
  limits.inflated = 1 << 16;
  llm::ExchangeReader reader{hints, limits};
  const std::size_t between = std::min(body.find("\n][\n"), body.size());
  fuzz::feed_in_pieces(body.substr(0, between), piece, [&](std::string_view part) { reader.request(part); });
  std::string_view response = body.substr(std::min(between + 4, body.size()));
  if (gap) {
    fuzz::feed_in_pieces(response.substr(0, response.size() / 2), piece,
                         [&](std::string_view part) { reader.response(part); });
    reader.response_gap(1);
    response.remove_prefix(response.size() / 2);
  }
  fuzz::feed_in_pieces(response, piece, [&](std::string_view part) { reader.response(part); });
  return reader.finish();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::FuzzInput input{data, size};
  llm::Hints hints;
  hints.url = urls[input.byte() % std::size(urls)];
  const std::uint8_t how = input.byte();
  const std::size_t piece = input.byte() % 32 + 1U;
  hints.status = (how & 1) != 0 ? 500 : 200;
  const bool gap = (how & 2) != 0;
  if ((how & 4) != 0) hints.content_encoding = "deflate";

  const llm::Facts facts = read(hints, input.rest(), SIZE_MAX, gap);
  const std::string in_pieces = text_of(read(hints, input.rest(), piece, gap));
  fuzz::require_same(in_pieces, text_of(facts));
  for (const std::string* json :
       {&facts.input_messages, &facts.system_instructions, &facts.parameters, &facts.tools}) {
    fuzz::require(json->empty() || core::is_valid_json(*json), "what goes into a span as JSON is JSON");
  }
  fuzz::require(facts.output_text.size() <= 256 && facts.reasoning.size() <= 256, "the limits hold");

  static const llm::PriceBook prices;
  const auto result = prices.cost_of(facts, 1'780'000'000);
  if (result.cost) {
    llm::Money sum;
    for (const auto& part : result.cost->parts) sum = add(sum, part.amount).value_or(llm::Money{-1});
    fuzz::require(result.cost->parts.empty() || sum == result.cost->total, "the parts make the total");
  }
  return 0;
}
