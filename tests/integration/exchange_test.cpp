// From the bytes that a program hands over to the fields of its span.
#include "support/tracing.hpp"
#include <llmtrace/json.hpp>
#include <llmtrace/llmtrace.hpp>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace llmtrace {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;
using testing_support::Tracing;
using JsonValue = nlohmann::json;

constexpr const char* chat_url = "https://api.openai.com/v1/chat/completions";

ExchangeHints at(std::string_view url, int status = 0) {
  ExchangeHints hints;
  hints.url = url;
  hints.status = status;
  return hints;
}

std::string request(bool stream = false) {
  return JsonValue{{"model", "gpt-4o"},
                   {"temperature", 0.5},
                   {"stream", stream},
                   {"messages", {{{"role", "user"}, {"content", "Where is it?"}}}}}
      .dump();
}

JsonValue response() {
  return {{"id", "chatcmpl-1"},
          {"object", "chat.completion"},
          {"model", "gpt-4o-2024-08-06"},
          {"choices",
           {{{"index", 0},
             {"finish_reason", "tool_calls"},
             {"message",
              {{"role", "assistant"},
               {"content", "Looking."},
               {"tool_calls",
                {{{"id", "call_1"},
                  {"type", "function"},
                  {"function", {{"name", "find"}, {"arguments", R"({"order":7})"}}}}}}}}}}},
          {"usage",
           {{"prompt_tokens", 100},
            {"completion_tokens", 20},
            {"total_tokens", 120},
            {"prompt_tokens_details", {{"cached_tokens", 40}}}}}};
}

SpanData exchange(Tracing& tracing, const std::string& asked, const std::string& answered,
                  const ExchangeHints& hints) {
  {
    Span span{"call", SpanKind::llm};
    span.record_request(asked, hints);
    span.record_response(answered, hints);
  }
  return tracing.span("call");
}

TEST(Exchange, fills_the_fields_of_its_span) {
  Tracing tracing;
  const SpanData span = exchange(tracing, request(), response().dump(), at(chat_url, 200));
  EXPECT_EQ(span.operation, "chat");
  EXPECT_EQ(span.provider, "openai");
  EXPECT_EQ(span.response_model, "gpt-4o-2024-08-06");
  EXPECT_EQ(span.response_id, "chatcmpl-1");
  EXPECT_EQ(span.output_text, "Looking.");
  EXPECT_EQ(span.output.text, "Looking.");
  EXPECT_THAT(span.finish_reasons, ElementsAre("tool_calls"));
  EXPECT_THAT(span.usage, UnorderedElementsAre(Pair("input", 100), Pair("output", 20), Pair("total", 120),
                                               Pair("input_cached", 40)));
  ASSERT_EQ(span.tool_calls.size(), 1U);
  EXPECT_EQ(span.tool_calls[0].id, "call_1");
  EXPECT_EQ(span.tool_calls[0].name, "find");
  EXPECT_EQ(span.tool_calls[0].arguments, R"({"order":7})");
  EXPECT_THAT(span.parameters, ::testing::Contains(::testing::Field(
                                   &std::pair<std::string, RecordedValue>::first, "temperature")));
  EXPECT_THAT(span.input.text, HasSubstr("Where is it?"));
  EXPECT_EQ(span.attribute("http.response.status_code")->integer, 200);
  EXPECT_FALSE(span.stream);
  EXPECT_FALSE(span.time_to_first_token) << "that is a stream's";
  EXPECT_EQ(span.attribute("llmtrace.problems"), nullptr);
  EXPECT_EQ(span.status, Status::ok);
}

TEST(Exchange, costs_what_the_table_says_cached_tokens_apart) {
  Tracing tracing;
  const SpanData span = exchange(tracing, request(), response().dump(), at(chat_url));
  // gpt-4o: 2.5 USD a million in, 1.25 cached, 10 out
  ASSERT_TRUE(span.cost_usd);
  EXPECT_NEAR(*span.cost_usd, 60 * 2.5e-6 + 40 * 1.25e-6 + 20 * 10e-6, 1e-12);
  EXPECT_THAT(span.cost_source, HasSubstr("table 20"));
  double sum = 0;
  for (const auto& part : span.cost_details) sum += part.second;
  EXPECT_NEAR(sum, *span.cost_usd, 1e-12);
  EXPECT_NEAR(*tracing.trace("call").total_cost, *span.cost_usd, 1e-12) << "traces add it up";
}

