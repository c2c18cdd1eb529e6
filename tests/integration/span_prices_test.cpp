// What a span costs when the program has only said how many tokens it took.
#include "support/scoped_environment.hpp"
#include "support/temporary_directory.hpp"
#include "support/tracing.hpp"
#include <llmtrace/llmtrace.hpp>

#include <gmock/gmock.h>

#include <chrono>
#include <fstream>
#include <string>
#include <thread>

namespace llmtrace {
namespace {

using ::testing::HasSubstr;
using testing_support::Tracing;

TEST(Prices, apply_to_counts_that_the_program_sets) {
  Tracing tracing;
  {
    Span span{"call", SpanKind::llm};
    span.set_model("gpt-4o").set_provider("openai").set_output("x", {1'000'000, 100'000});
  }
  EXPECT_NEAR(tracing.span("call").cost_usd.value_or(0), 2.5 + 1.0, 1e-9);
}

TEST(Prices, that_nobody_knows_are_null_and_one_warning) {
  Tracing tracing;
  for (int i = 0; i < 3; ++i) {
    Span span{"call", SpanKind::llm};
    span.set_model("my-own-model").set_provider("openai").set_usage({10, 10});
  }
  for (const SpanData& span : tracing.spans()) EXPECT_FALSE(span.cost_usd);
  EXPECT_EQ(tracing.spans().size(), 3U);
  const auto messages = tracing.diagnostics().messages();
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_THAT(messages[0], HasSubstr("my-own-model"));
}

void write_prices(const std::string& file, const char* input) {
  std::ofstream{file}
      << R"([{"id":"mine","name":"Mine","api_pattern":"mine","models":[{"id":"my-model","match":)"
      << R"({"equals":"my-model"},"prices":{"input_mtok":)" << input << R"(,"output_mtok":2}}]}])";
}

TEST(Prices, of_a_file_come_on_top_of_the_built_in_ones) {
  const testing_support::TemporaryDirectory directory;
  const std::string file = directory.path() / "prices.json";
  write_prices(file, "1");
  testing_support::ScopedEnvironment environment;
  environment.set("TRACER_PRICES", file);
  Tracing tracing{[](Options& options) { options.read_environment = true; }};
  const auto cost_of = [&](const char* name, const char* model, const char* provider) {
    {
      Span span{name, SpanKind::llm};
      span.set_model(model).set_provider(provider).set_usage({1'000'000, 0});
    }
    return tracing.span(name).cost_usd.value_or(-1);
  };
  EXPECT_NEAR(cost_of("mine", "my-model", "mine"), 1, 1e-9);
  EXPECT_NEAR(cost_of("built-in", "gpt-4o", "openai"), 2.5, 1e-9);
}

TEST(Prices, of_a_file_are_read_again_when_it_changes) {
  const testing_support::TemporaryDirectory directory;
  const std::string file = directory.path() / "prices.json";
  write_prices(file, "1");
  Tracing tracing{[&](Options& options) { options.prices = file; }};
  auto next_cost = [&, calls = 0]() mutable {
    const std::string name = "call " + std::to_string(++calls);
    {
      Span span{name, SpanKind::llm};
      span.set_model("my-model").set_provider("mine").set_usage({1'000'000, 0});
    }
    return tracing.span(name).cost_usd.value_or(-1);
  };
  EXPECT_NEAR(next_cost(), 1, 1e-9);
  write_prices(file, "3");
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{30};
  double cost = 1;
  while (cost < 2 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();  // the file is looked at once a second
    cost = next_cost();
  }
  EXPECT_NEAR(cost, 3, 1e-9);
}

TEST(Prices, of_a_file_that_is_none_are_told_once) {
  Tracing tracing{[](Options& options) { options.prices = "/nowhere/prices.json"; }};
  for (int i = 0; i < 2; ++i) {
    Span span{"call", SpanKind::llm};
    span.set_model("gpt-4o").set_provider("openai").set_usage({1'000'000, 0});
  }
  EXPECT_TRUE(tracing.span("call").cost_usd) << "the built-in ones stay";
  ASSERT_EQ(tracing.diagnostics().messages().size(), 1U);
  EXPECT_THAT(tracing.diagnostics().messages()[0], HasSubstr("/nowhere/prices.json"));
}

}  // namespace
}  // namespace llmtrace
