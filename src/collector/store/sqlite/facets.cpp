#include "collector/store/sqlite/facets.hpp"

#include "collector/store/sqlite/varint.hpp"
#include "core/utf8.hpp"

namespace llmtrace::collector::sqlite {
namespace {

constexpr std::size_t most_cached = 50'000;

std::string cache_key(std::int64_t project, FacetKind kind, std::string_view value) {
  std::string key;
  key.reserve(value.size() + 10);
  append_varint(key, static_cast<std::uint64_t>(project));
  key += static_cast<char>(kind);
  key += value;
  return key;
}

}  // namespace

std::optional<FacetKind> facet_kind(TextField field) noexcept {
  switch (field) {
    case TextField::name: return FacetKind::name;
    case TextField::user: return FacetKind::user;
    case TextField::session: return FacetKind::session;
    case TextField::tag: return FacetKind::tag;
    case TextField::environment: return FacetKind::environment;
    case TextField::release: return FacetKind::release;
    case TextField::model: return FacetKind::model;
    case TextField::provider: return FacetKind::provider;
    case TextField::type: return FacetKind::type;
    case TextField::span_name: return FacetKind::span_name;
    case TextField::error_type: return FacetKind::error_type;
    case TextField::status:
    case TextField::trace_id: break;
  }
  return std::nullopt;
}

std::string_view facet_value(std::string_view value) noexcept { return core::cut_utf8(value, longest_facet); }

std::string encode_facets(const std::vector<FacetRef>& facets) {
  std::string blob;
  for (const FacetRef& facet : facets) {
    append_varint(blob, static_cast<std::uint64_t>(facet.kind));
    append_varint(blob, static_cast<std::uint64_t>(facet.id));
  }
  return blob;
}

std::vector<FacetRef> decode_facets(std::string_view blob) {
  std::vector<FacetRef> facets;
  while (!blob.empty()) {
    const auto kind = take_varint(blob);
    const auto id = take_varint(blob);
    if (!kind || !id) break;
    facets.push_back({static_cast<FacetKind>(*kind), static_cast<std::int64_t>(*id)});
  }
  return facets;
}

Facets::Facets(Database& database)
    : database_{database},
      select_{database, "SELECT id FROM facets WHERE project=? AND kind=? AND value=?"},
      insert_{database, "INSERT INTO facets(project,kind,value) VALUES(?,?,?)"},
      attach_{database, "INSERT OR IGNORE INTO trace_facets(facet,start_time,trace) VALUES(?,?,?)"},
      detach_{database, "DELETE FROM trace_facets WHERE facet=? AND start_time=? AND trace=?"},
      count_{database, "UPDATE facets SET traces=traces+? WHERE id=?"},
      drop_{database, "DELETE FROM facets WHERE id=? AND traces<=0"},
      last_start_{database, "SELECT max(start_time) FROM trace_facets WHERE facet=?"},
      session_{database,
               "INSERT INTO sessions(facet,project,last_start) VALUES(?1,?2,?3)"
               " ON CONFLICT(facet) DO UPDATE SET last_start=?3"},
      drop_session_{database, "DELETE FROM sessions WHERE facet=?"} {}

FacetRef Facets::find(std::int64_t project, FacetKind kind, std::string_view value) {
  value = facet_value(value);
  std::string key = cache_key(project, kind, value);
  if (const auto cached = ids_.find(key); cached != ids_.end()) return {kind, cached->second};

  std::int64_t id = 0;
  {
    const StatementUse row{select_};
    row->bind(1, project).bind(2, static_cast<std::int64_t>(kind)).bind(3, value);
    if (row->step()) id = row->integer(0);
  }
  if (id == 0) {
    insert_.bind(1, project).bind(2, static_cast<std::int64_t>(kind)).bind(3, value).run();
    id = database_.last_rowid();
    count_changes_.try_emplace(id, 0);  // so that flush() drops it if nothing is attached
  }
  if (ids_.size() >= most_cached) ids_.clear();
  ids_.emplace(std::move(key), id);
  return {kind, id};
}

void Facets::attach(FacetRef facet, std::int64_t project, std::int64_t start_time, std::int64_t trace) {
  attach_.bind(1, facet.id).bind(2, start_time).bind(3, trace).run();
  if (database_.changes() > 0) ++count_changes_[facet.id];
  note_session(facet, project);
}

void Facets::detach(FacetRef facet, std::int64_t start_time, std::int64_t trace) {
  detach_.bind(1, facet.id).bind(2, start_time).bind(3, trace).run();
  if (database_.changes() > 0) --count_changes_[facet.id];
  note_session(facet, 0);
}

void Facets::note_session(FacetRef facet, std::int64_t project) {
  if (facet.kind != FacetKind::session) return;
  std::int64_t& noted = touched_sessions_[facet.id];
  if (project != 0) noted = project;
}

void Facets::flush() {
  for (const auto& [facet, project] : touched_sessions_) write_session(facet, project);
  touched_sessions_.clear();
  bool dropped = false;
  for (const auto& [facet, change] : count_changes_) {
    if (change != 0) count_.bind(1, change).bind(2, facet).run();
    if (change > 0) continue;
    drop_.bind(1, facet).run();
    dropped = dropped || database_.changes() > 0;
  }
  count_changes_.clear();
  if (dropped) ids_.clear();
}

void Facets::write_session(std::int64_t facet, std::int64_t project) {
  std::optional<std::int64_t> last_start;
  {
    const StatementUse row{last_start_};
    row->bind(1, facet);
    if (row->step()) last_start = row->optional_integer(0);
  }
  if (!last_start) return drop_session_.bind(1, facet).run();
  session_.bind(1, facet).bind(2, project).bind(3, *last_start).run();
}

void Facets::forget() {
  ids_.clear();
  count_changes_.clear();
  touched_sessions_.clear();
}

}  // namespace llmtrace::collector::sqlite
