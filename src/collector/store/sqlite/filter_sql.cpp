#include "collector/store/sqlite/filter_sql.hpp"

#include "collector/store/sqlite/column_values.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace llmtrace::collector::sqlite {
namespace {

constexpr std::int64_t largest_set = 2'000'000;

// The traces that have one of a few facets, as a set of bits.
class FacetMatcher : public RowTest {
 public:
  FacetMatcher(const Question& question, const std::vector<std::int64_t>& facets) {
    SqlText sql{"SELECT trace FROM trace_facets WHERE facet IN "};
    sql.list(facets);
    Statement row = sql.prepare(question.database());
    std::vector<std::int64_t> traces;
    while (row.step()) traces.push_back(row.integer(0));
    if (traces.empty()) return;
    const auto [least, greatest] = std::minmax_element(traces.begin(), traces.end());
    first_ = *least;
    present_.resize(static_cast<std::size_t>(*greatest - first_) + 1);
    for (const std::int64_t trace : traces) present_[static_cast<std::size_t>(trace - first_)] = true;
  }

  [[nodiscard]] bool matches(std::int64_t trace) override {
    const auto place = static_cast<std::size_t>(trace - first_);
    return trace >= first_ && place < present_.size() && present_[place];
  }

 private:
  std::int64_t first_ = 0;
  std::vector<bool> present_;
};

struct NumberColumn {
  const char* column;
  const char* known;  // a condition that the number is known at all
};

NumberColumn column_of_field(NumberField field) {
  switch (field) {
    case NumberField::latency: return {"t.duration", "t.duration IS NOT NULL"};
    case NumberField::cost: return {"t.cost", "t.cost_known>0"};
    case NumberField::tokens: return {"t.tokens", "1"};
    case NumberField::tokens_input: return {"t.tokens_input", "1"};
    case NumberField::tokens_output: return {"t.tokens_output", "1"};
    case NumberField::spans: return {"t.span_count", "1"};
    case NumberField::errors: return {"t.error_count", "1"};
    case NumberField::time_to_first_token: return {"t.first_token", "t.first_token IS NOT NULL"};
    case NumberField::start_time: return {"t.start_time", "1"};
  }
  return {"0", "0"};
}

const char* operator_of(Comparison comparison) {
  switch (comparison) {
    case Comparison::less: return "<";
    case Comparison::at_most: return "<=";
    case Comparison::equal: return "=";
    case Comparison::at_least: return ">=";
    case Comparison::greater: return ">";
  }
  return "=";
}

SqlText number_sql(const NumberCondition& condition) {
  const NumberColumn number = column_of_field(condition.field);
  SqlText sql{"("};
  ((sql += number.known) += " AND ") += number.column;
  (sql += operator_of(condition.comparison)).parameter(condition.value) += ")";
  return sql;
}

SqlText error_sql(const ErrorCondition& condition) {
  static_assert(static_cast<int>(Status::error) == 3);
  return condition.expected ? "(t.error_count>0 OR t.status=3)" : "(t.error_count=0 AND t.status<>3)";
}

SqlText status_sql(const TextCondition& condition) {
  std::vector<std::int64_t> wanted;
  for (const Status status : {Status::running, Status::incomplete, Status::ok, Status::error})
    for (const std::string& value : condition.any_of)
      if (condition.prefix ? to_string(status).starts_with(value) : to_string(status) == value)
        wanted.push_back(static_cast<std::int64_t>(status));
  SqlText sql{"t.status IN "};
  return sql.list(wanted);
}

SqlText has_facet(const std::vector<std::int64_t>& any_of) {
  SqlText sql{"EXISTS(SELECT 1 FROM trace_facets x WHERE x.facet IN "};
  return sql.list(any_of) += " AND x.start_time=t.start_time AND x.trace=t.id)";
}

void ask_matcher(sqlite3_context* context, int, sqlite3_value** arguments) {
  auto* reader = static_cast<Reader*>(sqlite3_user_data(context));
  const auto matcher = static_cast<std::size_t>(sqlite3_value_int64(arguments[0]));
  try {
    const bool found = matcher < reader->matchers.size() &&
                       reader->matchers[matcher]->matches(sqlite3_value_int64(arguments[1]));
    sqlite3_result_int(context, found ? 1 : 0);
  } catch (const SqliteError& error) {
    sqlite3_result_error_code(context, error.code());
  } catch (const std::exception& error) {
    sqlite3_result_error(context, error.what(), -1);
  }
}

}  // namespace

void install_match_function(Reader& reader) {
  const int code = sqlite3_create_function_v2(reader.database.handle(), "llmtrace_match", 2, SQLITE_UTF8,
                                              &reader, &ask_matcher, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) throw SqliteError{code, sqlite3_errstr(code)};
}

FilterSql::FilterSql(const Question& question, const Filter& filter, Reads reads)
    : question_{question}, reads_all_{reads == Reads::all_rows} {
  consider(filter);
  // The index is read faster than the traces of a common facet are looked up in it.
  if (rare_facet_ && (compares_numbers_ || reads_all_) && is_common(rare_facet_traces_)) rare_facet_.reset();
  condition_ = translate(filter, true);
}

FilterSql::~FilterSql() { question_.reader.matchers.clear(); }

