#include "support/store_items.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace llmtrace::testing_store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// The same ids in two projects, with different content.
class StoreIsolation : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* project : {"alpha", "beta"}) {
      Items items{project};
      auto& trace = items.trace(1);
      trace.name = items.keep(std::string{"secret of "} + project);
      trace.session_id = items.keep(std::string{"session-"} + project);
      trace.user_id = "shared-user";
      trace.start_time = new_year;
      auto& span = items.span(1, 1);
      span.name = project;
      span.model = items.keep(std::string{"model-"} + project);
      span.start_time = new_year;
      span.findable = true;
      ASSERT_EQ(store_items(*store_, items).outcome, WriteOutcome::committed);
    }
  }

  std::unique_ptr<Store> store_ = open_store(in_memory());
};

TEST_F(StoreIsolation, holds_for_every_question) {
  for (const auto& [project, other] : {std::pair{"alpha", "beta"}, std::pair{"beta", "alpha"}}) {
    const auto page = store_->traces({.project = project}, soon());
    ASSERT_EQ(page.value.traces.size(), 1U);
    EXPECT_EQ(page.value.traces[0].name, std::string{"secret of "} + project);
    EXPECT_EQ(store_->trace(project, trace_id(1), soon()).value.name, std::string{"secret of "} + project);
    ASSERT_EQ(spans_of(*store_, 1, SpanDetail::full, project).size(), 1U);
    EXPECT_EQ(spans_of(*store_, 1, SpanDetail::full, project)[0].name, project);
    EXPECT_EQ(store_->span(project, trace_id(1), span_id(1), soon()).value.name, project);
    const auto sessions = store_->sessions({.project = project}, soon()).value.sessions;
    ASSERT_EQ(sessions.size(), 1U);
    EXPECT_EQ(sessions[0].session_id, std::string{"session-"} + project);
    const auto models = store_->facets({.project = project, .field = TextField::model}, soon()).value;
    ASSERT_EQ(models.size(), 1U);
    EXPECT_EQ(models[0].value, std::string{"model-"} + project);
    EXPECT_EQ(store_->totals(project, soon()).value.traces, 1);
    const auto series = store_->series(
        {.project = project, .group = SeriesGroup::model, .from = new_year, .to = new_year + hour}, soon());
    ASSERT_EQ(series.value.lines.size(), 1U);
    EXPECT_EQ(series.value.lines[0].group, std::string{"model-"} + project);

    Filter filter;
    filter.node = TextCondition{TextField::session, {std::string{"session-"} + other}, false};
    EXPECT_THAT(store_->traces({.project = project, .filter = filter}, soon()).value.traces, IsEmpty());
    filter.node = FullTextCondition{other, false};
    EXPECT_THAT(store_->traces({.project = project, .filter = filter}, soon()).value.traces, IsEmpty());
    filter.node = TextCondition{TextField::user, {"shared-user"}, false};
    EXPECT_EQ(store_->traces({.project = project, .filter = filter}, soon()).value.traces.size(), 1U);
  }
}

TEST_F(StoreIsolation, shows_an_unknown_project_nothing) {
  EXPECT_THAT(store_->traces({.project = "gamma"}, soon()).value.traces, IsEmpty());
  EXPECT_EQ(store_->trace("gamma", trace_id(1), soon()).outcome, ReadOutcome::not_found);
  EXPECT_EQ(store_->trace("", trace_id(1), soon()).outcome, ReadOutcome::not_found);
  EXPECT_EQ(store_->totals("gamma", soon()).value.traces, 0);
  EXPECT_EQ(store_->projects(soon()).value.size(), 2U);
}

TEST_F(StoreIsolation, lets_no_cursor_cross_over) {
  Items more{"alpha"};
  more.trace(2).start_time = new_year + second;
  store_items(*store_, more);
  const auto first = store_->traces({.project = "alpha", .limit = 1}, soon());
  ASSERT_FALSE(first.value.next_cursor.empty());
  const auto crossed = store_->traces({.project = "beta", .cursor = first.value.next_cursor}, soon());
  for (const StoredTrace& trace : crossed.value.traces) EXPECT_EQ(trace.name, "secret of beta");
}

TEST_F(StoreIsolation, tells_an_unknown_id_from_one_of_another_project) {
  Items only_alpha{"alpha"};
  only_alpha.trace(7).name = "alone";
  auto& own = only_alpha.span(7, 7);
  own.findable = true;
  store_items(*store_, only_alpha);

  Items events{"beta"};
  auto& foreign = events.span(7, 8);
  foreign.needs = Requires::trace;
  auto& unknown = events.span(99, 9);
  unknown.needs = Requires::trace;
  auto& foreign_span = events.span(0, 7);
  foreign_span.needs = Requires::span;
  foreign_span.end_time = new_year;
  auto& unknown_span = events.span(0, 404);
  unknown_span.needs = Requires::span;
  auto& both = events.span(0, 1);  // in beta too
  both.needs = Requires::span;
  both.end_time = new_year + second;
  both.output_data = "\"of beta\"";
  auto& header = events.trace(7);
  header.needs = Requires::trace;
  events.trace(98).needs = Requires::trace;
  const Applied applied = store_items(*store_, events);
  EXPECT_THAT(applied.spans, ElementsAre(ItemOutcome::trace_of_other_project, ItemOutcome::unknown_trace,
                                         ItemOutcome::span_of_other_project, ItemOutcome::unknown_span,
                                         ItemOutcome::stored));
  EXPECT_THAT(applied.traces, ElementsAre(ItemOutcome::trace_of_other_project, ItemOutcome::unknown_trace));
  EXPECT_EQ(applied.span_traces[4], trace_id(1));
  EXPECT_EQ(spans_of(*store_, 1, SpanDetail::full, "beta")[0].output_data, "\"of beta\"");
  EXPECT_FALSE(spans_of(*store_, 1, SpanDetail::full, "alpha")[0].output_data.has_value());
  EXPECT_EQ(store_->totals("beta", soon()).value.traces, 1);
}

TEST_F(StoreIsolation, finds_a_span_that_the_same_commit_has_made) {
  Items events{"alpha"};
  auto& made = events.span(50, 51);
  made.start_time = new_year;
  made.findable = true;
  auto& completed = events.span(0, 51);
  completed.needs = Requires::span;
  completed.end_time = new_year + second;
  const Applied applied = store_items(*store_, events);
  EXPECT_THAT(applied.spans, ElementsAre(ItemOutcome::stored, ItemOutcome::stored));
  EXPECT_EQ(spans_of(*store_, 50, SpanDetail::light, "alpha")[0].duration, second);
}

}  // namespace
}  // namespace llmtrace::testing_store
