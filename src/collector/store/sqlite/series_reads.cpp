#include "collector/store/sqlite/filter_sql.hpp"
#include "collector/store/sqlite/reads.hpp"
#include "collector/store/sqlite/rollups.hpp"
#include "collector/store/sqlite/sql_text.hpp"
#include "collector/store/sqlite/tables.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace llmtrace::collector::sqlite {
namespace {

constexpr std::int64_t most_points = 2000;
constexpr std::int64_t all_others = -1;  // in the place of a facet

// Sums by group and step, wherever they come from.
class SeriesSums {
 public:
  explicit SeriesSums(std::int64_t step) : step_{step} {}

  // Rows come in the order of time, so mostly it is the same as before.
  RollupSum& at(std::int64_t facet, std::int64_t time) {
    const std::int64_t point = floor_to(time, step_);
    if (last_ == nullptr || last_facet_ != facet || last_point_ != point) last_ = &groups_[facet][point];
    last_facet_ = facet;
    last_point_ = point;
    return *last_;
  }

  using Points = std::map<std::int64_t, RollupSum>;
  [[nodiscard]] std::map<std::int64_t, Points>& groups() { return groups_; }

 private:
  std::int64_t step_;
  std::map<std::int64_t, Points> groups_;
  RollupSum* last_ = nullptr;
  std::int64_t last_facet_ = 0;
  std::int64_t last_point_ = 0;
};

SeriesPoint point_of(std::int64_t time, const RollupSum& sum) {
  return {.time = time,
          .count = sum.count,
          .errors = sum.errors,
          .latency_p50 = sum.latency.percentile(0.50),
          .latency_p95 = sum.latency.percentile(0.95),
          .latency_p99 = sum.latency.percentile(0.99),
          .first_token_p50 = sum.first_token.percentile(0.50),
          .first_token_p95 = sum.first_token.percentile(0.95),
          .tokens_input = sum.tokens_input,
          .tokens_output = sum.tokens_output,
          .cost = sum.cost};
}

SeriesKind kind_of(SeriesGroup group) {
  switch (group) {
    case SeriesGroup::none: return SeriesKind::traces;
    case SeriesGroup::name: return SeriesKind::traces_by_name;
    case SeriesGroup::user: return SeriesKind::traces_by_user;
    case SeriesGroup::model: return SeriesKind::spans_by_model;
  }
  return SeriesKind::traces;
}

bool is_everything(const Filter& filter) {
  const auto* all = std::get_if<AllOf>(&filter.node);
  return all != nullptr && all->parts.empty();
}

class SeriesReader {
 public:
  SeriesReader(const Question& question, const SeriesQuery& query, const Series& frame)
      : question_{question}, query_{query}, frame_{frame}, sums_{frame.step} {}

  [[nodiscard]] SeriesSums& read() {
    const bool from_rows = !is_everything(query_.filter) || has_expired_rows(question_);
    if (!from_rows)
      add_rollups();
    else if (query_.group == SeriesGroup::model)
      add_spans();
    else
      add_traces();
    return sums_;
  }

 private:
  // The longest that steps consist of.
  [[nodiscard]] std::int64_t rollup_step() const {
    if (frame_.step % day_nanoseconds == 0) return day_nanoseconds;
    return frame_.step % hour_nanoseconds == 0 ? hour_nanoseconds : minute_nanoseconds;
  }

  [[nodiscard]] Statement rollup_rows(const char* columns) const {
    Statement row{question_.database(),
                  std::string{"SELECT "} + columns +
                      " FROM rollups WHERE project=? AND series=? AND step=? AND time>=? AND time<?"};
    row.bind(1, question_.project).bind(2, static_cast<std::int64_t>(kind_of(query_.group)));
    row.bind(3, rollup_step() / minute_nanoseconds).bind(4, frame_.from).bind(5, frame_.to);
    return row;
  }

