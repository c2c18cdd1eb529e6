#include "collector/store/sqlite/rollups.hpp"

namespace llmtrace::collector::sqlite {

void RollupSum::add(const Figures& figures, std::int64_t times) {
  count += times;
  errors += times * figures.errors;
  tokens_input += times * figures.tokens_input;
  tokens_output += times * figures.tokens_output;
  cost += times * figures.cost;
  if (figures.latency) latency.add(*figures.latency, times);
  if (figures.first_token) first_token.add(*figures.first_token, times);
}

void RollupSum::add(const RollupSum& other) {
  count += other.count;
  errors += other.errors;
  tokens_input += other.tokens_input;
  tokens_output += other.tokens_output;
  cost += other.cost;
  latency.add(other.latency);
  first_token.add(other.first_token);
}

Rollups::Rollups(Database& database)
    : select_{database,
              "SELECT count,errors,tokens_input,tokens_output,cost,latency,first_token FROM rollups"
              " WHERE project=? AND series=? AND step=? AND time=? AND facet=?"},
      replace_{database,
               "REPLACE INTO rollups(project,series,step,time,facet,count,errors,tokens_input,tokens_output,"
               "cost,latency,first_token) VALUES(?,?,?,?,?,?,?,?,?,?,?,?)"},
      delete_{database,
              "DELETE FROM rollups WHERE project=? AND series=? AND step=? AND time=? AND facet=?"} {}

void Rollups::add(const Series& series, std::int64_t time, const Figures& figures, std::int64_t times) {
  for (const std::int64_t step : {minute_nanoseconds, hour_nanoseconds, day_nanoseconds})
    changes_[Key{series, step, floor_to(time, step)}].add(figures, times);
}

void Rollups::flush() {
  for (auto& [key, sum] : changes_) {
    load(key, sum);
    save(key, sum);
  }
  changes_.clear();
}

void Rollups::bind(Statement& statement, const Key& key) {
  statement.bind(1, key.series.project)
      .bind(2, static_cast<std::int64_t>(key.series.kind))
      .bind(3, key.step / minute_nanoseconds)
      .bind(4, key.time)
      .bind(5, key.series.facet);
}

void Rollups::load(const Key& key, RollupSum& sum) {
  const StatementUse row{select_};
  bind(select_, key);
  if (!row->step()) return;
  sum.count += row->integer(0);
  sum.errors += row->integer(1);
  sum.tokens_input += row->integer(2);
  sum.tokens_output += row->integer(3);
  sum.cost += row->integer(4);
  sum.latency.add_encoded(row->blob(5));
  sum.first_token.add_encoded(row->blob(6));
}

void Rollups::save(const Key& key, const RollupSum& sum) {
  if (sum.count == 0) {
    bind(delete_, key);
    return delete_.run();
  }
  const std::string latency = sum.latency.encode();
  const std::string first_token = sum.first_token.encode();
  bind(replace_, key);
  replace_.bind(6, sum.count).bind(7, sum.errors).bind(8, sum.tokens_input).bind(9, sum.tokens_output);
  replace_.bind(10, sum.cost).bind_blob(11, latency).bind_blob(12, first_token);
  replace_.run();
}

}  // namespace llmtrace::collector::sqlite