TEST(Exchange, leaves_what_the_program_has_set) {
  Tracing tracing;
  {
    Span span{"call", SpanKind::llm};
    span.set_model("mine").set_provider("me").set_operation("ask").set_output("short");
    span.set_usage({1, 2}).set_cost(0.5).add_finish_reason("enough").set_parameter("temperature", 1);
    span.set_messages("user", "mine").set_output_text("my text");
    span.record_request(request(), at(chat_url)).record_response(response().dump());
  }
  const SpanData span = tracing.span("call");
  EXPECT_EQ(span.model, "mine");
  EXPECT_EQ(span.provider, "me");
  EXPECT_EQ(span.operation, "ask");
  EXPECT_EQ(span.output.text, "short");
  EXPECT_EQ(span.output_text, "my text");
  EXPECT_EQ(span.tokens("input"), 1);
  EXPECT_EQ(span.tokens("output"), 2);
  EXPECT_EQ(span.tokens("total"), std::nullopt) << "a total of other numbers is none";
  EXPECT_EQ(span.cost_usd, 0.5);
  EXPECT_EQ(span.cost_source, "caller");
  EXPECT_THAT(span.finish_reasons, ElementsAre("enough"));
  ASSERT_EQ(span.parameters.size(), 1U);
  EXPECT_EQ(span.parameters[0].second.integer, 1);
  EXPECT_EQ(span.input.text, R"({"messages":[{"role":"user","content":"mine"}]})");
  EXPECT_EQ(span.response_id, "chatcmpl-1") << "and the rest is read";
  EXPECT_EQ(span.attribute("gen_ai.request.model")->text, "gpt-4o");
}

TEST(Exchange, messages_by_hand_are_the_same_field) {
  Tracing tracing;
  {
    Span span{"call", SpanKind::llm};
    span.set_messages("system", "Be brief.", "user", "Hi");
  }
  EXPECT_EQ(tracing.span("call").input.text,
            R"({"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Hi"}]})");
}

std::string event(const JsonValue& data) { return "data: " + data.dump() + "\n\n"; }
JsonValue delta(const JsonValue& content) {
  return {{"id", "chatcmpl-2"},
          {"model", "gpt-4o-2024-08-06"},
          {"choices", {{{"index", 0}, {"delta", content}, {"finish_reason", nullptr}}}}};
}
std::vector<std::string> events() {
  return {event(delta({{"role", "assistant"}, {"content", ""}})), event(delta({{"content", "On its "}})),
          event(delta({{"content", "way."}})),
          event({{"id", "chatcmpl-2"},
                 {"model", "gpt-4o-2024-08-06"},
                 {"choices", JsonValue::array()},
                 {"usage", {{"prompt_tokens", 12}, {"completion_tokens", 30}, {"total_tokens", 42}}}}),
          "data: [DONE]\n\n"};
}

TEST(Exchange, of_chunks_knows_its_first_token_and_its_speed) {
  Tracing tracing;
  {
    Span span{"call", SpanKind::llm};
    span.record_request(request(true), at(chat_url));
    for (const std::string& chunk : events()) {
      tracing.clock().advance(milliseconds{100});
      span.record_chunk(chunk);
    }
  }
  const SpanData span = tracing.span("call");
  EXPECT_EQ(span.output_text, "On its way.");
  EXPECT_EQ(span.tokens("output"), 30);
  EXPECT_TRUE(span.stream);
  EXPECT_EQ(span.time_to_first_token, milliseconds{200}) << "an empty role chunk is no content";
  EXPECT_EQ(span.chunk_count, 4);
  ASSERT_NE(span.attribute("llm.tokens_per_second"), nullptr);
  EXPECT_DOUBLE_EQ(span.attribute("llm.tokens_per_second")->real, 100.0);
}

TEST(Exchange, may_be_cut_anywhere) {
  std::string whole;
  for (const std::string& chunk : events()) whole += chunk;
  for (const std::size_t size : {std::size_t{1}, std::size_t{7}, std::size_t{50}}) {
    Tracing tracing;
    {
      Span span{"call", SpanKind::llm};
      for (std::size_t i = 0; i < whole.size(); i += size) {
        span.record_chunk(std::string_view{whole}.substr(i, size));
        if (i % 3 == 0) span.set("seen", i);
      }
    }
    EXPECT_EQ(tracing.span("call").output_text, "On its way.") << size;
    EXPECT_EQ(tracing.span("call").tokens("total"), 42) << size;
  }
}

