#include "cli/run_summary.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace llmtrace::cli {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;
using testing::Not;

ModelSums sums(const std::string& model, std::uint64_t calls) {
  ModelSums one;
  one.model = model;
  one.calls = calls;
  one.tokens_input = 1204 * calls;
  one.tokens_output = 96 * calls;
  one.cost_usd = 0.25 * static_cast<double>(calls);
  one.seconds = 0.5 * static_cast<double>(calls);
  return one;
}

RunReport report_of(std::vector<ModelSums> models) {
  RunReport report;
  report.seconds = 2.5;
  report.destination = "http://localhost:8001";
  report.exporters = 1;
  report.facts.agents = 1;
  report.facts.models = std::move(models);
  report.facts.spans_started = report.facts.total().calls;
  report.facts.spans_ended = report.facts.spans_started;
  report.facts.deliveries = {{"http", report.facts.spans_started}};
  return report;
}

TEST(RunSummary, shows_what_was_called) {
  RunReport report = report_of({sums("gpt-4o", 2), sums("other", 1)});
  report.facts.models[0].errors = 1;
  report.facts.models[1].without_price = 1;
  EXPECT_EQ(summary_text(report),
            "llmtrace: 3 LLM calls in 2.50 s, 1 failed\n"
            "  model                         calls  errors   tokens in  tokens out        cost      time\n"
            "  gpt-4o                            2       1       2,408         192       $0.50    1.00 s\n"
            "  other                             1       0       1,204          96           -    500 ms\n"
            "  total                             3       1       3,612         288      >$0.75    1.50 s\n"
            "llmtrace: sent to http://localhost:8001\n");
}

TEST(RunSummary, tells_what_was_lost) {
  RunReport report = report_of({sums("gpt-4o", 3)});
  report.facts.spans_ended = 2;
  report.facts.deliveries = {{"http", 1}};
  EXPECT_THAT(summary_text(report),
              HasSubstr("llmtrace: 2 of 3 spans did not reach http://localhost:8001; 1 had not ended\n"));
  report.facts.deliveries.clear();
  EXPECT_THAT(summary_text(report), HasSubstr("3 of 3 spans did not reach"));
  report.exporters = 0;
  EXPECT_THAT(summary_text(report), Not(HasSubstr("did not reach"))) << "they were to go nowhere";
}

TEST(RunSummary, says_little_of_a_program_without_calls) {
  EXPECT_EQ(summary_text(report_of({})), "llmtrace: 0 LLM calls in 2.50 s\n");
  RunReport report;
  report.untraced_reason = "it is statically linked";
  EXPECT_EQ(summary_text(report), "");
}

// Names come from memory that the program can write to.
TEST(RunSummary, is_harmless_whatever_the_names_are) {
  RunReport report = report_of({sums("evil\x1b[2J\n\"model\xff\xfe", 1)});
  report.facts.messages = {"bad\x1b]0;title\x07\xc3"};
  EXPECT_THAT(summary_text(report), Not(HasSubstr("\x1b")));
  const Json json = Json::parse(summary_json(report));
  EXPECT_THAT(json["models"][0]["model"].get<std::string>(), HasSubstr("\"model"));
  EXPECT_EQ(json["messages"].size(), 1U);
}

TEST(RunSummary, is_json_for_scripts) {
  RunReport report = report_of({sums("gpt-4o", 2)});
  report.end.exit_code = 3;
  report.facts.deliveries = {{"http", 1}};
  const Json json = Json::parse(summary_json(report));
  EXPECT_EQ(json["exit_code"], 3);
  EXPECT_EQ(json["signal"], nullptr);
  EXPECT_EQ(json["traced"], true);
  EXPECT_EQ(json["calls"], 2);
  EXPECT_DOUBLE_EQ(json["cost_usd"].get<double>(), 0.5);
  EXPECT_EQ(json["models"][0]["tokens_input"], 2408);
  EXPECT_EQ(json["models"][0]["provider"], nullptr);
  EXPECT_EQ(json["spans"]["lost"], 1);
  EXPECT_EQ(json["spans"]["acknowledged"]["http"], 1);

  report.end = {0, 9, 0};
  report.facts.models[0].without_price = 2;
  const Json killed = Json::parse(summary_json(report));
  EXPECT_EQ(killed["exit_code"], nullptr);
  EXPECT_EQ(killed["signal"], 9);
  EXPECT_EQ(killed["cost_usd"], nullptr) << "what has no price has no cost of 0";
}

}  // namespace
}  // namespace llmtrace::cli
