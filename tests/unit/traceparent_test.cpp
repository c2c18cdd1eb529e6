#include "support/tracing.hpp"
#include <llmtrace/llmtrace.hpp>

#include <string>

namespace llmtrace {
namespace {

using testing_support::Tracing;

constexpr const char* valid = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

TEST(Traceparent, is_read) {
  const SpanContext context = from_traceparent(valid);
  ASSERT_TRUE(context.valid());
  EXPECT_EQ(to_hex(context.trace_id()), "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(to_hex(context.span_id()), "00f067aa0ba902b7");
  EXPECT_TRUE(context.sampled());
  EXPECT_TRUE(context.remote());
  EXPECT_EQ(to_traceparent(context), valid);
}

TEST(Traceparent, flags_other_than_sampled_are_ignored) {
  const std::string ids = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-";
  EXPECT_FALSE(from_traceparent(ids + "00").sampled());
  EXPECT_FALSE(from_traceparent(ids + "fe").sampled());
  EXPECT_TRUE(from_traceparent(ids + "03").sampled());
  EXPECT_TRUE(from_traceparent(ids + "ff").sampled());
}

TEST(Traceparent, of_a_later_version_may_go_on) {
  EXPECT_TRUE(from_traceparent("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").valid());
  EXPECT_TRUE(
      from_traceparent("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-the-future-brings")
          .valid());
  EXPECT_TRUE(from_traceparent(std::string{"01"} + std::string{valid}.substr(2) + "-").valid());
}

TEST(Traceparent, may_have_blanks_around_it) {
  EXPECT_TRUE(from_traceparent(std::string{" \t"} + valid + " ").valid());
}

TEST(Traceparent, that_is_malformed_is_no_context) {
  const char* const malformed[] = {
      "",
      "00",
      "garbage",
      "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
      "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
      "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
      "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
      "00-4bf92f3577b34da6a3ce929d0e0e4736-00F067AA0BA902B7-01",
      "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
      "00-4bf92f3577b34da6a3ce929d0e0e47361-00f067aa0ba902b7-01",
      "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b-01",
      "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1",
      "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
      "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-extra",
      "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.",
      "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.what",
      "0g-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
      "00-gbf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
      "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0x",
      "00_4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7_01",
  };
  for (const char* text : malformed) EXPECT_FALSE(from_traceparent(text).valid()) << text;
  std::string with_nul = valid;
  with_nul[10] = '\0';
  EXPECT_FALSE(from_traceparent(with_nul).valid());
}

TEST(Traceparent, that_is_malformed_starts_a_new_trace) {
  Tracing tracing;
  { TraceScope trace{from_traceparent("garbage"), "t"}; }
  EXPECT_FALSE(tracing.span("t").parent_span_id.valid());
  EXPECT_EQ(tracing.trace("t").state, TraceData::State::ok);
}

TEST(Traceparent, of_a_span_leads_back_to_it) {
  Tracing tracing;
  std::string header;
  {
    Span span{"client"};
    header = to_traceparent(span.context());
    EXPECT_EQ(header, "00-" + span.trace_id() + "-" + span.span_id() + "-01");
  }
  { Span span{from_traceparent(header), "server"}; }
  EXPECT_EQ(tracing.span("server").parent_span_id, tracing.span("client").span_id);
}

TEST(Traceparent, of_nothing_is_empty) { EXPECT_EQ(to_traceparent(SpanContext{}), ""); }

TEST(Traceparent, only_the_process_of_the_root_sends_the_header) {
  Tracing tracing;
  {
    TraceOptions options;
    options.user_id = "u";
    TraceScope trace{from_traceparent(valid), "server", options};
    Span span{"below"};
  }
  EXPECT_TRUE(tracing.traces().empty());
  const SpanData server = tracing.span("server");
  EXPECT_EQ(to_hex(server.parent_span_id), "00f067aa0ba902b7");
  EXPECT_EQ(server.attribute("user.id")->text, "u") << "the trace's header is another process's";
  EXPECT_FALSE(server.orphan);
}

TEST(Traceparent, a_remote_decision_is_followed_and_passed_on) {
  Tracing tracing;
  const std::string not_sampled = std::string{valid}.substr(0, 53) + "00";
  {
    TraceScope trace{from_traceparent(not_sampled), "server"};
    EXPECT_FALSE(trace.recording());
    Span span{"below"};
    EXPECT_FALSE(span.recording());
    EXPECT_EQ(to_traceparent(SpanContext::current()).substr(0, 36), not_sampled.substr(0, 36));
    EXPECT_EQ(to_traceparent(SpanContext::current()).substr(53), "00");
    EXPECT_EQ(to_traceparent(span.context()), to_traceparent(SpanContext::current()));
  }
  EXPECT_TRUE(tracing.spans().empty());
  EXPECT_EQ(tracing.stats().dropped_before.sampled_out, 2U);
}

TEST(Traceparent, a_remote_parent_that_is_sampled_beats_the_rate) {
  Tracing tracing{[](Options& options) { options.sample_rate = 0.0; }};
  { TraceScope trace{from_traceparent(valid), "server"}; }
  { TraceScope trace{"own"}; }
  EXPECT_EQ(tracing.spans().size(), 1U);
}

TEST(Tracestate, passes_through) {
  Tracing tracing;
  const SpanContext remote = from_traceparent(valid, "vendor=value,other=1");
  EXPECT_EQ(to_tracestate(remote), "vendor=value,other=1");
  {
    TraceScope trace{remote, "server"};
    Span span{"below"};
    EXPECT_EQ(to_tracestate(span.context()), "vendor=value,other=1");
    EXPECT_EQ(to_tracestate(SpanContext::current()), "vendor=value,other=1");
    EXPECT_EQ(to_tracestate(current_span().context()), "vendor=value,other=1");
    llmtrace::trace("callable",
                    [](SpanRef view) { EXPECT_EQ(to_tracestate(view.context()), "vendor=value,other=1"); });
    ManualSpan manual = trace.child("manual");
    EXPECT_EQ(to_tracestate(manual.context()), "vendor=value,other=1");
  }
  EXPECT_EQ(tracing.spans().size(), 4U);
}

TEST(Tracestate, survives_copies_and_scopes) {
  Tracing tracing;
  SpanContext kept;
  {
    const SpanContext remote = from_traceparent(valid, "a=b");
    SpanContext copy = remote;
    const SpanContext moved = std::move(copy);
    EXPECT_FALSE(copy.valid());
    kept = moved;
    const SpanContext& same = kept;
    kept = same;
    const ContextScope scope{kept};
    kept = SpanContext{};
    EXPECT_EQ(to_tracestate(SpanContext::current()), "a=b");
    kept = SpanContext::current();
  }
  EXPECT_EQ(to_tracestate(kept), "a=b");
}

TEST(Tracestate, that_is_too_long_or_unprintable_is_left_out) {
  EXPECT_EQ(to_tracestate(from_traceparent(valid, std::string(512, 'x'))).size(), 512U);
  EXPECT_EQ(to_tracestate(from_traceparent(valid, std::string(513, 'x'))), "");
  EXPECT_EQ(to_tracestate(from_traceparent(valid, "a=b\r\nX-Evil: 1")), "");
  EXPECT_EQ(to_tracestate(from_traceparent("garbage", "a=b")), "");
}

TEST(Ids, as_text) {
  EXPECT_EQ(to_hex(TraceId{0x0123456789abcdefULL, 0xfedcba9876543210ULL}),
            "0123456789abcdeffedcba9876543210");
  EXPECT_EQ(to_hex(SpanId{1}), "0000000000000001");
  EXPECT_EQ(trace_id_from_hex("0123456789abcdeffedcba9876543210"),
            (TraceId{0x0123456789abcdefULL, 0xfedcba9876543210ULL}));
  EXPECT_EQ(span_id_from_hex("00f067aa0ba902b7").value, 0x00f067aa0ba902b7ULL);
  for (const char* bad : {"", "0", "xyz", "0123456789abcdefg"}) {
    EXPECT_FALSE(trace_id_from_hex(bad).valid());
    EXPECT_FALSE(span_id_from_hex(bad).valid());
  }
}

}  // namespace
}  // namespace llmtrace
