// Programs of ours that were built against libcurl and know nothing of tracing.
#include "instrument/traced_run.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <sys/wait.h>

namespace llmtrace::testing_support {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using testing::UnorderedElementsAre;

class TracedPrograms : public TracedProgramTest {
 protected:
  TracedRun undisturbed(const std::string& scenario, const Variables& variables = {}) {
    return expect_undisturbed(curl_client(scenario, provider), variables);
  }
};

std::vector<std::string> texts_of(const TracedRun& run) {
  std::vector<std::string> texts;
  for (const Json& span : run.calls()) texts.push_back(span.value("output_text", "(none)"));
  return texts;
}

std::vector<std::string> models_of(const TracedRun& run) {
  std::vector<std::string> models;
  for (const Json& span : run.calls()) models.push_back(span.value("model", "(none)"));
  return models;
}

TEST_F(TracedPrograms, a_call_has_its_model_usage_texts_and_cost) {
  const TracedRun run = undisturbed("one");
  ASSERT_THAT(run.calls(), SizeIs(1)) << run.written;
  const Json span = run.calls()[0];
  EXPECT_EQ(span["model"], "gpt-4o");
  EXPECT_EQ(span["tokens_input"], 4);   // one word and three
  EXPECT_EQ(span["tokens_output"], 3);  // You said: one
  EXPECT_EQ(span["output_text"], "You said: one");
  EXPECT_EQ(span["status"], "ok");
  EXPECT_THAT(span["input_data"].dump(), HasSubstr("one"));
  EXPECT_EQ(run.summary["calls"], 1);
  EXPECT_EQ(run.summary["tokens_input"], 4);
  EXPECT_EQ(run.summary["tokens_output"], 3);
  EXPECT_EQ(run.summary["models"][0]["model"], "gpt-4o");
  EXPECT_EQ(run.summary["spans"]["lost"], 0);
  EXPECT_EQ(run.summary["traced"], true);
}

TEST_F(TracedPrograms, each_providers_shape_is_read_and_other_pages_are_not_seen) {
  const TracedRun run = undisturbed("providers");
  EXPECT_THAT(run.calls(), SizeIs(7)) << run.written;
  EXPECT_THAT(texts_of(run),
              testing::IsSupersetOf({"You said: plain", "You said: streamed words", "You said: lines of json",
                                     "You said: responses", "You said: plain", "You said: streamed words"}));
  EXPECT_EQ(run.spans.size(), run.calls().size()) << "the page is nobody's call";
  EXPECT_EQ(run.summary["calls"], 7);
}

TEST_F(TracedPrograms, the_ways_of_libcurl_are_kept) {
  EXPECT_THAT(texts_of(undisturbed("default-output")), ElementsAre("You said: to stdout"));
  EXPECT_THAT(texts_of(undisturbed("header-data")), ElementsAre("You said: headers"));
  EXPECT_THAT(texts_of(undisturbed("paused")), ElementsAre("You said: take a break"));
  EXPECT_THAT(texts_of(undisturbed("from-callback")), ElementsAre("You said: in small pieces"));
  EXPECT_THAT(texts_of(undisturbed("reused")),
              ElementsAre("You said: first", "You said: second of two", "You said: second of two"));
}

TEST_F(TracedPrograms, several_at_once_are_as_many_spans) {
  EXPECT_THAT(texts_of(undisturbed("several")), UnorderedElementsAre("You said: call 0", "You said: call 1",
                                                                     "You said: call 2", "You said: call 3"));
  const TracedRun threads = undisturbed("threads");
  EXPECT_THAT(threads.calls(), SizeIs(20));
  EXPECT_EQ(threads.summary["tokens_input"], 20 * 5);
}

TEST_F(TracedPrograms, a_call_that_the_program_breaks_off_is_one_span) {
  const TracedRun aborted = undisturbed("aborted");
  EXPECT_THAT(aborted.calls(), SizeIs(1));
  EXPECT_EQ(aborted.summary["calls"], 1);
  EXPECT_THAT(undisturbed("thrown").ended.output, HasSubstr("caught from a callback"));
}

TEST_F(TracedPrograms, what_goes_wrong_is_recorded_as_it_went) {
  const TracedRun run = undisturbed("misbehaving");
  const auto calls = run.calls();
  ASSERT_THAT(calls, SizeIs(7)) << run.written;
  const auto failed =
      std::count_if(calls.begin(), calls.end(), [](const Json& span) { return span["status"] == "error"; });
  EXPECT_EQ(failed, 4) << "429, 500, the early close and nobody there";
  EXPECT_EQ(run.summary["errors"], 4);
  EXPECT_THAT(texts_of(run),
              testing::IsSupersetOf({"You said: again", "You said: go on", "You said: small"}));
}

TEST_F(TracedPrograms, redirects_and_challenges_are_one_call) {
  const TracedRun run = undisturbed("redirected");
  EXPECT_THAT(texts_of(run), ElementsAre("You said: over there", "You said: over there"));
  EXPECT_THAT(run.written, testing::Not(HasSubstr("sEcReT")));
}

TEST_F(TracedPrograms, descriptors_keep_their_numbers) {
  EXPECT_THAT(undisturbed("descriptors").calls(), SizeIs(3));
}

TEST_F(TracedPrograms, a_forked_child_is_traced_as_well) {
  const TracedRun run = undisturbed("forked");
  EXPECT_THAT(texts_of(run),
              UnorderedElementsAre("You said: parent", "You said: child", "You said: parent again"));
  EXPECT_EQ(run.summary["processes"], 2);
}

TEST_F(TracedPrograms, children_inherit_the_agent) {
  if (program_in_path("curl").empty()) GTEST_SKIP() << "there is no curl here";
  const TracedRun run = undisturbed("children");
  EXPECT_THAT(run.calls(), SizeIs(3));
  EXPECT_EQ(run.summary["processes"], 3);
}

TEST_F(TracedPrograms, modules_that_are_loaded_later_are_traced) {
  const std::string plugin = beside_this_program("curl_plugin.so");
  EXPECT_THAT(texts_of(undisturbed("plugin", {{"PLUGIN", plugin}})), ElementsAre("You said: from a plugin"));
  const TracedRun run =
      expect_undisturbed({beside_this_program("plugin_host"), plugin, provider.url() + "/v1/chat/completions",
                          R"({"model":"gpt-4o","messages":[{"role":"user","content":"loaded late"}]})"});
  EXPECT_THAT(texts_of(run), ElementsAre("You said: loaded late"));
}

// What was lost is told: spans that nobody has acknowledged when the process is gone. One that was written a
// moment before the end may not have been acknowledged, so more may be told than is missing, and never less.
void expect_honest_books(const TracedRun& run, std::size_t started) {
  const Json& spans = run.summary["spans"];
  EXPECT_EQ(spans["started"], started);
  EXPECT_GE(spans["lost"].get<std::size_t>(), started - run.spans.size())
      << run.summary.dump() << run.written;
  EXPECT_LE(spans["lost"].get<std::size_t>(), started);
}

TEST_F(TracedPrograms, sudden_ends_lose_at_most_what_was_not_sent_and_it_is_told) {
  const TracedRun left = undisturbed("_exit");
  EXPECT_EQ(left.ended.exit_code, 5);
  expect_honest_books(left, 1);
  const TracedRun killed = undisturbed("killed");
  EXPECT_EQ(killed.ended.signal, SIGKILL);
  expect_honest_books(killed, 1);
  const TracedRun replaced = undisturbed("exec");
  expect_honest_books(replaced, 2);
  EXPECT_THAT(texts_of(replaced), testing::Contains("You said: one"));
  const TracedRun amid = undisturbed("killed-amid-call");
  EXPECT_EQ(amid.ended.signal, SIGKILL);
  EXPECT_EQ(amid.summary["spans"]["ended"], 0);
  expect_honest_books(amid, 1);
}

TEST_F(TracedPrograms, a_service_that_refuses_costs_the_program_nothing) {
  const Command program = curl_client("one", provider);
  const Ended plain = run_program(program);
  const Ended traced = run_program(
      {LLMTRACE_PROGRAM, "run", "--url", "http://127.0.0.1:1", "--", program[0], program[1], program[2]});
  EXPECT_EQ(traced.output, plain.output);
  EXPECT_EQ(traced.exit_code, 0);
  EXPECT_THAT(traced.errors, HasSubstr("llmtrace: 1 LLM call in"));
  EXPECT_THAT(traced.errors, HasSubstr("gpt-4o"));
  EXPECT_THAT(traced.errors, HasSubstr("1 of 1 span did not reach http://127.0.0.1:1"));
}

TEST_F(TracedPrograms, trees_are_printed_when_asked_for) {
  const TracedRun run = run_traced(curl_client("one", provider), {}, {"--print"});
  EXPECT_THAT(run.ended.errors, HasSubstr("gpt-4o"));
  EXPECT_THAT(run.ended.output, testing::Not(HasSubstr("LLM call")));
}

TEST_F(TracedPrograms, providers_and_methods_choose_what_is_traced) {
  const TracedRun run =
      run_traced(curl_client("providers", provider), {}, {"--methods", "embeddings.create"});
  EXPECT_THAT(models_of(run), ElementsAre("text-embedding-3-small"));
  const TracedRun rest =
      run_traced(curl_client("providers", provider), {}, {"--exclude", "chat.completions.create"});
  EXPECT_THAT(rest.calls(), SizeIs(5)) << rest.written;
}

TEST_F(TracedPrograms, nothing_is_recorded_of_texts_that_are_not_wanted) {
  const TracedRun run = run_traced(curl_client("one", provider), {}, {"--no-inputs", "--no-outputs"});
  ASSERT_THAT(run.calls(), SizeIs(1));
  EXPECT_THAT(run.written, testing::Not(HasSubstr("You said")));
  EXPECT_EQ(run.calls()[0]["tokens_input"], 4);
}

}  // namespace
}  // namespace llmtrace::testing_support
