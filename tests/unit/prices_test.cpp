// Costs computed by hand, one for each thing that a price may depend on.
#include "llm/prices/name_pattern.hpp"
#include "llm/prices/price_book.hpp"
#include "llm/prices/price_table.hpp"
#include "support/temporary_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <string>

namespace llmtrace::llm {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(Money, reads_and_writes_decimals_exactly) {
  for (const char* text : {"0", "0.1", "1", "123.456", "0.000000000000001", "-2.5", "9223.372036854775807"}) {
    const auto money = parse_money(text);
    ASSERT_TRUE(money) << text;
    EXPECT_EQ(to_decimal(*money), text);
  }
  EXPECT_EQ(to_decimal(*parse_money("6.25e-05")), "0.0000625");
  EXPECT_EQ(to_decimal(*parse_money("1.5E+2")), "150");
  EXPECT_EQ(to_decimal(*parse_money("0.100000000000000005")), "0.1");
  EXPECT_EQ(to_decimal(*parse_money("0.0000000000000006")), "0.000000000000001");
  EXPECT_EQ(to_decimal(*parse_money("500000000", -10)), "0.05");
}

TEST(Money, refuses_what_is_no_number_or_too_much) {
  for (const char* text : {"", "-", ".", "1.", "x", "1x", "1e", "9224", "1e10", "--1"})
    EXPECT_FALSE(parse_money(text));
  EXPECT_FALSE(add(*parse_money("9000"), *parse_money("9000")));
  EXPECT_FALSE(multiply(*parse_money("9000"), 2));
  EXPECT_FALSE(multiply(*parse_money("1"), UINT64_MAX));
}

TEST(NamePattern, matches_the_few_forms_that_tables_use) {
  EXPECT_TRUE(matches_name_pattern("^o[134]", "o3-mini"));
  EXPECT_FALSE(matches_name_pattern("^o[134]", "gpt-o3"));
  EXPECT_TRUE(matches_name_pattern("(?:mi|code|dev)stral", "the-devstral-small"));
  EXPECT_FALSE(matches_name_pattern("(?:mi|code|dev)stral", "the-minstral"));
  EXPECT_TRUE(matches_name_pattern("^grok-4\\.3-\\d{8}$", "grok-4.3-20260101"));
  EXPECT_FALSE(matches_name_pattern("^grok-4\\.3-\\d{8}$", "grok-4.3-2026010"));
  EXPECT_FALSE(matches_name_pattern("^grok-4\\.3-\\d{8}$", "grok-4x3-20260101"));
  for (const char* pattern : {"a*", "a+", "(a|b)", "(?:a", "[ab", "a{", "a{x}", "(?:a|b)(?:c|d)"}) {
    EXPECT_FALSE(is_name_pattern(pattern)) << pattern;
  }
}

class Prices : public ::testing::Test {
 protected:
  std::string cost(std::string_view provider, std::string_view model, const Usage& usage,
                   std::string_view tier = {}) {
    result = book.cost_of({provider, model, {}, tier, &usage}, time);
    return result.cost ? to_decimal(result.cost->total) : "null";
  }

  std::string part(std::string_view name) const {
    for (const CostPart& one : result.cost->parts) {
      if (one.name == name) return to_decimal(one.amount);
    }
    return "none";
  }

  void use(const std::string& json) {
    const std::string path = directory.file("prices.json");
    std::ofstream{path} << json;
    book.set_file(path);
    ASSERT_THAT(book.problem(), IsEmpty());
  }

