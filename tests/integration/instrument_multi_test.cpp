// Transfers of a multi handle, which end where the program takes their messages or takes them away.
#include "instrument_fixture.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace llmtrace::testing_support {
namespace {

TEST_F(Instrumented, of_a_multi_handle_the_parent_is_what_was_current_as_it_was_added) {
  Multi multi{curl_multi_init()};
  const Handle second = make_handle();
  std::string first_parent;
  std::string second_parent;
  {
    Span agent{"first", SpanKind::agent};
    first_parent = agent.span_id();
    ASSERT_EQ(curl_multi_add_handle(multi.get(), handle()), CURLM_OK);
  }
  {
    Span agent{"second", SpanKind::agent};
    second_parent = agent.span_id();
    ASSERT_EQ(curl_multi_add_handle(multi.get(), second.get()), CURLM_OK);
  }
  run(multi.get());
  EXPECT_EQ(take_messages(multi.get()), 2);
  curl_multi_remove_handle(multi.get(), handle());
  curl_multi_remove_handle(multi.get(), second.get());
  std::vector<std::string> parents;
  for (const SpanData& span : tracing_.spans())
    if (span.kind == SpanKind::llm) parents.push_back(to_hex(span.parent_span_id));
  EXPECT_EQ(parents.size(), 2U);
  EXPECT_NE(std::find(parents.begin(), parents.end(), first_parent), parents.end());
  EXPECT_NE(std::find(parents.begin(), parents.end(), second_parent), parents.end());
}

TEST_F(Instrumented, a_transfer_that_is_taken_away_is_cancelled) {
  Multi multi{curl_multi_init()};
  server_.enqueue(hang());
  ASSERT_EQ(curl_multi_add_handle(multi.get(), handle()), CURLM_OK);
  EXPECT_EQ(curl_multi_add_handle(multi.get(), handle()), CURLM_ADDED_ALREADY);
  int running = 0;
  curl_multi_perform(multi.get(), &running);
  curl_multi_remove_handle(multi.get(), handle());
  EXPECT_TRUE(only_span().cancelled);
  server_.release();
}

constexpr const char* streamed_reply =
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hello\"}}]}\n\n"
    "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";

// Where no length is announced, a program that takes its handle away unasked used to have cancelled each
// call.
TEST_F(Instrumented, a_transfer_that_is_taken_away_with_its_whole_answer_is_not_cancelled) {
  for (const std::string& body : {std::string{chat_reply}, std::string{streamed_reply}}) {
    SCOPED_TRACE(body);
    Multi multi{curl_multi_init()};
    server_.enqueue(reply(200, {{"Transfer-Encoding", "chunked"}}, body));
    ASSERT_EQ(curl_multi_add_handle(multi.get(), handle()), CURLM_OK);
    run(multi.get());
    ASSERT_EQ(curl_multi_remove_handle(multi.get(), handle()), CURLM_OK);
    EXPECT_FALSE(last_span().cancelled);
    EXPECT_EQ(last_span().output_text, "Hello");
  }
}

TEST_F(Instrumented, a_transfer_that_is_taken_away_with_a_part_of_its_answer_is_cancelled) {
  const std::string whole_stream{streamed_reply};
  for (const std::string& body : {std::string{chat_reply}.substr(0, 80),
                                  whole_stream.substr(0, whole_stream.find("\n\n") + 2), std::string{}}) {
    SCOPED_TRACE(body);
    Multi multi{curl_multi_init()};
    server_.enqueue(reply(200, {{"Transfer-Encoding", "chunked"}}, body));
    ASSERT_EQ(curl_multi_add_handle(multi.get(), handle()), CURLM_OK);
    run(multi.get());
    ASSERT_EQ(curl_multi_remove_handle(multi.get(), handle()), CURLM_OK);
    EXPECT_TRUE(last_span().cancelled);
  }
}

TEST_F(Instrumented, transfers_of_a_multi_handle_that_goes_end_with_it) {
  Multi multi{curl_multi_init()};
  ASSERT_EQ(curl_multi_add_handle(multi.get(), handle()), CURLM_OK);
  multi.reset();
  EXPECT_TRUE(only_span().cancelled);
  handle_.reset();
  EXPECT_EQ(tracing_.spans().size(), 1U);
}

TEST_F(Instrumented, uninstrument_lets_a_multi_transfer_come_to_its_end) {
  Multi multi{curl_multi_init()};
  ASSERT_EQ(curl_multi_add_handle(multi.get(), handle()), CURLM_OK);
  uninstrument("curl");
  run(multi.get());
  EXPECT_EQ(take_messages(multi.get()), 1);
  EXPECT_EQ(only_span().output_text, "Hello");
  curl_multi_remove_handle(multi.get(), handle());
  EXPECT_EQ(received_, chat_reply);
}

}  // namespace
}  // namespace llmtrace::testing_support