TEST(Exchange, a_new_response_takes_the_place_of_the_last) {
  Tracing tracing;
  {
    Span span{"call", SpanKind::llm};
    span.record_chunk("data: {\"error\"").record_chunk(": 1}\n\n");
    span.record_response(response().dump(), at(chat_url, 200));
    span.set_output("a").set_output("b");  // which moves what lies behind it
    span.record_response(response().dump());
  }
  EXPECT_EQ(tracing.span("call").output_text, "Looking.");
  EXPECT_EQ(tracing.span("call").tokens("total"), 120);
  EXPECT_EQ(tracing.span("call").attribute("llmtrace.problems"), nullptr);
}

// 6 MB of stream, of which 64 KiB are kept: the start has the model, the end has the tokens.
TEST(Exchange, of_a_long_stream_keeps_head_and_tail) {
  for (const bool in_one : {false, true}) {
    Tracing tracing{[](Options& options) { options.limits.capture_bytes = 64u << 10; }};
    auto chunks = events();
    const std::string filler = event(delta({{"content", std::string(500, 'x')}}));
    chunks.insert(chunks.begin() + 3, 10'000, filler);
    std::string whole;
    std::uint64_t size = 0;
    {
      Span span{"call", SpanKind::llm};
      for (const std::string& chunk : chunks) {
        size += chunk.size();
        if (in_one)
          whole += chunk;
        else
          span.record_chunk(chunk);
      }
      if (in_one) span.record_response(whole);
    }
    const SpanData span = tracing.span("call");
    EXPECT_EQ(span.output_text.substr(0, 11), "On its way.");
    EXPECT_EQ(span.response_model, "gpt-4o-2024-08-06");
    EXPECT_EQ(span.tokens("total"), 42);
    EXPECT_THAT(span.truncated, ElementsAre(Pair("response_body", static_cast<std::int64_t>(size))));
    EXPECT_THAT(span.attribute("llmtrace.problems")->text, HasSubstr("response_cut"));
  }
}

TEST(Exchange, of_a_long_request_keeps_head_and_tail) {
  Tracing tracing{[](Options& options) { options.limits.capture_bytes = 16u << 10; }};
  const std::string text(100'000, 'a');
  const std::string body =
      R"({"model":"gpt-4o","messages":[{"role":"user","content":")" + text + R"("}],"temperature":0.25})";
  {
    Span span{"call", SpanKind::llm};
    span.record_request(body, at(chat_url));
  }
  const SpanData span = tracing.span("call");
  EXPECT_EQ(span.model, "gpt-4o");
  EXPECT_THAT(span.truncated,
              ::testing::Contains(Pair("request_body", static_cast<std::int64_t>(body.size()))));
}

TEST(Exchange, beyond_a_spans_limit_is_bounded_and_the_span_is_kept) {
  Tracing tracing{[](Options& options) {
    options.limits.span_bytes = 32u << 10;
    options.limits.memory = 8u << 20;
  }};
  {
    Span span{"call", SpanKind::llm};
    span.record_request(std::string(1u << 20, 'q'));
    for (int i = 0; i < 1000; ++i) span.record_chunk(std::string(1000, 'r'));
    span.set("after", true);
  }
  const SpanData span = tracing.span("call");
  EXPECT_TRUE(span.attribute("after")->boolean) << "there is room left for the rest";
  EXPECT_TRUE(testing_support::balanced(tracing.stats()));
}

TEST(Exchange, tells_numbers_and_no_text_where_texts_are_not_captured) {
  Tracing tracing{[](Options& options) {
    options.capture.inputs = false;
    options.capture.outputs = false;
  }};
  const SpanData span = exchange(tracing, request(), response().dump(), at(chat_url));
  EXPECT_EQ(span.response_model, "gpt-4o-2024-08-06");
  EXPECT_EQ(span.tokens("total"), 120);
  EXPECT_THAT(span.finish_reasons, ElementsAre("tool_calls"));
  EXPECT_EQ(span.input.type, RecordedValue::Type::null);
  EXPECT_EQ(span.output.type, RecordedValue::Type::null);
  EXPECT_TRUE(span.output_text.empty());
  EXPECT_TRUE(span.tool_calls.empty());
}

TEST(Exchange, that_was_refused_is_an_error) {
  Tracing tracing;
  const std::string refused =
      R"({"error":{"message":"Slow down.","type":"rate_limit_error","code":"rate_limit_exceeded"}})";
  const SpanData span = exchange(tracing, request(), refused, at(chat_url, 429));
  EXPECT_EQ(span.status, Status::error);
  EXPECT_EQ(span.error, "Slow down.");
  EXPECT_EQ(span.error_type, "rate_limit_error");
  EXPECT_EQ(span.attribute("llm.error_code")->text, "rate_limit_exceeded");
  EXPECT_EQ(span.model, "gpt-4o");
  EXPECT_EQ(tracing.trace("call").error_count, 1U);
}

TEST(Exchange, that_nobody_can_read_keeps_its_span_and_says_so) {
  const std::string html = "<html><body>502 Bad Gateway</body></html>";
  for (const std::string& bad :
       {html, std::string(1u << 20, '['), std::string{"{\"model\": 7, \"usage\": [1]"},
        std::string("\xff\xfe\x00\x01", 4)}) {
    Tracing tracing;
    const SpanData span = exchange(tracing, request(), bad, at(chat_url, 502));
    EXPECT_EQ(span.model, "gpt-4o") << "the request is read";
    EXPECT_EQ(span.status, Status::error);
    EXPECT_EQ(span.error_type, "HTTP 502");
    ASSERT_NE(span.attribute("llmtrace.problems"), nullptr) << bad.substr(0, 20);
  }
}

TEST(Exchange, keeps_no_secret_of_its_url) {
  Tracing tracing;
  {
    Span span{"call", SpanKind::llm};
    span.record_request(R"({"contents":[{"parts":[{"text":"Hi"}]}]})",
                        at("https://user:pass@generativelanguage.googleapis.com/v1beta/models/"
                           "gemini-2.0-flash:generateContent?key=SECRET"));
  }
  const SpanData span = tracing.span("call");
  EXPECT_EQ(span.model, "gemini-2.0-flash");
  for (const auto& [key, value] : span.attributes)
    EXPECT_THAT(value.text, ::testing::Not(HasSubstr("SECRET")));
}

LlmOptions openai() { return {"gpt-4o", "openai", "chat"}; }

TEST(JsonReply, is_read_like_a_response) {
  Tracing tracing;
  traced_llm(openai(), [] { return response(); })();
  const SpanData span = tracing.span("chat gpt-4o");
  EXPECT_EQ(span.output_text, "Looking.");
  EXPECT_EQ(span.tokens("input_cached"), 40);
  EXPECT_EQ(span.response_id, "chatcmpl-1");
  EXPECT_TRUE(span.cost_usd);
}

TEST(JsonReply, may_be_text) {
  Tracing tracing;
  traced_llm(openai(), [] { return response().dump(); })();
  EXPECT_EQ(tracing.span("chat gpt-4o").output.text, "Looking.");
  EXPECT_EQ(tracing.span("chat gpt-4o").tokens("total"), 120);
}

TEST(JsonReply, that_is_no_models_is_the_output_as_it_is) {
  Tracing tracing;
  traced_llm({"a", {}, {}}, [] { return JsonValue{{"verdict", "good"}}; })();
  traced_llm({"b", {}, {}}, [] { return std::string{"[not json"}; })();
  traced_llm({"c", {}, {}}, [] { return std::string{"plain"}; })();
  EXPECT_EQ(tracing.span("a").output.text, R"({"verdict":"good"})");
  EXPECT_EQ(tracing.span("b").output.text, "[not json");
  EXPECT_EQ(tracing.span("c").output.text, "plain");
}

TEST(JsonReply, of_embeddings_is_counted_and_never_kept) {
  Tracing tracing;
  const JsonValue reply{
      {"object", "list"},
      {"model", "text-embedding-3-small"},
      {"data", {{{"object", "embedding"}, {"index", 0}, {"embedding", {0.125, 0.25, 0.5}}}}},
      {"usage", {{"prompt_tokens", 4}, {"total_tokens", 4}}}};
  traced_llm({"text-embedding-3-small", "openai", "embeddings"}, [&] { return reply; })();
  const SpanData span = tracing.span("embeddings text-embedding-3-small");
  EXPECT_EQ(span.output.text, R"({"embeddings":1,"dimension":3})");
  EXPECT_EQ(span.tokens("input"), 4);
  EXPECT_EQ(span.attribute("gen_ai.embeddings.dimension.count")->integer, 3);
}

}  // namespace
}  // namespace llmtrace