  testing_support::TemporaryDirectory directory;
  PriceBook book;
  CostResult result;
  std::int64_t time = 1'780'000'000;  // 2026-05-28 20:26:40 UTC
};

Usage used(Count input, Count output) {
  Usage usage;
  usage.input = input;
  usage.output = output;
  return usage;
}

// gpt-4o: 2.5 in, 1.25 cached, 10 out. 1000 in, 600 of them cached, 100 out:
// 400 × 2.5 + 600 × 1.25 + 100 × 10 = 2750 per million.
TEST_F(Prices, cached_tokens_are_counted_once) {
  Usage usage = used(1000, 100);
  usage.input_cached = 600;
  EXPECT_EQ(cost("openai", "gpt-4o", usage), "0.00275");
  EXPECT_EQ(part("input"), "0.001");
  EXPECT_EQ(part("input_cached"), "0.00075");
  EXPECT_EQ(part("output"), "0.001");
  EXPECT_EQ(result.cost->source_text(), "table 2026-11-21");
}

TEST_F(Prices, a_call_that_the_cache_answered_whole_costs_what_the_cache_costs) {
  Usage usage = used(1000, 0);
  usage.input_cached = 1000;
  EXPECT_EQ(cost("openai", "gpt-4o", usage), "0.00125");
}

TEST_F(Prices, reasoning_is_inside_of_the_output) {
  Usage usage = used(1000, 100);
  usage.output_reasoning = 90;
  EXPECT_EQ(cost("openai", "gpt-4o", usage), "0.0035");
}

// claude-3-5-haiku: 0.8 in, 1 written, 0.08 read, 4 out; an hour's write costs twice the input.
// 100 × 0.8 + 300 × 0.08 + (600 - 200) × 1 + 200 × 1.6 + 10 × 4 = 864
TEST_F(Prices, cache_writes_of_five_minutes_and_of_an_hour) {
  Usage usage = used(1000, 10);
  usage.input_cached = 300;
  usage.input_cache_write = 600;
  usage.input_cache_write_5m = 400;
  usage.input_cache_write_1h = 200;
  EXPECT_EQ(cost("anthropic", "claude-3-5-haiku-latest", usage), "0.000864");
  EXPECT_EQ(part("input_cache_write"), "0.0004");
  EXPECT_EQ(part("input_cache_write_1h"), "0.00032");
}

// 100 × 0.8 + 10 × 4 = 120, and before it 50,000 × 0.8 + 40,000 × 0.08 + 10,000 × 1 + 200 × 4 = 54,000
TEST_F(Prices, a_compaction_is_paid_with_the_answer) {
  Usage usage = used(100, 10);
  usage.compaction_input = 100'000;
  usage.compaction_input_cached = 40'000;
  usage.compaction_input_cache_write = 10'000;
  usage.compaction_output = 200;
  EXPECT_EQ(cost("anthropic", "claude-3-5-haiku-latest", usage), "0.05412");
  EXPECT_EQ(part("compaction"), "0.054");
}

// Beyond 200,000 tokens of input everything is dearer: 10 and 37.5 instead of 5 and 25.
TEST_F(Prices, a_long_context_changes_the_price_of_all_its_tokens) {
  time = 1'770'000'000;  // before 2026-03-13, when the tiers went away
  EXPECT_EQ(cost("anthropic", "claude-opus-4-6", used(200'000, 1000)), "1.025");
  EXPECT_EQ(cost("anthropic", "claude-opus-4-6", used(200'001, 1000)), "2.03751");
  time = 1'780'000'000;
  EXPECT_EQ(cost("anthropic", "claude-opus-4-6", used(200'001, 1000)), "1.025005");
}

// o3: 10 and 40 before 2025-06-10, then 2 and 8.
TEST_F(Prices, a_price_holds_from_its_day_on) {
  const std::int64_t day = 1'749'513'600;
  time = day - 1;
  EXPECT_EQ(cost("openai", "o3", used(1000, 100)), "0.014");
  time = day;
  EXPECT_EQ(cost("openai", "o3", used(1000, 100)), "0.0028");
}

TEST_F(Prices, a_price_holds_during_its_hours) {
  const std::int64_t midnight = 1'780'012'800 - 1'780'012'800 % 86'400;
  time = midnight + 30 * 60 - 1;
  EXPECT_EQ(cost("deepseek", "deepseek-reasoner", used(1'000'000, 0)), "0.135");
  time = midnight + 30 * 60;
  EXPECT_EQ(cost("deepseek", "deepseek-reasoner", used(1'000'000, 0)), "0.55");
  time = midnight + 16 * 3600 + 30 * 60;
  EXPECT_EQ(cost("deepseek", "deepseek-reasoner", used(1'000'000, 0)), "0.135");
}

TEST_F(Prices, service_tiers) {
  const Usage usage = used(1000, 100);
  EXPECT_EQ(cost("openai", "gpt-4o", usage, "default"), "0.0035");
  EXPECT_EQ(cost("openai", "gpt-4o", usage, "flex"), "0.00175");
  EXPECT_THAT(result.cost->note, IsEmpty());
  EXPECT_EQ(cost("openai", "gpt-4o", usage, "gold"), "0.0035");
  EXPECT_THAT(result.cost->note, HasSubstr("gold"));
}

// sonar: 1 in, 1 out, and 12 for a thousand requests.
TEST_F(Prices, a_price_for_each_request) {
  EXPECT_EQ(cost("perplexity", "sonar", used(1000, 100)), "0.0131");
  EXPECT_EQ(part("request"), "0.012");
}

TEST_F(Prices, audio_image_and_reasoning_have_prices_of_their_own) {
  use(R"([{"id":"own","models":[{"id":"m","prices":{"input_mtok":1,"output_mtok":2,"input_audio_mtok":10,
    "cache_read_mtok":0.5,"cache_audio_read_mtok":5,"output_audio_mtok":20,"input_image_mtok":3,"output_image_mtok":30,
    "output_reasoning_mtok":4}}]}])");
  Usage usage = used(100, 100);
  usage.input_audio = 20;
  usage.input_cached = 10;
  usage.input_cached_audio = 4;
  usage.input_image = 30;
  usage.output_audio = 10;
  usage.output_image = 5;
  usage.output_reasoning = 25;
  // (100-10-16-30)×1 + 6×0.5 + 4×5 + 16×10 + 30×3 + (100-10-5-25)×2 + 10×20 + 5×30 + 25×4
  EXPECT_EQ(cost("own", "m", usage), "0.000887");
}

TEST_F(Prices, a_part_without_a_price_of_its_own_costs_what_the_rest_costs) {
  use(R"([{"id":"own","models":[{"id":"m","prices":{"input_mtok":1,"output_mtok":2}}]}])");
  Usage usage = used(100, 10);
  usage.input_cached = 40;
  usage.input_cache_write = 10;
  usage.input_audio = 5;
  EXPECT_EQ(cost("own", "m", usage), "0.00012");
}

TEST_F(Prices, what_has_no_price_leaves_the_rest) {
  use(R"([{"id":"own","models":[{"id":"m","prices":{"input_mtok":1}}]}])");
  EXPECT_EQ(cost("own", "m", used(100, 10)), "0.0001");
  EXPECT_THAT(result.cost->note, HasSubstr("output"));
}

TEST_F(Prices, an_unknown_model_has_no_cost) {
  EXPECT_EQ(cost("openai", "gpt-nobody-knows", used(1, 1)), "null");
  EXPECT_EQ(result.outcome, CostOutcome::unknown_model);
  EXPECT_EQ(cost("nobody", "gpt-4o", used(1, 1)), "null");
  EXPECT_EQ(result.outcome, CostOutcome::unknown_provider);
  EXPECT_EQ(cost("openai", "gpt-4o", Usage{}), "null");
  EXPECT_EQ(result.outcome, CostOutcome::no_usage);
}

TEST_F(Prices, the_model_decides_where_no_provider_is_known) {
  EXPECT_EQ(cost("", "gpt-4o", used(1000, 100)), "0.0035");
  EXPECT_EQ(cost("", "llama-at-home", used(1000, 100)), "null");
}

TEST_F(Prices, a_provider_may_serve_the_models_of_another) {
  EXPECT_EQ(cost("azure.ai.openai", "gpt-4o-2024-08-06", used(1000, 100)), "0.0035");
  EXPECT_NE(cost("gcp.vertex_ai", "claude-3-5-haiku-latest", used(1000, 100)), "null");
  EXPECT_NE(cost("aws.bedrock", "us.anthropic.claude-haiku-4-5-20251001-v1:0", used(1000, 100)), "null");
}

TEST_F(Prices, what_the_provider_charges_wins) {
  Facts facts;
  facts.provider = "openai";
  facts.provider_source = ProviderSource::host;
  facts.response_model = "gpt-4o";
  facts.usage = used(1000, 100);
  facts.reported_cost = parse_money("0.125");
  result = book.cost_of(facts, time);
  EXPECT_EQ(to_decimal(result.cost->total), "0.125");
  EXPECT_EQ(result.cost->source_text(), "provider");
}

TEST_F(Prices, no_table_for_a_server_that_only_speaks_like_one) {
  Facts facts;
  facts.provider = "openai";
  facts.provider_source = ProviderSource::shape_elsewhere;
  facts.response_model = "gpt-4o";
  facts.usage = used(1000, 100);
  EXPECT_FALSE(book.cost_of(facts, time).cost);
}

TEST_F(Prices, a_router_passes_on_the_prices_of_whom_it_asks) {
  Facts facts;
  facts.provider = "huggingface";
  facts.provider_source = ProviderSource::host;
  facts.served_by = "together";
  facts.response_model = "deepseek-ai/DeepSeek-R1";
  facts.usage = used(1000, 100);
  // 3 and 7 dollars a million
  EXPECT_EQ(to_decimal(book.cost_of(facts, time).cost.value().total), "0.0037");
  facts.served_by = "nobody";
  EXPECT_FALSE(book.cost_of(facts, time).cost);
}

TEST_F(Prices, a_file_overrides_and_extends_and_is_read_again_when_it_changes) {
  use(R"({"providers":[{"id":"openai","models":[{"id":"gpt-4o","match":{"equals":"gpt-4o"},
    "prices":{"input_mtok":1,"output_mtok":1}}]},{"id":"home","models":[{"id":"mine","prices":{"input_mtok":7}}]}]})");
  EXPECT_EQ(cost("openai", "gpt-4o", used(1000, 100)), "0.0011");
  EXPECT_EQ(result.cost->source_text(), "table 2026-11-21 and prices.json");
  EXPECT_EQ(cost("openai", "gpt-4o-mini", used(1'000'000, 0)), "0.15");
  EXPECT_EQ(cost("home", "mine", used(1000, 0)), "0.007");
  EXPECT_FALSE(book.refresh());