FilterSql::Source FilterSql::source() const {
  Source source;
  if (few_) {
    (source.sql += "traces t WHERE +t.project=").parameter(question_.project) += " AND t.id IN ";
    source.sql.list(*few_);
    if (rare_facet_) (source.sql += " AND ") += has_facet({*rare_facet_});
  } else if (rare_facet_) {
    // The signs keep SQLite from looking up what lies in the bounds of the time instead.
    source.sql += "trace_facets f CROSS JOIN traces t INDEXED BY traces_by_start ON t.project=";
    source.sql.parameter(question_.project) += " AND t.start_time=+f.start_time AND t.id=+f.trace";
    (source.sql += " WHERE f.facet=").parameter(*rare_facet_);
    source.start = "f.start_time";
    source.row = "f.trace";
  } else {
    source.sql += "traces t INDEXED BY traces_by_start WHERE t.project=";
    source.sql.parameter(question_.project);
  }
  return source;
}

void FilterSql::consider(const Filter& filter) {
  if (const auto* all = std::get_if<AllOf>(&filter.node)) {
    for (const Filter& part : all->parts) consider(part);
  } else if (const auto* text = std::get_if<TextCondition>(&filter.node)) {
    consider(*text);
  } else if (std::holds_alternative<NumberCondition>(filter.node) ||
             std::holds_alternative<ErrorCondition>(filter.node)) {
    compares_numbers_ = true;
  }
}

void FilterSql::consider(const TextCondition& condition) {
  if (condition.field == TextField::status) compares_numbers_ = true;
  const FacetIds facets = facet_ids(question_, condition);
  if (facets.ids.size() != 1 || (rare_facet_ && rare_facet_traces_ <= facets.traces)) return;
  rare_facet_ = facets.ids.front();
  rare_facet_traces_ = facets.traces;
}

bool FilterSql::is_common(std::int64_t traces) const {
  constexpr std::int64_t common_share = 8;
  Statement all{question_.database(), "SELECT traces FROM projects WHERE id=?"};
  return all.bind(1, question_.project).step() && traces * common_share > all.integer(0);
}

SqlText FilterSql::translate(const Filter& filter, bool required) {
  return std::visit(
      [&](const auto& node) -> SqlText {
        using Node = std::decay_t<decltype(node)>;
        if constexpr (std::is_same_v<Node, AllOf>) {
          return join(node.parts, " AND ", "1", required);
        } else if constexpr (std::is_same_v<Node, AnyOf>) {
          return join(node.parts, " OR ", "0", false);
        } else if constexpr (std::is_same_v<Node, Not>) {
          SqlText sql{"NOT "};
          return sql += join(node.part, " AND ", "1", false);
        } else if constexpr (std::is_same_v<Node, NumberCondition>) {
          return number_sql(node);
        } else if constexpr (std::is_same_v<Node, ErrorCondition>) {
          return error_sql(node);
        } else {
          return translate(node, required);
        }
      },
      filter.node);
}

SqlText FilterSql::join(const std::vector<Filter>& parts, const char* by, const char* none, bool required) {
  if (parts.empty()) return none;
  SqlText sql{"("};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) sql += by;
    sql += translate(parts[i], required);
  }
  return sql += ")";
}

SqlText FilterSql::translate(const TextCondition& condition, bool required) {
  if (condition.field == TextField::status) return status_sql(condition);
  if (condition.field == TextField::trace_id) return trace_ids(condition);
  const FacetIds facets = facet_ids(question_, condition);
  if (facets.ids.empty()) return "0";
  const bool is_source = required && facets.ids.size() == 1 && facets.ids.front() == rare_facet_;
  if (is_source) return "1";
  const bool worth_a_set = reads_all_ && facets.traces <= largest_set && is_common(facets.traces);
  return worth_a_set ? matched_by(std::make_unique<FacetMatcher>(question_, facets.ids))
                     : has_facet(facets.ids);
}

SqlText FilterSql::trace_ids(const TextCondition& condition) {
  std::vector<std::int64_t> rows;
  Statement row{question_.database(),
                "SELECT id FROM traces WHERE trace_high=? AND trace_low=? AND project=?"};
  for (const std::string& value : condition.any_of) {
    const auto id = trace_id_from(value);
    if (!id) continue;
    const StatementUse use{row};
    row.bind(1, sqlite::column_of(id->high)).bind(2, sqlite::column_of(id->low)).bind(3, question_.project);
    if (row.step()) rows.push_back(row.integer(0));
  }
  SqlText sql{"t.id IN "};
  return sql.list(rows);
}

SqlText FilterSql::translate(const FullTextCondition& condition, bool required) {
  auto matcher = std::make_unique<TextMatcher>(question_, condition);
  text_complete_ = text_complete_ && matcher->complete();
  if (auto few = matcher->few(); required && few && (!few_ || few->size() < few_->size()))
    few_ = std::move(few);
  return matched_by(std::move(matcher));
}

SqlText FilterSql::matched_by(std::unique_ptr<RowTest> matcher) {
  auto& matchers = question_.reader.matchers;
  SqlText sql{"llmtrace_match("};
  sql.parameter(static_cast<std::int64_t>(matchers.size())) += ",t.id)";
  matchers.push_back(std::move(matcher));
  return sql;
}

}  // namespace llmtrace::collector::sqlite
