#include "export/trace_book.hpp"

#include "support/record_builder.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace llmtrace::exporting {
namespace {

using core::Tag;
using testing_support::RecordBuilder;

std::vector<std::string> tell(TraceBook& book, bool finishing, std::size_t at_most = SIZE_MAX) {
  std::vector<std::string> names;
  book.tell(finishing, [&](const TraceHeader& header) {
    if (names.size() == at_most) return false;
    EXPECT_EQ(header.state, finishing ? TraceState::incomplete : TraceState::running);
    names.emplace_back(SpanFacts{header.root}.text(Tag::name));
    return true;
  });
  return names;
}

void start(TraceBook& book, std::uint64_t trace, const std::string& name) {
  RecordBuilder record{name, SpanKind::chain};
  record.trace_root().trace_start().ids(trace, 1, 0);
  book.saw_start(record.view());
}

std::optional<TraceTotals> end(TraceBook& book, std::uint64_t trace) {
  RecordBuilder record{"root", SpanKind::chain};
  record.trace_root().ids(trace, 1, 0);
  const auto header = book.saw_span(record.view());
  if (!header) return std::nullopt;
  EXPECT_EQ(header->state, TraceState::ended);
  return header->totals;
}

void span(TraceBook& book, std::uint64_t trace, std::int64_t tokens = -1, double cost = -1,
          unsigned flags = 0) {
  RecordBuilder record{"child", SpanKind::llm};
  record.ids(trace, 2, 1).flags(flags);
  if (tokens >= 0) record.value(Tag::usage_input, {}, tokens);
  if (cost >= 0) record.value(Tag::cost, {}, cost);
  EXPECT_FALSE(book.saw_span(record.view()));
}

TEST(TraceBook, sums_up_the_spans_of_a_trace) {
  TraceBook book;
  start(book, 7, "chat");
  span(book, 7, 100, 0.25);
  span(book, 8, 1'000);
  span(book, 7, 20, 0.5, detail::flag_error);
  const auto totals = end(book, 7);
  ASSERT_TRUE(totals);
  EXPECT_EQ(totals->spans, 3U);
  EXPECT_EQ(totals->errors, 1U);
  EXPECT_EQ(totals->tokens_input, 120);
  EXPECT_EQ(totals->tokens_output, -1) << "nobody told";
  EXPECT_EQ(totals->cost_usd, 0.75);
  EXPECT_EQ(book.open_traces(), 0U);
  EXPECT_EQ(book.remembered_traces(), 1U) << "the other trace";
}

TEST(TraceBook, knows_a_trace_by_its_spans_alone) {
  TraceBook book;
  span(book, 7, 5);
  EXPECT_EQ(end(book, 7)->spans, 2U);
  EXPECT_EQ(end(book, 9)->spans, 1U) << "a root without children";
  EXPECT_EQ(book.remembered_traces(), 0U);
}

TEST(TraceBook, makes_no_header_of_a_root_that_has_a_parent_elsewhere) {
  TraceBook book;
  span(book, 7);
  RecordBuilder root{"request"};
  root.flags(detail::flag_root).ids(7, 1, 99);
  EXPECT_FALSE(book.saw_span(root.view()));
  EXPECT_EQ(book.remembered_traces(), 0U) << "and forgets the trace";
}

TEST(TraceBook, tells_each_running_trace_once) {
  TraceBook book;
  start(book, 1, "a");
  start(book, 2, "b");
  start(book, 2, "b again");
  EXPECT_TRUE(book.has_untold(false));
  EXPECT_EQ(tell(book, false, 1), (std::vector<std::string>{"a"}));
  EXPECT_TRUE(book.has_untold(false)) << "what was not taken stays";
  EXPECT_EQ(tell(book, false), (std::vector<std::string>{"b"}));
  EXPECT_FALSE(book.has_untold(false));
  EXPECT_TRUE(tell(book, false).empty());
}

TEST(TraceBook, does_not_tell_what_has_ended) {
  TraceBook book;
  start(book, 1, "a");
  EXPECT_TRUE(end(book, 1));
  EXPECT_FALSE(book.has_untold(false));
  EXPECT_FALSE(book.has_untold(true));
}

TEST(TraceBook, tells_at_the_end_what_never_ended) {
  TraceBook book;
  start(book, 1, "a");
  start(book, 2, "b");
  tell(book, false);
  EXPECT_TRUE(book.has_untold(true));
  EXPECT_EQ(tell(book, true, 1), (std::vector<std::string>{"a"}));
  EXPECT_EQ(tell(book, true), (std::vector<std::string>{"b"}));
  EXPECT_EQ(book.remembered_traces(), 0U);
}

TEST(TraceBook, forgets_the_oldest_and_never_our_own_for_those_of_others) {
  TraceBook book{3};
  for (std::uint64_t trace = 1; trace <= 4; ++trace) start(book, trace, "t" + std::to_string(trace));
  for (std::uint64_t trace = 100; trace < 200; ++trace) span(book, trace);
  EXPECT_EQ(book.open_traces(), 3U);
  EXPECT_EQ(book.remembered_traces(), 6U);
  EXPECT_EQ(tell(book, false), (std::vector<std::string>{"t2", "t3", "t4"}));
}

TEST(TraceBook, keeps_a_copy_without_what_is_too_large) {
  TraceBook book;
  {
    RecordBuilder record{"chat"};
    record.trace_root().trace_start().text(Tag::input, {}, std::string(200'000, 'x'));
    record.text(Tag::user_id, {}, "u1");
    book.saw_start(record.view());
  }
  book.tell(false, [](const TraceHeader& header) {
    const SpanFacts root{header.root};
    EXPECT_EQ(root.text(Tag::name), "chat");
    EXPECT_EQ(root.text(Tag::user_id), "u1");
    EXPECT_FALSE(root.has(Tag::input));
    return true;
  });
}

TEST(TraceBook, keeps_little_of_each_trace_where_many_are_open) {
  TraceBook book;
  for (std::uint64_t trace = 1; trace <= 200; ++trace) {
    RecordBuilder record{"chat"};
    record.trace_root().trace_start().ids(trace, 1, 0).text(Tag::input, {}, std::string(60'000, 'x'));
    book.saw_start(record.view());
  }
  std::size_t with_input = 0;
  book.tell(false, [&](const TraceHeader& header) {
    const SpanFacts root{header.root};
    EXPECT_EQ(root.text(Tag::name), "chat");
    if (root.has(Tag::input)) ++with_input;
    return true;
  });
  EXPECT_GT(with_input, 60U);
  EXPECT_LT(with_input, 80U);
}

TEST(TraceBook, does_not_overflow) {
  TraceBook book;
  for (int i = 0; i < 3; ++i) span(book, 7, std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(end(book, 7)->tokens_input, std::numeric_limits<std::int64_t>::max());
}

}  // namespace
}  // namespace llmtrace::exporting