  // Of thousands of users only these get points of their own.
  [[nodiscard]] std::unordered_set<std::int64_t> top_facets() const {
    std::unordered_map<std::int64_t, std::int64_t> counts;
    Statement row = rollup_rows("facet,count");
    while (row.step()) counts[row.integer(0)] += row.integer(1);
    std::vector<std::pair<std::int64_t, std::int64_t>> order;  // negative count, facet
    order.reserve(counts.size());
    for (const auto& [facet, count] : counts) order.emplace_back(-count, facet);
    const auto top = std::min<std::size_t>(query_.top_groups, order.size());
    std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(top), order.end());
    std::unordered_set<std::int64_t> facets;
    for (std::size_t i = 0; i < top; ++i) facets.insert(order[i].second);
    return facets;
  }

  void add_rollups() {
    const bool grouped = query_.group != SeriesGroup::none;
    const auto top = grouped ? top_facets() : std::unordered_set<std::int64_t>{};
    Statement row =
        rollup_rows("facet,time,count,errors,tokens_input,tokens_output,cost,latency,first_token");
    while (row.step()) {
      const std::int64_t facet = row.integer(0);
      RollupSum& sum = sums_.at(!grouped || top.count(facet) != 0 ? facet : all_others, row.integer(1));
      sum.count += row.integer(2);
      sum.errors += row.integer(3);
      sum.tokens_input += row.integer(4);
      sum.tokens_output += row.integer(5);
      sum.cost += row.integer(6);
      sum.latency.add_encoded(row.blob(7));
      sum.first_token.add_encoded(row.blob(8));
    }
  }

  // The facet of a trace's group, from its list of facets.
  [[nodiscard]] std::int64_t group_of(std::string_view facets) const {
    if (query_.group == SeriesGroup::none) return 0;
    const FacetKind kind = query_.group == SeriesGroup::name ? FacetKind::name : FacetKind::user;
    for (const FacetRef& facet : decode_facets(facets))
      if (facet.kind == kind) return facet.id;
    return -1;
  }

  // Ends in the conditions, so that more can be added.
  [[nodiscard]] SqlText visible_traces(const FilterSql& filter, const FilterSql::Source& source,
                                       const char* columns) const {
    SqlText sql{"SELECT "};
    (((sql += columns) += " FROM ") += source.sql) += " AND t.received>=";
    (sql.parameter(question_.visible_from) += " AND ") += filter.condition();
    return sql;
  }

  [[nodiscard]] SqlText in_frame(const char* time) const {
    SqlText sql{" AND "};
    ((sql += time) += ">=").parameter(frame_.from) += " AND ";
    (sql += time) += "<";
    return sql.parameter(frame_.to);
  }

  void add_traces() {
    const FilterSql filter{question_, query_.filter, FilterSql::Reads::all_rows};
    const FilterSql::Source source = filter.source();
    const bool grouped = query_.group != SeriesGroup::none;
    SqlText sql = visible_traces(
        filter, source,
        grouped ? "t.start_time,t.status,t.error_count,t.tokens_input,t.tokens_output,t.cost,t.duration,"
                  "t.first_token,t.facets"
                : "t.start_time,t.status,t.error_count,t.tokens_input,t.tokens_output,t.cost,t.duration,"
                  "t.first_token");
    sql += in_frame(source.start);
    Statement row = sql.prepare(question_.database());
    while (row.step()) {
      const std::int64_t group = grouped ? group_of(row.blob(8)) : 0;
      if (group < 0) continue;
      Figures figures;
      figures.errors =
          row.integer(1) == static_cast<std::int64_t>(Status::error) || row.integer(2) > 0 ? 1 : 0;
      figures.tokens_input = row.integer(3);
      figures.tokens_output = row.integer(4);
      figures.cost = row.integer(5);
      figures.latency = row.optional_integer(6);
      figures.first_token = row.optional_integer(7);
      sums_.at(group, row.integer(0)).add(figures, 1);
    }
  }

