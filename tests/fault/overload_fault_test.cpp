// Rows 7 and 11: more than there is room for.
#include "fault/numbered_spans.hpp"
#include "fault/oracle_checks.hpp"
#include "support/fault_server.hpp"
#include "support/temporary_directory.hpp"

#include <atomic>
#include <sstream>
#include <thread>

namespace llmtrace::testing_support {
namespace {

using namespace std::chrono_literals;

std::size_t resident_kib() {
  std::istringstream lines{contents("/proc/self/status")};
  for (std::string line; std::getline(lines, line);)
    if (line.rfind("VmRSS:", 0) == 0) return std::stoul(line.substr(6));
  return 0;
}

// --- row 7

TEST(OverloadFault, counts_what_a_full_queue_cannot_take_and_says_so_rarely) {
  for (const bool black : {false, true}) {
    const BlackHole black_hole;
    Options options = options_for(black ? black_hole.url() : url_of_port(refused_port()));
    options.limits.memory = 2u << 20;
    std::atomic<int> told{0};
    options.on_error = [&told](const Diagnostic&) { ++told; };
    Tracer tracer{options};
    const std::string text(1000, 't');
    const auto produce = [&](int count) {
      for (int i = 0; i < count; ++i) {
        Span span{tracer, "step"};
        span.set_input(text);
      }
    };
    produce(5000);  // the queue is full by now
    const std::size_t before = resident_kib();
    produce(200'000);
    EXPECT_LT(resident_kib(), before + 4096);
    const Stats stats = tracer.stats();
    EXPECT_EQ(stats.started, 205'000U);
    EXPECT_GT(stats.dropped_before.journal_full, 190'000U);
    EXPECT_TRUE(balanced(stats));
    tracer.close(0ms);
    EXPECT_TRUE(balanced(tracer.stats()));
    EXPECT_LE(told, 3);
  }
}

TEST(OverloadFault, delivers_again_after_the_queue_was_full) {
  FaultServer server;
  server.otherwise(reply(503));
  Options options = options_for(server.url());
  options.limits.memory = 1u << 20;
  Tracer tracer{options};
  for (int i = 0; i < 20'000; ++i) trace_number(tracer, i);
  EXPECT_GT(tracer.stats().dropped_before.journal_full, 0U);
  server.otherwise(accept());
  EXPECT_TRUE(tracer.close(60s));
  const Stats stats = tracer.stats();
  EXPECT_TRUE(balanced(stats));
  EXPECT_TRUE(holds_only_whole(server.oracle()));
  EXPECT_EQ(arrived(server.oracle()).numbers.size(), stats.exporters.at(0).acknowledged);
}

TEST(OverloadFault, reads_no_more_than_it_needs_of_an_endless_reply) {
  for (const Action& action : {endless_reply(), endless_headers(), gzip_bomb()}) {
    FaultServer server;
    server.enqueue(action, 2);
    Tracer tracer{options_for(server.url())};
    const std::size_t before = resident_kib();
    trace_numbers(tracer, 0, 10);
    EXPECT_TRUE(tracer.flush(30s));
    EXPECT_LT(resident_kib(), before + 16 * 1024);
    EXPECT_TRUE(tracer.close());
    EXPECT_TRUE(balanced(tracer.stats()));
    EXPECT_TRUE(holds_exactly(server.oracle(), 10));
  }
}

TEST(OverloadFault, caps_spans_that_never_end) {
  FaultServer server;
  Options options = options_for(server.url());
  options.limits.open_spans = 1000;
  Tracer tracer{options};
  std::vector<ManualSpan> open;
  open.reserve(5000);
  for (int i = 0; i < 5000; ++i) open.push_back(start_span(tracer, "open"));
  Stats stats = tracer.stats();
  EXPECT_EQ(stats.open, 1000U);
  EXPECT_EQ(stats.dropped_before.open_span_limit, 4000U);
  EXPECT_TRUE(balanced(stats));
  open.clear();
  trace_numbers(tracer, 0, 10);
  EXPECT_TRUE(tracer.close(10s));
  stats = tracer.stats();
  EXPECT_EQ(stats.ended, 1010U);
  EXPECT_TRUE(balanced(stats));
  EXPECT_TRUE(holds_exactly(server.oracle(), 10));
}

TEST(OverloadFault, closes_with_spans_that_never_ended) {
  FaultServer server;
  Tracer tracer{options_for(server.url())};
  auto never_ended = start_span(tracer, "never ended");
  trace_numbers(tracer, 0, 10);
  EXPECT_TRUE(tracer.close(10s));
  EXPECT_EQ(tracer.stats().open, 1U);
  EXPECT_TRUE(balanced(tracer.stats()));
  never_ended.end();
  EXPECT_EQ(tracer.stats().open, 0U);
  EXPECT_EQ(tracer.stats().dropped_before.shutdown, 1U);
  EXPECT_TRUE(balanced(tracer.stats()));
  EXPECT_TRUE(holds_exactly(server.oracle(), 10));
}

// --- row 11

TEST(LargeTextFault, of_20_mb_is_cut_between_two_characters_and_its_size_told) {
  FaultServer server;
  Tracer tracer{options_for(server.url())};
  std::string prompt = "x";  // so that no power of two falls between two characters
  while (prompt.size() < 20'000'000) prompt += "\u20ac";
  trace_numbers(tracer, 0, 10);
  {
    Span span{tracer, "large", SpanKind::llm};
    span.set_input(prompt).set("note", prompt).add_message("user", prompt);
    span.set_output(prompt, {.input = 5, .output = 7});
  }
  trace_numbers(tracer, 10, 10);
  EXPECT_TRUE(tracer.close(30s));
  EXPECT_TRUE(balanced(tracer.stats()));
  EXPECT_TRUE(holds_exactly(server.oracle(), 20));
  int large = 0;
  for (const auto& [ids, item] : server.oracle().spans()) {
    if (item.json.value("name", "") != "large") continue;
    ++large;
    const auto input = item.json["input_data"].get<std::string>();
    EXPECT_LE(input.size(), 1u << 20);
    EXPECT_GT(input.size(), (1u << 20) - 8);
    EXPECT_EQ(input, prompt.substr(0, input.size()));
    EXPECT_EQ((input.size() - 1) % 3, 0U);
    EXPECT_EQ(item.json["truncated"]["input_data"], prompt.size()) << item.json["truncated"];
    EXPECT_EQ(item.json["truncated"]["output_data"], prompt.size());
    EXPECT_EQ(item.json["truncated"].size(), 4U) << item.json["truncated"];
    EXPECT_EQ(item.json["tokens_output"], 7);
  }
  EXPECT_EQ(large, 1);
}

TEST(LargeTextFault, of_many_threads_at_once_loses_no_span) {
  FaultServer server;
  Tracer tracer{options_for(server.url())};
  const std::string prompt(20'000'000, 'p');
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 2; ++i) {
        {
          Span span{tracer, "large"};
          span.set_input(prompt);
        }
        trace_number(tracer, t * 2 + i);
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_TRUE(tracer.close(60s));
  EXPECT_TRUE(balanced(tracer.stats()));
  EXPECT_EQ(tracer.stats().exporters.at(0).acknowledged, 16U);
  EXPECT_TRUE(holds_exactly(server.oracle(), 8));
}

}  // namespace
}  // namespace llmtrace::testing_support
