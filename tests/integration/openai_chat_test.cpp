// The example over libcurl, against a server that speaks like the provider.
#include "integration/run_program.hpp"
#include "support/fault_server.hpp"
#include "support/temporary_directory.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <sstream>
#include <string>

namespace llmtrace::testing_support {
namespace {

const std::string reply_text =
    "data: "
    "{\"id\":\"chatcmpl-9\",\"model\":\"gpt-4o-mini-2024-07-18\",\"choices\":[{\"index\":0,\"delta\":{"
    "\"role\":"
    "\"assistant\",\"content\":\"\"}}]}\n\n"
    "data: {\"id\":\"chatcmpl-9\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"They "
    "float.\"},\"finish_reason\":"
    "\"stop\"}]}\n\n"
    "data: {\"id\":\"chatcmpl-9\",\"choices\":[],\"usage\":{\"prompt_tokens\":1000,\"completion_tokens\":100,"
    "\"total_tokens\":1100,\"prompt_tokens_details\":{\"cached_tokens\":400}}}\n\ndata: [DONE]\n\n";

nlohmann::json llm_span_of(const std::string& lines) {
  std::istringstream in{lines};
  for (std::string line; std::getline(in, line);) {
    const auto item = nlohmann::json::parse(line);
    if (item.contains("span") && item["span"]["span_type"] == "llm") return item["span"];
  }
  return {};
}

TEST(OpenaiChat, records_the_streamed_reply) {
  FaultServer server;
  server.otherwise(reply(200, {{"Content-Type", "text/event-stream"}}, reply_text));
  const TemporaryDirectory directory;
  const std::string file = directory.file("traces.jsonl");
  const ProgramRun run =
      run_program({LLMTRACE_OPENAI_CHAT, "Why \"boats\"?"}, {{"TRACER_EXPORTER", "file:" + file},
                                                             {"OPENAI_BASE_URL", server.url() + "/v1"},
                                                             {"OPENAI_API_KEY", "sk-none"},
                                                             {"no_proxy", "*"}});
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_EQ(run.errors, "");
  EXPECT_EQ(run.output, reply_text) << "the program sees what the server sent";
  const auto span = llm_span_of(contents(file));
  ASSERT_TRUE(span.is_object());
  EXPECT_EQ(span["output_text"], "They float.");
  EXPECT_EQ(span["response_model"], "gpt-4o-mini-2024-07-18");
  EXPECT_EQ(span["tokens_input"], 1000);
  EXPECT_EQ(span["usage"]["input_cached"], 400);
  EXPECT_EQ(span["stream"], true);
  EXPECT_TRUE(span.contains("time_to_first_token_ms"));
  EXPECT_EQ(span["input_data"]["messages"][0]["role"], "user");
  EXPECT_FALSE(span.contains("error"));
  EXPECT_EQ(contents(file).find("sk-none"), std::string::npos);
}

}  // namespace
}  // namespace llmtrace::testing_support
