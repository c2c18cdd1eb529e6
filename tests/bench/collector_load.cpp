#include "collector_load.hpp"

#include "figures.hpp"
#include "process_facts.hpp"
#include "support/raw_client.hpp"

#include <array>
#include <cstdio>
#include <mutex>
#include <stdexcept>
#include <thread>

namespace llmtrace::bench {
namespace {

using testing_support::RawClient;
using testing_support::RawReply;

constexpr std::uint64_t spans_of_a_trace = 10;
constexpr std::uint64_t traces_of_a_batch = spans_of_a_batch / spans_of_a_trace;
constexpr const char* models[] = {"gpt-4o", "gpt-4o-mini", "claude-sonnet-4-5", "gemini-2.5-pro"};

std::string hex(std::uint64_t number, int digits) {
  char text[40];
  std::snprintf(text, sizeof text, "%0*llx", digits, static_cast<unsigned long long>(number));
  return text;
}

// Texts of about 1.1 KB, made once so that the clients cost little: a third of the words are frequent ones,
// the others come from a vocabulary of thousands, and one text holds a word that is nowhere else.
class Texts {
 public:
  Texts() {
    for (std::string& text : texts_)
      while (text.size() < 1'100) text.append(word()).append(" ");
    texts_.front().append(rare_word);
  }
  [[nodiscard]] const std::string& of(std::uint64_t number) const {
    return texts_[number * 0x9E3779B97F4A7C15u >> 53];
  }

 private:
  std::string word() {
    static constexpr const char* frequent[] = {"parcel",   "order",  "invoice",  "warehouse",
                                               "customer", "refund", "delivery", "answer",
                                               "question", "please", "tomorrow", "address"};
    const std::uint64_t number = next();
    if (number % 3 == 0) return frequent[number / 3 % std::size(frequent)];
    std::string text;
    for (std::uint64_t rest = number / 3 % 4'000 + 700; rest > 0; rest /= 26)
      text += static_cast<char>('a' + rest % 26);
    return text + "ing";
  }
  std::uint64_t next() {
    seed_ = seed_ * 6364136223846793005u + 1442695040888963407u;
    return seed_ >> 33;
  }

  std::uint64_t seed_ = 7;
  std::array<std::string, 2048> texts_;
};

const std::string& words(std::uint64_t number) {
  static const Texts texts;
  return texts.of(number);
}

// 100,000 traces fill four weeks.
std::string time_of(std::uint64_t trace, unsigned milliseconds) {
  constexpr std::uint64_t between = 24;
  const std::uint64_t seconds = trace * between % 86'400;
  char text[48];
  std::snprintf(text, sizeof text, "2026-01-%02uT%02u:%02u:%02u.%03u000000Z",
                static_cast<unsigned>(trace * between / 86'400 % 28 + 1),
                static_cast<unsigned>(seconds / 3'600), static_cast<unsigned>(seconds / 60 % 60),
                static_cast<unsigned>(seconds % 60), milliseconds);
  return text;
}

std::string span_json(std::uint64_t trace, std::uint64_t index) {
  const std::uint64_t number = trace * 100'000 + index + 1;
  const bool root = index == 0;
  std::string json = R"({"trace_id":")" + hex(trace, 32) + R"(","span_id":")" + hex(number, 16) + "\"";
  if (!root) json += R"(,"parent_span_id":")" + hex(trace * 100'000 + 1, 16) + "\"";
  json += R"(,"name":")" + std::string{root ? "support-question" : "answer"} + R"(","span_type":")" +
          (root ? "chain" : "llm") + R"(","start_time":")" +
          time_of(trace, static_cast<unsigned>(index % 500)) + R"(","end_time":")" +
          time_of(trace, static_cast<unsigned>(500 + number % 499)) + R"(","duration_ms":)" +
          std::to_string(number % 499 + 1) + R"(,"status":")" + (number % 53 == 0 ? "error" : "ok") + "\"";
  if (!root)
    json +=
        R"(,"model":")" + std::string{models[number % std::size(models)]} +
        R"(","provider":"openai","tokens_input":120,"tokens_output":48,"cost_usd":0.00078,"time_to_first_token_ms":200)";
  return json + R"(,"input_data":{"messages":[{"role":"user","content":")" + words(number) +
         R"("}]},"output_data":")" + words(number + 7) + "\"}";
}

