// What the options of automatic instrumentation choose, and its names.
#include "instrument_fixture.hpp"

#include <string>

namespace llmtrace::testing_support {
namespace {

std::string header_of(const ReceivedRequest& request, const std::string& name) {
  const auto found = request.headers.find(name);
  return found != request.headers.end() ? found->second : "";
}

TEST_F(Instrumented, the_programs_own_hosts_get_a_traceparent_and_its_headers_stay) {
  InstrumentOptions options;
  options.propagate_to = {"127.0.0.1"};
  auto_instrument("curl", options);
  curl_slist* headers = curl_slist_append(nullptr, "X-Mine: 1");
  set(CURLOPT_HTTPHEADER, headers);
  set(CURLOPT_URL, (server_.url() + "/anything").c_str());
  std::string expected;
  {
    Span work{"work"};
    expected = to_traceparent(SpanContext::current());
    EXPECT_EQ(perform(), CURLE_OK);
  }
  const auto sent = server_.oracle().requests().back();
  EXPECT_EQ(header_of(sent, "traceparent"), expected);
  EXPECT_EQ(header_of(sent, "x-mine"), "1");
  EXPECT_EQ(perform(), CURLE_OK);
  EXPECT_EQ(header_of(server_.oracle().requests().back(), "traceparent"), "") << "there is no span to name";
  curl_slist_free_all(headers);
}

TEST_F(Instrumented, options_choose_what_is_traced) {
  InstrumentOptions options;
  options.methods = {"embeddings.create", "*/mine/*"};
  options.exclude = {"/mine/secret"};
  EXPECT_EQ(auto_instrument("curl", options).front().outcome, InstrumentOutcome::replaced);
  EXPECT_EQ(perform(), CURLE_OK);
  set(CURLOPT_URL, (server_.url() + "/mine/secret").c_str());
  EXPECT_EQ(perform(), CURLE_OK);
  EXPECT_TRUE(tracing_.spans().empty());
  set(CURLOPT_URL, (server_.url() + "/mine/chat").c_str());
  EXPECT_EQ(perform(), CURLE_OK);
  set(CURLOPT_URL, (server_.url() + "/v1/embeddings").c_str());
  EXPECT_EQ(perform(), CURLE_OK);
  EXPECT_EQ(tracing_.spans().size(), 2U);
}

TEST_F(Instrumented, texts_stay_out_when_they_are_not_wanted) {
  InstrumentOptions options;
  options.capture_inputs = false;
  options.capture_outputs = false;
  auto_instrument("curl", options);
  EXPECT_EQ(perform(), CURLE_OK);
  const SpanData span = only_span();
  EXPECT_EQ(span.tokens("output"), 2) << "what it cost is known all the same";
  EXPECT_EQ(span.output_text, "");
  EXPECT_EQ(span.input.text, "");
}

// The limit cut the bytes that were read: a short one took the usage with it.
TEST_F(Instrumented, texts_are_cut_at_the_limits_of_the_options_and_the_usage_is_not) {
  InstrumentOptions options;
  options.max_input_bytes = 8;
  options.max_output_bytes = 3;
  auto_instrument("curl", options);
  EXPECT_EQ(perform(), CURLE_OK);
  EXPECT_EQ(received_, chat_reply);
  const SpanData span = only_span();
  EXPECT_EQ(span.model, "gpt-4o");
  EXPECT_EQ(span.tokens("output"), 2);
  EXPECT_EQ(span.output_text, "Hel");
  EXPECT_EQ(span.input.text.find("Hi"), std::string::npos);
}

TEST_F(Instrumented, a_provider_by_name_limits_it_to_that_one) {
  uninstrument("curl");
  EXPECT_FALSE(is_instrumented("anthropic"));
  EXPECT_TRUE(auto_instrument("anthropic").front().ok());
  EXPECT_TRUE(is_instrumented("anthropic"));
  EXPECT_FALSE(is_instrumented("openai"));
  EXPECT_EQ(perform(), CURLE_OK);
  EXPECT_TRUE(tracing_.spans().empty());
  uninstrument("anthropic");
}

TEST_F(Instrumented, an_unknown_name_is_unsupported_and_says_what_to_do) {
  const auto results = auto_instrument("telepathy");
  ASSERT_EQ(results.size(), 1U);
  EXPECT_EQ(results.front().outcome, InstrumentOutcome::unsupported);
  EXPECT_NE(results.front().reason.find("supported_libraries"), std::string::npos);
}

}  // namespace
}  // namespace llmtrace::testing_support
