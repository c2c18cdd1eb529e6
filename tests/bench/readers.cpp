#include "readers.hpp"

#include "llm/base64.hpp"
#include "llm/exchange_reader.hpp"
#include "llm/json_scanner.hpp"
#include "process_facts.hpp"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace llmtrace::bench {
namespace {

using llm::JsonValue;

constexpr std::size_t piece_size = 16 * 1024;

struct Exchange {
  llm::Hints hints;
  std::string response;
};

class Line final : public llm::JsonTarget {
 public:
  void problem(llm::Problem, std::string_view) override {}
  Exchange exchange;
  bool of_a_model = false;
};

void set_url(Line& line, const JsonValue& value) { line.exchange.hints.url.assign(value.text); }
void set_type(Line& line, const JsonValue& value) { line.exchange.hints.content_type.assign(value.text); }
void set_operation(Line& line, const JsonValue&) { line.of_a_model = true; }
void set_text(Line& line, const JsonValue& value) { line.exchange.response.assign(value.text); }
void set_bytes(Line& line, const JsonValue& value) {
  line.exchange.response = llm::decode_base64(value.text);
}

constexpr llm::JsonRow rows[] = {
    llm::row<&set_url>("url", llm::take::text),
    llm::row<&set_type>("ctype", llm::take::text),
    llm::row<&set_operation>("op", llm::take::text),
    llm::row<&set_text>("resp", llm::take::text | llm::take::long_text),
    llm::row<&set_bytes>("resp_b64", llm::take::text | llm::take::long_text),
};

std::vector<Exchange> recordings() {
  static const llm::JsonTable table{{{rows}}};
  std::vector<Exchange> all;
  for (const auto& entry : std::filesystem::directory_iterator{LLMTRACE_BENCH_EXCHANGES}) {
    if (entry.path().extension() != ".jsonl") continue;
    std::ifstream file{entry.path()};
    for (std::string text; std::getline(file, text);) {
      Line line;
      llm::JsonScanner scanner{table, line, {4096, text.size()}};
      scanner.feed(text);
      scanner.end_document();
      if (line.of_a_model) all.push_back(std::move(line.exchange));
    }
  }
  if (all.empty()) throw std::runtime_error("there are no recordings in " LLMTRACE_BENCH_EXCHANGES);
  return all;
}

bool is_stream(const Exchange& exchange) {
  return exchange.hints.content_type.find("stream") != std::string::npos ||
         exchange.hints.content_type.find("ndjson") != std::string::npos;
}

// Sixteen thousand tokens, one event each, as OpenAI sends them.
Exchange long_stream() {
  Exchange exchange;
  exchange.hints.url = "https://api.openai.com/v1/chat/completions";
  for (int i = 0; i < 16'000; ++i) {
    exchange.response +=
        R"(data: {"id":"chatcmpl-ASv9hB9He94oQyZr1CDC8coqvmn5U","object":"chat.completion.chunk","created":1731456253,)"
        R"("model":"gpt-4o-mini-2024-07-18","service_tier":"default","system_fingerprint":"fp_0ba0d124f1","choices":)"
        R"([{"index":0,"delta":{"content":" token"},"logprobs":null,"finish_reason":null}],"usage":null})"
        "\n\n";
  }
  exchange.response += "data: [DONE]\n\n";
  return exchange;
}

// A hundred vectors of 1,536 numbers.
Exchange many_embeddings() {
  Exchange exchange;
  exchange.hints.url = "https://api.openai.com/v1/embeddings";
  exchange.response = R"({"object":"list","data":[)";
  for (int i = 0; i < 100; ++i) {
    exchange.response +=
        std::string{i == 0 ? "" : ","} + R"({"object":"embedding","index":0,"embedding":[0.5)";
    for (int k = 1; k < 1536; ++k)
      exchange.response += ",\n        -0.0" + std::to_string(1'000'003 * k % 9'999'991);
    exchange.response += "]}";
  }
  exchange.response += R"(],"model":"text-embedding-3-small","usage":{"prompt_tokens":8,"total_tokens":8}})";
  return exchange;
}

std::uint64_t read(const Exchange& exchange) {
  llm::ExchangeReader reader{exchange.hints};
  std::string_view rest = exchange.response;
  for (; !rest.empty(); rest.remove_prefix(std::min(rest.size(), piece_size))) {
    reader.response(rest.substr(0, piece_size));
  }
  return reader.finish().output_text.size();
}

double mb_per_second(const std::vector<Exchange>& exchanges) {
  std::size_t bytes = 0;
  for (const Exchange& exchange : exchanges) bytes += exchange.response.size();
  constexpr double wanted_bytes = 40e6;
  const auto rounds = static_cast<std::size_t>(wanted_bytes / static_cast<double>(bytes)) + 1;
  std::vector<double> samples;
  std::uint64_t text = 0;
  for (int sample = 0; sample < 5; ++sample) {
    const double begin = process_cpu_seconds();
    for (std::size_t round = 0; round < rounds; ++round) {
      for (const Exchange& exchange : exchanges) text += read(exchange);
    }
    samples.push_back(static_cast<double>(bytes * rounds) / 1e6 / (process_cpu_seconds() - begin));
  }
  if (text == 1) throw std::runtime_error("nothing was read");  // keeps the work from being left out
  return median(samples);
}

std::vector<Exchange> only(const std::vector<Exchange>& all,
                           const std::function<bool(const Exchange&)>& wanted) {
  std::vector<Exchange> some;
  std::copy_if(all.begin(), all.end(), std::back_inserter(some), wanted);
  return some;
}

}  // namespace

Figures measure_readers() {
  Figures figures;
  const std::vector<Exchange> all = recordings();
  figures.set("recorded.mb_per_s", mb_per_second(all));
  figures.set("streams.mb_per_s", mb_per_second(only(all, is_stream)));
  figures.set("documents.mb_per_s",
              mb_per_second(only(all, [](const Exchange& one) { return !is_stream(one); })));
  const std::vector<Exchange> stream{long_stream()};
  const std::vector<Exchange> vectors{many_embeddings()};
  const double before = peak_memory_mb();
  figures.set("long_stream.mb_per_s", mb_per_second(stream));
  figures.set("embeddings.mb_per_s", mb_per_second(vectors));
  figures.set("more_mb", peak_memory_mb() - before);
  return figures;
}

}  // namespace llmtrace::bench
