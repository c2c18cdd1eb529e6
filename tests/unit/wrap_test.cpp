#include "support/tracing.hpp"
#include <llmtrace/llmtrace.hpp>

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

namespace llmtrace {
namespace {

struct Choice {
  struct {
    std::string content;
  } message;
};
struct ChatReply {
  std::vector<Choice> choices;
  struct {
    int prompt_tokens = 0;
    int completion_tokens = 0;
    int total_tokens = 0;
  } usage;
  std::string model;
};
struct TextReply {
  std::string text;
  struct {
    long input_tokens = 0;
    long output_tokens = 0;
  } usage;
};
struct Secret {
  std::string user;
  std::string password;
};
struct Verdict {
  int stars = 0;
};

}  // namespace

template <>
struct Describe<Secret> {
  static void input(SpanRef span, const Secret& secret) { span.set_input({{"user", secret.user}}); }
};
template <>
struct Describe<Verdict> {
  static void output(SpanRef span, const Verdict& verdict) {
    span.set_output({{"stars", verdict.stars}}).score("stars", verdict.stars);
  }
};

namespace {

using testing_support::Tracing;

ChatReply reply_of(const std::string& text) {
  ChatReply reply;
  reply.choices.resize(1);
  reply.choices[0].message.content = text;
  reply.usage = {12, 7, 19};
  reply.model = "gpt-4o-2024";
  return reply;
}

TEST(TracedFunction, records_arguments_result_and_kind) {
  Tracing tracing;
  TracedOptions options;
  options.kind = SpanKind::retrieval;
  options.span.attributes = {{"index", "docs"}};
  const auto find = [](const std::string& query, int top_k) {
    return query.empty() ? std::vector<int>{} : std::vector<int>(static_cast<std::size_t>(top_k), 1);
  };
  auto search = traced("vector_search", find, options);
  EXPECT_EQ(search("cats", 2).size(), 2U);
  const SpanData span = tracing.span("vector_search");
  EXPECT_EQ(span.kind, SpanKind::retrieval);
  EXPECT_EQ(span.input.text, R"(["cats",2])");
  EXPECT_EQ(span.output.text, "[1,1]");
  EXPECT_EQ(span.attribute("index")->text, "docs");
}

int twice(int value) noexcept { return 2 * value; }
struct Calculator {
  int add(int a, int b) const { return a + b; }
  std::int64_t factor = 3;
};

TEST(TracedFunction, takes_every_callable) {
  Tracing tracing;
  EXPECT_EQ(traced("pointer", &twice)(4), 8);
  EXPECT_EQ(traced("function", std::function<int(int)>{twice})(5), 10);
  const Calculator calculator;
  EXPECT_EQ(traced("method", &Calculator::add)(calculator, 1, 2), 3);
  EXPECT_EQ(traced("member", &Calculator::factor)(calculator), 3);
  EXPECT_EQ(traced("none", [] { return 1; })(), 1);
  EXPECT_EQ(tracing.span("pointer").input.integer, 4) << "one argument is the input itself";
  EXPECT_EQ(tracing.span("none").input.type, RecordedValue::Type::null);
}

TEST(TracedFunction, keeps_the_signature) {
  Tracing tracing;
  int value = 1;
  auto reference = traced("reference", [&value]() -> int& { return value; });
  static_assert(std::is_same_v<decltype(reference()), int&>);
  EXPECT_EQ(&reference(), &value);
  auto change = traced("change", [](int& out) { out = 9; });
  static_assert(std::is_void_v<decltype(change(value))>);
  change(value);
  EXPECT_EQ(value, 9);
  auto forward = traced("move-only", [](std::unique_ptr<int> given) { return given; });
  EXPECT_EQ(*forward(std::make_unique<int>(4)), 4);
  auto pass = traced("rvalue", [](std::string&& text) -> std::string&& { return std::move(text); });
  std::string text = "moved";
  std::string&& passed = pass(std::move(text));
  EXPECT_EQ(&passed, &text);
}

TEST(TracedFunction, is_const_as_its_callable_is) {
  Tracing tracing;
  const auto reads = traced("reads", [](int value) { return value; });
  EXPECT_EQ(reads(1), 1);
  auto counts = traced("counts", [count = 0]() mutable { return ++count; });
  EXPECT_EQ(counts(), 1);
  EXPECT_EQ(counts(), 2);
  static_assert(std::is_invocable_v<const decltype(reads)&, int>);
  static_assert(!std::is_invocable_v<const decltype(counts)&>);
  static_assert(!std::is_invocable_v<decltype(reads)&, std::string>);
}

TEST(TracedFunction, keeps_quiet_about_what_it_is_told_to) {
  Tracing tracing;
  TracedOptions options;
  options.capture_inputs = false;
  options.capture_outputs = false;
  EXPECT_EQ(traced("quiet", &twice, options)(4), 8);
  EXPECT_EQ(tracing.span("quiet").input.type, RecordedValue::Type::null);
  EXPECT_EQ(tracing.span("quiet").output.type, RecordedValue::Type::null);
}

TEST(TracedFunction, lets_exceptions_through) {
  Tracing tracing;
  auto fails = traced("fails", [](int) -> int { throw std::out_of_range{"far"}; });
  EXPECT_THROW(fails(1), std::out_of_range);
  EXPECT_EQ(tracing.span("fails").error, "far");
  EXPECT_EQ(tracing.span("fails").error_type, "std::out_of_range");
}

TEST(TracedFunction, describes_types_as_told) {
  Tracing tracing;
  auto login = traced("login", [](const Secret&) { return Verdict{4}; });
  EXPECT_EQ(login(Secret{"ann", "hunter2"}).stars, 4);
  const SpanData span = tracing.span("login");
  EXPECT_EQ(span.input.text, R"({"user":"ann"})");
  EXPECT_EQ(span.output.text, R"({"stars":4})");
  ASSERT_EQ(span.scores.size(), 1U);
}

TEST(TracedFunction, passes_over_types_that_it_does_not_know) {
  struct Unknown {};
  Tracing tracing;
  traced("unknown", [](const Unknown& unknown) { return unknown; })(Unknown{});
  EXPECT_EQ(tracing.span("unknown").input.type, RecordedValue::Type::null);
  EXPECT_EQ(tracing.span("unknown").output.type, RecordedValue::Type::null);
}

LlmOptions gpt() {
  LlmOptions options;
  options.model = "gpt-4o";
  options.provider = "openai";
  return options;
}

TEST(TracedLlm, takes_text_usage_and_model_out_of_the_reply) {
  Tracing tracing;
  auto chat = traced_llm(gpt(), [](const std::string&) { return reply_of("hello"); });
  EXPECT_EQ(chat("hi").choices.size(), 1U);
  const SpanData span = tracing.span("gpt-4o");
  EXPECT_EQ(span.kind, SpanKind::llm);
  EXPECT_EQ(span.input.text, "hi");
  EXPECT_EQ(span.output.text, "hello");
  EXPECT_EQ(span.tokens("input"), 12);
  EXPECT_EQ(span.tokens("output"), 7);
  EXPECT_EQ(span.tokens("total"), 19);
  EXPECT_EQ(span.response_model, "gpt-4o-2024");
  EXPECT_EQ(span.provider, "openai");
}

TEST(TracedLlm, knows_other_shapes_of_replies) {
  Tracing tracing;
  LlmOptions options = gpt();
  options.operation = "messages";
  traced_llm(options, [] { return TextReply{"text", {3, 4}}; })();
  traced_llm({}, [] { return std::string{"plain"}; })();
  traced_llm({}, [] { return ChatReply{}; })();
  const SpanData text = tracing.span("messages gpt-4o");
  EXPECT_EQ(text.output.text, "text");
  EXPECT_EQ(text.tokens("input"), 3);
  EXPECT_EQ(text.tokens("output"), 4);
  EXPECT_EQ(tracing.span("llm").output.text, "plain");
  EXPECT_EQ(tracing.stats().ended, 3U);
}

TEST(TracedLlm, fills_the_span_that_the_user_has_opened) {
  Tracing tracing;
  {
    Span span{"my call", SpanKind::llm};
    span.set_model("my model").set_input("my input");
    traced_llm(gpt(), [](const std::string&) { return reply_of("hello"); })("hi");
  }
  EXPECT_EQ(tracing.spans().size(), 1U);
  const SpanData span = tracing.span("my call");
  EXPECT_EQ(span.model, "my model") << "what the user set wins";
  EXPECT_EQ(span.input.text, "my input");
  EXPECT_EQ(span.provider, "openai");
  EXPECT_EQ(span.output.text, "hello");
  EXPECT_EQ(span.tokens("output"), 7);
  EXPECT_EQ(tracing.stats().double_traces_merged, 1U);
}

TEST(TracedLlm, fills_a_span_once) {
  Tracing tracing;
  {
    Span span{"two calls", SpanKind::llm};
    traced_llm(gpt(), [] { return reply_of("first"); })();
    traced_llm(gpt(), [] { return reply_of("second"); })();
  }
  EXPECT_EQ(tracing.spans().size(), 2U);
  EXPECT_EQ(tracing.span("two calls").output.text, "first");
  EXPECT_EQ(tracing.span("gpt-4o").output.text, "second");
  EXPECT_EQ(tracing.span("gpt-4o").parent_span_id, tracing.span("two calls").span_id);
  EXPECT_EQ(tracing.stats().double_traces_merged, 1U);
}

TEST(TracedLlm, layers_upon_each_other_make_one_span) {
  Tracing tracing;
  auto inner = traced_llm(gpt(), [] { return reply_of("hello"); });
  auto outer = traced_llm(gpt(), [&inner] { return inner(); });
  outer();
  ASSERT_EQ(tracing.spans().size(), 1U);
  EXPECT_EQ(tracing.spans()[0].output.text, "hello");
  EXPECT_EQ(tracing.spans()[0].tokens("total"), 19);
}

TEST(TracedLlm, two_guards_of_the_user_stay_two) {
  Tracing tracing;
  {
    Span outer{"outer", SpanKind::llm};
    Span inner{"inner", SpanKind::llm};
  }
  EXPECT_EQ(tracing.spans().size(), 2U);
  EXPECT_EQ(tracing.stats().double_traces_merged, 0U);
}

TEST(TracedLlm, does_not_take_a_span_of_another_kind) {
  Tracing tracing;
  {
    Span agent{"agent", SpanKind::agent};
    traced_llm(gpt(), [] { return reply_of("hello"); })();
  }
  EXPECT_EQ(tracing.span("gpt-4o").parent_span_id, tracing.span("agent").span_id);
}

TEST(TracedLlm, fills_the_span_around_a_function_that_is_traced_too) {
  Tracing tracing;
  {
    Span span{"mine", SpanKind::llm};
    Span helper{"helper"};
    Span another{"another", SpanKind::other};
    traced_llm(gpt(), [] { return reply_of("hello"); })();
    traced_llm(gpt(), [] { return reply_of("again"); })();
  }
  EXPECT_EQ(tracing.span("mine").output.text, "hello");
  EXPECT_EQ(tracing.span("gpt-4o").output.text, "again") << "the second call is one of its own";
  EXPECT_EQ(tracing.spans().size(), 4U);
  for (const SpanKind kind : {SpanKind::tool, SpanKind::agent, SpanKind::retrieval, SpanKind::chain}) {
    Span span{"mine", SpanKind::llm};
    Span below{"below", kind};
    traced_llm(gpt(), [] { return reply_of("a call of its own"); })();
  }
  EXPECT_EQ(tracing.spans().size(), 16U);
  EXPECT_EQ(tracing.stats().double_traces_merged, 1U);
}

TEST(TracedLlm, records_what_the_call_throws) {
  Tracing tracing;
  {
    Span span{"mine", SpanKind::llm};
    EXPECT_THROW(traced_llm(gpt(), []() -> int { throw std::runtime_error{"429"}; })(), std::runtime_error);
  }
  EXPECT_EQ(tracing.span("mine").error, "429");
}

class Embeddings {
 public:
  std::vector<double> create(const std::string& text) { return {static_cast<double>(text.size())}; }
};
class Client {
 public:
  std::string chat(const std::string& question) { return question + "!"; }
  int count() const noexcept { return 3; }
  void fail(int) { throw std::runtime_error{"down"}; }
  std::unique_ptr<int> take(std::unique_ptr<int> given) { return given; }
  std::string& name() { return name_; }
  Embeddings& embeddings_api() { return embeddings; }
  Embeddings embeddings;