std::string header_json(std::uint64_t trace) {
  return R"({"trace_id":")" + hex(trace, 32) + R"(","name":")" +
         (trace % 7 == 0 ? "nightly-report" : "support-question") + R"(","status":"ok","start_time":")" +
         time_of(trace, 0) + R"(","end_time":")" + time_of(trace, 999) + R"(","user_id":"user-)" +
         std::to_string(trace % 997) + R"(","session_id":"session-)" + std::to_string(trace / 4) +
         R"(","tags":["prod"],"environment":"production"})";
}

std::string headers_body(std::uint64_t first_trace) {
  std::string body = "{\"traces\":[";
  for (std::uint64_t i = 0; i < traces_of_a_batch; ++i)
    body.append(i == 0 ? "" : ",").append(header_json(first_trace + i));
  return body + "]}";
}

std::string batch_body(std::uint64_t first_trace) {
  std::string body;
  body.reserve(spans_of_a_batch * 2'800);
  body += "{\"spans\":[";
  for (std::size_t i = 0; i < spans_of_a_batch; ++i) {
    if (i != 0) body += ',';
    body += span_json(first_trace + i / spans_of_a_trace, i % spans_of_a_trace);
  }
  return body + "]}";
}

std::string post_text(const char* path, const std::string& body) {
  return testing_support::request_text("POST", path,
                                       {"X-API-Key: project-bench", "Content-Type: application/json"}, body);
}

void expect_accepted(const RawReply& reply) {
  if (reply.status != 200 || reply.body.find("\"rejected\":[]") == std::string::npos)
    throw std::runtime_error{"the collector answered " + std::to_string(reply.status) + ": " +
                             reply.body.substr(0, 200)};
}

void post(RawClient& client, const std::string& request) {
  client.send(request);
  expect_accepted(client.read_reply());
}

void send_from_one(std::uint16_t port, std::size_t batches, std::uint64_t first, Headers headers,
                   std::vector<double>& took) {
  RawClient client{port};
  for (std::size_t i = 0; i < batches; ++i, first += traces_of_a_batch) {
    const std::string request = post_text("/api/spans", batch_body(first));
    const double before = monotonic_seconds();
    post(client, request);
    took.push_back((monotonic_seconds() - before) * 1e3);
    if (headers == Headers::with) post(client, post_text("/api/traces", headers_body(first)));
  }
}

}  // namespace

std::string trace_id_of(std::uint64_t number) { return hex(number, 32); }

Load send_batches(std::uint16_t port, unsigned connections, std::size_t batches, std::uint64_t first,
                  Headers headers) {
  static_cast<void>(words(0));  // made before the clock runs
  Load load;
  std::mutex mutex;
  std::vector<std::thread> threads;
  const std::size_t each = batches / connections;
  const double before = monotonic_seconds();
  for (unsigned i = 0; i < connections; ++i) {
    threads.emplace_back([&, i] {
      std::vector<double> took;
      send_from_one(port, each, first + i * each * traces_of_a_batch, headers, took);
      const std::lock_guard lock{mutex};
      load.batch_ms.insert(load.batch_ms.end(), took.begin(), took.end());
    });
  }
  for (std::thread& thread : threads) thread.join();
  load.seconds = monotonic_seconds() - before;
  return load;
}

std::string fetch(std::uint16_t port, const std::string& target) {
  RawReply reply = testing_support::ask(port, "GET", target);
  if (reply.status != 200)
    throw std::runtime_error{target + ": " + std::to_string(reply.status) + " " + reply.body};
  return std::move(reply.body);
}

double median_fetch_ms(std::uint16_t port, const std::string& target) {
  std::vector<double> took;
  for (int i = 0; i < 11; ++i) {
    const double before = monotonic_seconds();
    fetch(port, target);
    took.push_back((monotonic_seconds() - before) * 1e3);
  }
  return median(std::move(took));
}

void send_large_trace(std::uint16_t port, std::uint64_t number, std::size_t spans) {
  RawClient client{port};
  for (std::size_t sent = 0; sent < spans;) {
    std::string body = "{\"spans\":[";
    for (std::size_t i = 0; i < spans_of_a_batch && sent < spans; ++i, ++sent)
      body.append(i == 0 ? "" : ",").append(span_json(number, sent));
    post(client, post_text("/api/spans", body + "]}"));
  }
}

}  // namespace llmtrace::bench
