#include "collector_load.hpp"

#include "figures.hpp"
#include "process_facts.hpp"
#include "support/raw_client.hpp"

#include <cstdio>
#include <mutex>
#include <stdexcept>
#include <thread>

namespace llmtrace::bench {
namespace {

using testing_support::RawClient;
using testing_support::RawReply;

constexpr std::uint64_t spans_of_a_trace = 10;
constexpr const char* models[] = {"gpt-4o", "gpt-4o-mini", "claude-sonnet-4-5", "gemini-2.5-pro"};

std::string hex(std::uint64_t number, int digits) {
  char text[40];
  std::snprintf(text, sizeof text, "%0*llx", digits, static_cast<unsigned long long>(number));
  return text;
}

// About 1.1 KB of words that differ from span to span.
std::string words(std::uint64_t seed) {
  static constexpr const char* known[] = {"parcel",   "order",  "invoice",  "warehouse",
                                          "customer", "refund", "delivery", "answer",
                                          "question", "please", "tomorrow", "address"};
  std::string text;
  while (text.size() < 1'100) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    text.append(known[(seed >> 33) % std::size(known)]).append(" ");
  }
  return text;
}

std::string time_of(std::uint64_t trace, unsigned milliseconds) {
  const std::uint64_t seconds = trace % 86'400;
  char text[48];
  std::snprintf(text, sizeof text, "2026-01-%02uT%02u:%02u:%02u.%03u000000Z",
                static_cast<unsigned>(trace / 86'400 % 28 + 1), static_cast<unsigned>(seconds / 3'600),
                static_cast<unsigned>(seconds / 60 % 60), static_cast<unsigned>(seconds % 60), milliseconds);
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
          std::to_string(number % 499 + 1) + R"(,"status":")" + (number % 50 == 0 ? "error" : "ok") + "\"";
  if (!root)
    json +=
        R"(,"model":")" + std::string{models[number % std::size(models)]} +
        R"(","provider":"openai","tokens_input":120,"tokens_output":48,"cost_usd":0.00078,"time_to_first_token_ms":200)";
  return json + R"(,"input_data":{"messages":[{"role":"user","content":")" + words(number) +
         R"("}]},"output_data":")" + words(number + 7) + "\"}";
}

std::string batch_body(std::uint64_t first_trace) {
  std::string body = "{\"spans\":[";
  for (std::size_t i = 0; i < spans_of_a_batch; ++i) {
    if (i != 0) body += ',';
    body += span_json(first_trace + i / spans_of_a_trace, i % spans_of_a_trace);
  }
  return body + "]}";
}

std::string post_text(const std::string& body) {
  return testing_support::request_text("POST", "/api/spans",
                                       {"X-API-Key: project-bench", "Content-Type: application/json"}, body);
}

void expect_accepted(const RawReply& reply) {
  if (reply.status != 200 || reply.body.find("\"rejected\":[]") == std::string::npos)
    throw std::runtime_error{"the collector answered " + std::to_string(reply.status) + ": " +
                             reply.body.substr(0, 200)};
}

void send_from_one(std::uint16_t port, std::size_t batches, std::uint64_t first, std::vector<double>& took) {
  RawClient client{port};
  for (std::size_t i = 0; i < batches; ++i) {
    const std::string request = post_text(batch_body(first + i * (spans_of_a_batch / spans_of_a_trace)));
    const double before = monotonic_seconds();
    client.send(request);
    const RawReply reply = client.read_reply();
    took.push_back((monotonic_seconds() - before) * 1e3);
    expect_accepted(reply);
  }
}

}  // namespace

std::string trace_id_of(std::uint64_t number) { return hex(number, 32); }

Load send_batches(std::uint16_t port, unsigned connections, std::size_t batches, std::uint64_t first) {
  Load load;
  std::mutex mutex;
  std::vector<std::thread> threads;
  const std::size_t each = batches / connections;
  const double before = monotonic_seconds();
  for (unsigned i = 0; i < connections; ++i) {
    threads.emplace_back([&, i] {
      std::vector<double> took;
      send_from_one(port, each, first + i * each * (spans_of_a_batch / spans_of_a_trace), took);
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
    client.send(post_text(body + "]}"));
    expect_accepted(client.read_reply());
  }
}

}  // namespace llmtrace::bench