  const std::string path = directory.file("prices.json");
  std::ofstream{path} << R"([{"id":"home","models":[{"id":"mine","prices":{"input_mtok":70}}]}])";
  EXPECT_TRUE(book.refresh());
  EXPECT_EQ(cost("home", "mine", used(1000, 0)), "0.07");
  EXPECT_EQ(cost("openai", "gpt-4o", used(1000, 100)), "0.0035");

  std::ofstream{path} << "no JSON";
  EXPECT_TRUE(book.refresh());
  EXPECT_THAT(book.problem(), Not(IsEmpty()));
  EXPECT_EQ(cost("home", "mine", used(1000, 0)), "0.07");
}

TEST_F(Prices, a_file_that_is_no_table_is_refused_with_a_reason) {
  for (const char* json :
       {"", "{}", "[]", "[1", R"([{"models":[]}])", R"([{"id":"x","models":[{"prices":{}}]}])",
        R"([{"id":"x","models":[{"id":"y","prices":{"input_mtok":-1}}]}])",
        R"([{"id":"x","models":[{"id":"y","match":{"regex":"a*"},"prices":{}}]}])",
        R"([{"id":"x","models":[{"id":"y","prices":[{"constraint":{"start_date":"x"}}]}]}])"}) {
    std::string problem;
    EXPECT_FALSE(parse_prices(json, problem)) << json;
    EXPECT_THAT(problem, Not(IsEmpty())) << json;
  }
}

TEST_F(Prices, counts_beyond_reason_are_left_out) {
  EXPECT_EQ(cost("openai", "gpt-4o", used(UINT64_MAX, 100)), "0.001");
  EXPECT_THAT(result.cost->note, HasSubstr("input"));
}

}  // namespace
}  // namespace llmtrace::llm
