// The values that traces are filtered by: each is stored once per project and known by a number. Used by the
// writer only; numbers are cached.
#pragma once

#include "collector/query/filter.hpp"
#include "collector/store/sqlite/database.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace llmtrace::collector::sqlite {

// As stored; never renumbered. Kinds below `first_of_spans` are said by the header of a trace, the others by
// spans.
enum class FacetKind : std::uint8_t {
  name = 0,
  user = 1,
  session = 2,
  tag = 3,
  environment = 4,
  release = 5,
  model = 16,
  provider = 17,
  type = 18,
  span_name = 19,
  error_type = 20,
};
[[nodiscard]] constexpr bool is_of_spans(FacetKind kind) noexcept { return kind >= FacetKind::model; }
[[nodiscard]] std::optional<FacetKind> facet_kind(TextField field) noexcept;

// Longer values are cut, here and in questions: nobody filters by more.
inline constexpr std::size_t longest_facet = 256;
[[nodiscard]] std::string_view facet_value(std::string_view value) noexcept;

struct FacetRef {
  FacetKind kind{};
  std::int64_t id = 0;
  friend auto operator<=>(const FacetRef&, const FacetRef&) = default;
};
[[nodiscard]] std::string encode_facets(const std::vector<FacetRef>& facets);
[[nodiscard]] std::vector<FacetRef> decode_facets(std::string_view blob);

class Facets {
 public:
  explicit Facets(Database& database);

  // Made when it is new.
  [[nodiscard]] FacetRef find(std::int64_t project, FacetKind kind, std::string_view value);

  void attach(FacetRef facet, std::int64_t project, std::int64_t start_time, std::int64_t trace);
  void detach(FacetRef facet, std::int64_t start_time, std::int64_t trace);

  // Writes the counts of traces and drops values that no trace has any more; before the commit.
  void flush();
  // After a rollback: what was made is gone.
  void forget();

 private:
  void note_session(FacetRef facet, std::int64_t project);
  void write_session(std::int64_t facet, std::int64_t project);

  Database& database_;
  Statement select_;
  Statement insert_;
  Statement attach_;
  Statement detach_;
  Statement count_;
  Statement drop_;
  Statement last_start_;
  Statement session_;
  Statement drop_session_;
  std::unordered_map<std::string, std::int64_t> ids_;
  std::map<std::int64_t, std::int64_t> count_changes_;
  std::map<std::int64_t, std::int64_t> touched_sessions_;  // facet to project, 0 when only detached
};

}  // namespace llmtrace::collector::sqlite