 private:
  std::string name_ = "client";
};

TracedClientOptions agent_options() {
  TracedClientOptions options;
  options.agent_type = "researcher";
  return options;
}

TEST(TracedClient, calls_methods_as_spans_named_after_the_operation) {
  Client client;
  Tracing tracing;
  Traced<Client> traced_client{client, agent_options()};
  EXPECT_EQ(traced_client.call("chat", &Client::chat, "why"), "why!");
  EXPECT_EQ(traced_client.call("count", &Client::count), 3);
  EXPECT_EQ(*traced_client.call("take", &Client::take, std::make_unique<int>(6)), 6);
  EXPECT_EQ(&traced_client.call("name", &Client::name), &client.name());
  EXPECT_THROW(traced_client.call("fail", &Client::fail, 1), std::runtime_error);
  const SpanData chat = tracing.span("chat");
  EXPECT_EQ(chat.kind, SpanKind::agent);
  EXPECT_EQ(chat.operation, "chat");
  EXPECT_EQ(chat.agent_type, "researcher");
  EXPECT_EQ(chat.input.text, "why");
  EXPECT_EQ(chat.output.text, "why!");
  EXPECT_EQ(tracing.span("fail").error, "down");
}

TEST(TracedClient, reaches_everything_else_untraced) {
  Client client;
  Tracing tracing;
  Traced<Client> traced_client{client};
  EXPECT_EQ(traced_client->chat("x"), "x!");
  EXPECT_EQ((*traced_client).count(), 3);
  EXPECT_TRUE(tracing.spans().empty());
}

TEST(TracedClient, traces_sub_objects_under_a_dotted_path) {
  Client client;
  Tracing tracing;
  Traced<Client> traced_client{client, agent_options()};
  auto by_member = traced_client.member("embeddings", &Client::embeddings);
  auto by_method = traced_client.member("api", &Client::embeddings_api);
  EXPECT_EQ(by_member.call("create", &Embeddings::create, "abc").front(), 3);
  EXPECT_EQ(by_method.call("create", &Embeddings::create, "abcd").front(), 4);
  EXPECT_EQ(tracing.span("embeddings.create").operation, "embeddings.create");
  EXPECT_EQ(tracing.span("api.create").output.text, "[4]");
}

TEST(TracedClient, of_kind_llm_fills_an_open_llm_span) {
  Client client;
  Tracing tracing;
  TracedClientOptions options;
  options.kind = SpanKind::llm;
  options.model = "m";
  Traced<Client> traced_client{client, options};
  {
    Span span{"mine", SpanKind::llm};
    traced_client.call("chat", &Client::chat, "a");
    traced_client.call("chat", &Client::chat, "b");
  }
  EXPECT_EQ(tracing.span("mine").output.text, "a!");
  EXPECT_EQ(tracing.span("mine").model, "m");
  EXPECT_EQ(tracing.span("chat").output.text, "b!");
  EXPECT_EQ(tracing.stats().double_traces_merged, 1U);
}

TEST(TracedClient, keeps_quiet_about_what_it_is_told_to) {
  Client client;
  Tracing tracing;
  TracedClientOptions options;
  options.capture_inputs = false;
  options.capture_outputs = false;
  Traced<Client> traced_client{client, options};
  traced_client.call("chat", &Client::chat, "a");
  EXPECT_EQ(tracing.span("chat").input.type, RecordedValue::Type::null);
  EXPECT_EQ(tracing.span("chat").output.type, RecordedValue::Type::null);
}

TEST(Wrapping, works_without_a_tracer) {
  Client client;
  Traced<Client> traced_client{client};
  EXPECT_EQ(traced_client.call("chat", &Client::chat, "a"), "a!");
  EXPECT_EQ(traced("t", &twice)(2), 4);
  EXPECT_EQ(traced_llm(gpt(), [] { return 5; })(), 5);
}

}  // namespace
}  // namespace llmtrace