  // Spans that name a model, of the traces that match.
  void add_spans() {
    const FilterSql filter{question_, query_.filter, FilterSql::Reads::all_rows};
    SqlText sql{
        "SELECT s.start_time,s.status,s.tokens_input,s.tokens_output,s.cost,s.duration,s.time_to_first_token,"
        "f.id FROM ("};
    sql += visible_traces(filter, filter.source(), "t.id AS trace");
    sql += ") m CROSS JOIN spans s ON s.trace=m.trace CROSS JOIN facets f ON f.project=";
    sql.parameter(question_.project) +=
        " AND f.kind=16 AND f.value=coalesce(s.model,s.response_model) WHERE 1";
    sql += in_frame("s.start_time");
    static_assert(static_cast<int>(FacetKind::model) == 16);
    Statement row = sql.prepare(question_.database());
    while (row.step()) {
      Figures figures;
      figures.errors = row.integer(1) == static_cast<std::int64_t>(Status::error) ? 1 : 0;
      figures.tokens_input = row.integer(2);
      figures.tokens_output = row.integer(3);
      figures.cost = row.integer(4);
      figures.latency = row.optional_integer(5);
      figures.first_token = row.optional_integer(6);
      sums_.at(row.integer(7), row.integer(0)).add(figures, 1);
    }
  }

  const Question& question_;
  const SeriesQuery& query_;
  const Series& frame_;
  SeriesSums sums_;
};

SeriesLine line_of(const SeriesSums::Points& points) {
  SeriesLine line;
  RollupSum total;
  for (const auto& [time, sum] : points) {
    line.points.push_back(point_of(time, sum));
    total.add(sum);
  }
  line.total = point_of(points.empty() ? 0 : points.begin()->first, total);
  return line;
}

void name_line(const Question& question, std::int64_t facet, SeriesLine& line) {
  if (facet == 0) return;
  Statement row{question.database(), "SELECT value FROM facets WHERE id=? AND project=?"};
  if (row.bind(1, facet).bind(2, question.project).step()) line.group = row.text(0);
}

std::int64_t count_of(const SeriesSums::Points& points) {
  std::int64_t count = 0;
  for (const auto& [time, sum] : points) count += sum.count;
  return count;
}

void fill_lines(const Question& question, const SeriesQuery& query, SeriesSums& sums, Series& series) {
  std::vector<std::pair<std::int64_t, std::int64_t>> by_count;  // negative count, facet
  for (const auto& [facet, points] : sums.groups())
    if (facet != all_others) by_count.emplace_back(-count_of(points), facet);
  std::sort(by_count.begin(), by_count.end());
  SeriesSums::Points rest = std::move(sums.groups()[all_others]);
  for (std::size_t i = 0; i < by_count.size(); ++i) {
    const auto& points = sums.groups()[by_count[i].second];
    if (i >= query.top_groups && query.group != SeriesGroup::none) {
      for (const auto& [time, sum] : points) rest[time].add(sum);
      continue;
    }
    series.lines.push_back(line_of(points));
    name_line(question, by_count[i].second, series.lines.back());
  }
  if (rest.empty()) return;
  series.lines.push_back(line_of(rest));
  series.lines.back().rest = true;
}

// Widened to whole steps, and the steps made longer until there are not too many.
Series frame_of(const SeriesQuery& query) {
  Series series;
  const std::int64_t minutes = std::clamp<std::int64_t>(query.step / minute_nanoseconds, 1, 60 * 24 * 366);
  series.step = minutes * minute_nanoseconds;
  constexpr std::int64_t far = std::int64_t{1} << 62;
  const std::int64_t from = std::clamp(query.from, -far, far);
  const std::int64_t to = std::clamp(std::max(query.to, from), -far, far);
  while ((to / series.step - from / series.step) > most_points) series.step *= 2;
  series.from = floor_to(from, series.step);
  series.to = floor_to(to - 1, series.step) + series.step;
  if (to == from) series.to = series.from;
  return series;
}

}  // namespace

Answer<Series> read_series(const Question& question, const SeriesQuery& query) {
  Answer<Series> answer;
  answer.value = frame_of(query);
  if (question.project == 0) return answer;
  Transaction snapshot{question.database(), Transaction::Kind::read};
  SeriesReader reader{question, query, answer.value};
  SeriesSums& sums = reader.read();
  fill_lines(question, query, sums, answer.value);
  return answer;
}

}  // namespace llmtrace::collector::sqlite
