#include "export/console_sink.hpp"

#include "export/console_figures.hpp"
#include "export/terminal_text.hpp"
#include "support/record_builder.hpp"
#include "support/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <memory>
#include <string>
#include <unistd.h>
#include <vector>

namespace llmtrace::exporting {
namespace {

using namespace std::chrono_literals;
using core::Tag;
using testing_support::contents;
using testing_support::RecordBuilder;
using testing_support::TemporaryDirectory;
using TimePoint = Sink::TimePoint;

constexpr std::int64_t millisecond = 1'000'000;

class ConsoleSinkTest : public testing::Test {
 protected:
  ConsoleSinkTest() : descriptor_{::open(path_.c_str(), O_CREAT | O_RDWR | O_APPEND, 0600)} { make(); }
  ~ConsoleSinkTest() override { ::close(descriptor_); }

  void make(bool unicode = true) {
    ConsoleOptions options;
    options.descriptor = descriptor_;
    options.unicode = unicode;
    sink_ = std::make_unique<ConsoleSink>(
        options, &clock_, BatchLimits{20'000, 1u << 20},
        [this](Warning, std::string_view text) { warnings_.emplace_back(text); });
  }
  void add(RecordBuilder& record) { EXPECT_TRUE(sink_->add_span(record.view())); }
  void span(std::uint64_t trace, std::uint64_t id, std::uint64_t parent, const std::string& name,
            SpanKind kind = SpanKind::function) {
    RecordBuilder record{name, kind};
    record.ids(trace, id, parent).ticks(static_cast<std::int64_t>(id), static_cast<std::int64_t>(id) + 5);
    add(record);
  }
  void root(std::uint64_t trace, const std::string& name) {
    RecordBuilder record{name, SpanKind::chain};
    record.trace_root().ids(trace, 1, 0).ticks(0, 1'240 * millisecond);
    add(record);
  }
  void header(std::uint64_t trace, const std::string& name, TraceState state) {
    RecordBuilder record{name, SpanKind::chain};
    record.trace_root().ids(trace, 1, 0);
    EXPECT_TRUE(sink_->add_trace({record.view(), state, {}}));
  }
  void add_example() {
    RecordBuilder retrieve{"retrieve", SpanKind::retrieval};
    add(retrieve.ids(7, 2, 1).ticks(10, 10 + 12'300'000));
    RecordBuilder call{"gpt-4-call", SpanKind::llm};
    call.ids(7, 3, 1).ticks(20, 20 + 1'200 * millisecond).text(Tag::model, {}, "gpt-4o");
    call.value(Tag::usage_input, {}, std::int64_t{120}).value(Tag::usage_output, {}, std::int64_t{48});
    add(call.value(Tag::cost, {}, 0.0021));
    RecordBuilder post{"post"};
    post.ids(7, 4, 1).ticks(30, 30 + 87'000).flags(detail::flag_error);
    add(post.text(Tag::error, "runtime_error", "boom"));
    RecordBuilder nested{"retry", SpanKind::tool};
    add(nested.ids(7, 5, 2).ticks(11, 11 + 900));
    root(7, "chat-request");
  }

  [[nodiscard]] std::string shown() const { return contents(path_); }

  TemporaryDirectory directory_;
  std::string path_ = directory_.file("console");
  int descriptor_;
  core::ClockMap clock_{{}, 1.0, false};
  std::vector<std::string> warnings_;
  std::unique_ptr<ConsoleSink> sink_;
};

TEST_F(ConsoleSinkTest, shows_a_trace_as_a_tree) {
  add_example();
  sink_->send({});
  EXPECT_EQ(shown(),
            "chat-request                       1.24 s  120→48 tok  $0.0021  1 llm call  1 error\n"
            "├─ retrieve    retrieval          12.3 ms\n"
            "│  └─ retry    tool                900 ns\n"
            "├─ gpt-4-call  llm        gpt-4o   1.20 s  120→48 tok  $0.0021\n"
            "└─ post        function           87.0 µs  ✗ runtime_error: boom\n"
            "\n");
  EXPECT_EQ(sink_->take_settled().acknowledged, 5U);
}

TEST_F(ConsoleSinkTest, needs_no_unicode) {
  make(false);
  add_example();
  sink_->send({});
  EXPECT_EQ(shown(),
            "chat-request                       1.24 s  120->48 tok  $0.0021  1 llm call  1 error\n"
            "|- retrieve    retrieval          12.3 ms\n"
            "|  `- retry    tool                900 ns\n"
            "|- gpt-4-call  llm        gpt-4o   1.20 s  120->48 tok  $0.0021\n"
            "`- post        function           87.0 us  x runtime_error: boom\n"
            "\n");
}

TEST_F(ConsoleSinkTest, keeps_a_tree_apart_from_single_lines) {
  root(7, "alone");
  span(8, 2, 1, "child");
  root(8, "tree");
  root(9, "alone too");
  sink_->send({});
  EXPECT_EQ(shown(),
            "alone  1.24 s\n"
            "\n"
            "tree                1.24 s\n"
            "└─ child  function    5 ns\n"
            "\n"
            "alone too  1.24 s\n");
}

TEST_F(ConsoleSinkTest, waits_for_the_end_of_a_trace_that_is_known) {
  header(7, "chat", TraceState::running);
  span(7, 2, 1, "child");
  sink_->send(TimePoint{});
  sink_->step(TimePoint{} + 1h);
  EXPECT_EQ(shown(), "");
  EXPECT_EQ(sink_->take_settled().acknowledged, 1U);
  root(7, "chat");
  sink_->send(TimePoint{} + 1h);
  EXPECT_NE(shown().find("chat"), std::string::npos);
}

TEST_F(ConsoleSinkTest, shows_spans_of_an_unknown_trace_after_a_while) {
  span(7, 2, 1, "child");
  const TimePoint now = TimePoint{} + 1h;
  sink_->send(now);
  EXPECT_EQ(shown(), "");
  EXPECT_EQ(sink_->next_event(), now + ConsoleSink::patience);
  sink_->step(sink_->next_event());
  EXPECT_EQ(shown(), "trace  (its root is not here)\n└─ child  function  5 ns\n\n");
  EXPECT_EQ(sink_->next_event(), TimePoint::max());
}

// A forked child that stopped while its spans were waiting for their root, which is the parent's, showed none
// of them.
TEST_F(ConsoleSinkTest, waits_for_no_root_while_it_stops) {
  span(7, 2, 1, "before");
  sink_->send({});
  sink_->finish_by(TimePoint{} + 1s, TimePoint{});
  EXPECT_NE(shown().find("before"), std::string::npos);
  span(8, 2, 1, "after");
  sink_->send({});
  EXPECT_NE(shown().find("after"), std::string::npos);
}

TEST_F(ConsoleSinkTest, shows_what_never_ended) {
  header(7, "chat", TraceState::running);
  span(7, 2, 1, "child");
  sink_->send({});
  header(7, "chat", TraceState::incomplete);
  sink_->send({});
  EXPECT_EQ(shown(), "chat  (not ended)\n└─ child  function  5 ns\n\n");
  span(8, 2, 1, "left behind");
  sink_->send({});
  sink_.reset();
  EXPECT_NE(shown().find("left behind"), std::string::npos);
}

TEST_F(ConsoleSinkTest, draws_each_span_once_whatever_its_parent) {
  span(7, 2, 2, "itself");
  span(7, 3, 4, "ring a");
  span(7, 4, 3, "ring b");
  span(7, 5, 99, "parent elsewhere");
  span(7, 5, 99, "same id");
  span(7, 6, 5, "child of either");
  root(7, "chat");
  sink_->send({});
  std::size_t lines = 0;
  const std::string text = shown();
  for (const char byte : text) lines += byte == '\n' ? 1 : 0;
  EXPECT_EQ(lines, 8U) << text;
  for (const char* name : {"itself", "ring a", "ring b", "parent elsewhere", "same id", "child of either"})
    EXPECT_NE(text.find(name), std::string::npos) << name;
}

TEST_F(ConsoleSinkTest, bounds_what_it_draws_and_keeps) {
  for (std::uint64_t i = 0; i < 9'000; ++i) span(7, i + 2, i + 1, "deep");
  root(7, "chat");
  sink_->send({});
  EXPECT_NE(shown().find("… 8501 more spans"), std::string::npos);
  EXPECT_LT(shown().size(), 100'000U);

  for (std::uint64_t i = 0; i < ConsoleSink::most_kept_spans; ++i) span(100 + i, 2, 1, "waiting");
  RecordBuilder one_more{"one more"};
  EXPECT_FALSE(sink_->add_span(one_more.view()));
  sink_->send({});
  EXPECT_TRUE(sink_->add_span(one_more.view()));
  EXPECT_NE(shown().find("waiting"), std::string::npos);
}

TEST_F(ConsoleSinkTest, lets_no_escape_sequence_through) {
  RecordBuilder record{"a\x1b[31mred\a\r\n\xc2\x9b", SpanKind::llm};
  record.flags(detail::flag_root | detail::flag_header | detail::flag_error);
  add(record.text(Tag::error, "\x1b]0;title\a", "\xff").text(Tag::model, {}, "\x1b[2J"));
  sink_->send({});
  for (const char byte : shown()) EXPECT_TRUE(byte == '\n' || static_cast<unsigned char>(byte) >= 0x20);
  EXPECT_EQ(shown().find("\xc2\x9b"), std::string::npos);
}

TEST_F(ConsoleSinkTest, colors_nothing_that_is_no_terminal) {
  add_example();
  sink_->send({});
  EXPECT_EQ(shown().find('\x1b'), std::string::npos);
}

TEST_F(ConsoleSinkTest, does_not_wait_for_a_reader_that_has_stopped) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ConsoleOptions options;
  options.descriptor = ends[1];
  ConsoleSink sink{
      options, &clock_, {}, [this](Warning, std::string_view text) { warnings_.emplace_back(text); }};
  SinkTally sum;
  for (int i = 0; i < 2'000; ++i) {
    RecordBuilder record{std::string(40, 'x'), SpanKind::chain};
    EXPECT_TRUE(sink.add_span(record.trace_root().ids(static_cast<std::uint64_t>(i), 1, 0).view()));
    sink.send({});
    const SinkTally tally = sink.take_settled();
    sum.acknowledged += tally.acknowledged;
    sum.rejected += tally.rejected;
  }
  EXPECT_EQ(sum.acknowledged + sum.rejected, 2'000U);
  EXPECT_GT(sum.rejected, 0U);
  EXPECT_EQ(warnings_.size(), 1U);
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(ConsoleTree, colors_errors_red) {
  ConsoleTrace trace;
  trace.nodes.resize(1);
  trace.nodes[0].is_root = true;
  trace.nodes[0].failed = true;
  trace.nodes[0].name = "chat";
  trace.nodes[0].error = "boom";
  const std::string text = draw_trace(trace, {true, true});
  EXPECT_NE(text.find("\x1b[31mchat\x1b[0m"), std::string::npos);
  EXPECT_NE(text.find("\x1b[31m boom\x1b[0m"), std::string::npos);
}

TEST(ConsoleFigures, are_short) {
  EXPECT_EQ(readable_duration(0, true), "0 ns");
  EXPECT_EQ(readable_duration(999, true), "999 ns");
  EXPECT_EQ(readable_duration(1'000, true), "1.00 µs");
  EXPECT_EQ(readable_duration(999'499, false), "999 us");
  EXPECT_EQ(readable_duration(999'500, true), "1.00 ms");
  EXPECT_EQ(readable_duration(12'300'000, true), "12.3 ms");
  EXPECT_EQ(readable_duration(999'600'000, true), "1.00 s");
  EXPECT_EQ(readable_duration(59'940'000'000, true), "59.9 s");
  EXPECT_EQ(readable_duration(125'000'000'000, true), "2m 05s");
  EXPECT_EQ(readable_duration(3'720'000'000'000, true), "1h 02m");
  EXPECT_EQ(readable_tokens(168, -1, true), "168→? tok");
  EXPECT_EQ(readable_cost(0), "$0.00");
  EXPECT_EQ(readable_cost(0.0021), "$0.0021");
  EXPECT_EQ(readable_cost(0.0000123), "$0.000012");
  EXPECT_EQ(readable_cost(12.345), "$12.35");
}

TEST(TerminalText, is_cut_by_columns) {
  EXPECT_EQ(for_terminal("short", 5, true).text, "short");
  EXPECT_EQ(for_terminal("longer", 5, true).text, "long…");
  EXPECT_EQ(for_terminal("longer", 5, false).text, "lon..");
  const TerminalText wide = for_terminal("日本語テキスト", 8, true);
  EXPECT_EQ(wide.text, "日本語…");
  EXPECT_EQ(wide.columns, 7U);
  EXPECT_EQ(for_terminal("日本", 8, false).text, "??");
  EXPECT_EQ(for_terminal("e\u0301", 8, true).columns, 1U);
  EXPECT_EQ(for_terminal("a\u202Eb\u200Bc", 8, true).text, "abc");
  EXPECT_EQ(for_terminal("", 8, true).text, "");
}

}  // namespace
}  // namespace llmtrace::exporting
