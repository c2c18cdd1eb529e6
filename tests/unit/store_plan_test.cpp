// By which indices the questions of a list are answered. What SQLite plans is asked of the very statements
// that the store makes: a plan that reads all traces of a time gives the same answers, only not in a large
// database.
#include "collector/query/filter_language.hpp"
#include "collector/store/sqlite/filter_sql.hpp"
#include "collector/store/sqlite/reads.hpp"
#include "support/store_items.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <memory>
#include <string>
#include <vector>

namespace llmtrace::testing_store {
namespace {

using ::testing::ContainsRegex;
using ::testing::ElementsAre;

class StorePlan : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto store = open_store(in_file(file_));
    Items items;
    for (std::uint64_t number = 1; number <= 200; ++number) {
      auto& trace = items.trace(number);
      trace.start_time = new_year + static_cast<std::int64_t>(number) * minute;
      trace.user_id = number % 50 == 0 ? "rare" : "common";
    }
    ASSERT_EQ(store_items(*store, items).outcome, WriteOutcome::committed);
  }

  // How SQLite goes about a page of the middle of that time.
  std::vector<std::string> plan_of(const std::string& filter) {
    sqlite::Reader reader{sqlite::Database::open(file_, sqlite::OpenMode::read)};
    sqlite::install_match_function(reader);
    const sqlite::Question question{reader, sqlite::find_project(reader.database, "demo"), 0, nullptr};
    TraceQuery query{.project = "demo", .filter = std::get<Filter>(parse_filter(filter, new_year))};
    query.time = {new_year + 40 * minute, new_year + 160 * minute};
    std::string statement;
    sqlite3_trace_v2(reader.database.handle(), SQLITE_TRACE_STMT, &keep_page_statement, &statement);
    const auto page = list_traces(question, query);
    sqlite3_trace_v2(reader.database.handle(), 0, nullptr, nullptr);
    EXPECT_FALSE(page.value.traces.empty());
    std::vector<std::string> plan;
    sqlite::Statement row{reader.database, "EXPLAIN QUERY PLAN " + statement};
    while (row.step()) plan.emplace_back(row.text(3));
    return plan;
  }

 private:
  static int keep_page_statement(unsigned, void* to, void* statement, void*) {
    const std::unique_ptr<char, void (*)(void*)> sql{
        sqlite3_expanded_sql(static_cast<sqlite3_stmt*>(statement)), &sqlite3_free};
    const std::string_view text{sql.get()};
    if (text.find(" ORDER BY ") != std::string_view::npos) static_cast<std::string*>(to)->assign(text);
    return 0;
  }

  TemporaryDirectory directory_;
  std::string file_ = directory_.file("traces.db");
};

// Left to itself SQLite reads, for each trace that has the value, all traces of the time.
TEST_F(StorePlan, a_rare_value_is_looked_up_within_the_time_and_each_of_its_traces_by_its_place) {
  EXPECT_THAT(plan_of("user:rare"),
              ElementsAre(ContainsRegex("f USING PRIMARY KEY .facet=. AND start_time>. AND start_time<.."),
                          ContainsRegex("t USING COVERING INDEX traces_by_start "
                                        ".project=. AND start_time=. AND id=..")));
}

TEST_F(StorePlan, a_rare_value_is_where_a_comparison_begins) {
  EXPECT_THAT(plan_of("user:rare errors<1"),
              ElementsAre(ContainsRegex("f USING PRIMARY KEY .facet=. AND start_time>. AND start_time<.."),
                          ContainsRegex("t USING COVERING INDEX traces_by_start "
                                        ".project=. AND start_time=. AND id=..")));
}

TEST_F(StorePlan, a_common_value_with_a_comparison_begins_in_the_index_of_numbers) {
  const auto plan = plan_of("user:common errors<1");
  ASSERT_FALSE(plan.empty());
  EXPECT_THAT(plan.front(), ContainsRegex("t USING COVERING INDEX traces_by_start "
                                          ".project=. AND start_time>. AND start_time<.."));
  for (const std::string& step : plan) EXPECT_EQ(step.find("TEMP B-TREE"), std::string::npos) << step;
}

}  // namespace
}  // namespace llmtrace::testing_store
