#include "collector/store/sqlite/schema.hpp"

#include <algorithm>

namespace llmtrace::collector::sqlite {
namespace {

// Ids of 64 bits are stored as SQLite's signed integers, bit for bit. Rows are numbered in the order of
// arrival.
constexpr const char* version_1 = R"sql(
CREATE TABLE meta(
  name TEXT PRIMARY KEY,
  value
) WITHOUT ROWID;

CREATE TABLE projects(
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  traces INTEGER NOT NULL DEFAULT 0,
  spans INTEGER NOT NULL DEFAULT 0,
  errors INTEGER NOT NULL DEFAULT 0,
  tokens_input INTEGER NOT NULL DEFAULT 0,
  tokens_output INTEGER NOT NULL DEFAULT 0,
  cost INTEGER NOT NULL DEFAULT 0,
  last_received INTEGER
);

CREATE TABLE traces(
  id INTEGER PRIMARY KEY,
  project INTEGER NOT NULL,
  trace_high INTEGER NOT NULL,
  trace_low INTEGER NOT NULL,
  received INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  -- What is shown and searched: of the header, else derived from the spans.
  start_time INTEGER NOT NULL,
  end_time INTEGER,
  duration INTEGER,
  status INTEGER NOT NULL,
  shown_name TEXT,
  first_token INTEGER,
  -- Sums over the spans; *_known counts the spans that have the value.
  span_count INTEGER NOT NULL,
  error_count INTEGER NOT NULL,
  open_count INTEGER NOT NULL,
  llm_count INTEGER NOT NULL,
  tokens INTEGER NOT NULL,
  tokens_input INTEGER NOT NULL,
  tokens_input_known INTEGER NOT NULL,
  tokens_output INTEGER NOT NULL,
  tokens_output_known INTEGER NOT NULL,
  cost INTEGER NOT NULL,
  cost_known INTEGER NOT NULL,
  -- Derived from the spans, whatever the header says.
  spans_start INTEGER,
  spans_end INTEGER,
  spans_first_token INTEGER,
  spans_root INTEGER,
  spans_root_start INTEGER,
  spans_root_status INTEGER,
  spans_root_name TEXT,
  -- What the header says.
  has_header INTEGER NOT NULL,
  stated_start INTEGER,
  stated_end INTEGER,
  stated_status INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  revisions BLOB,
  root_span_id INTEGER,
  stated_duration INTEGER,
  name TEXT,
  error TEXT,
  user_id TEXT,
  session_id TEXT,
  environment TEXT,
  release TEXT,
  tags BLOB,
  input_stated INTEGER NOT NULL,
  output_stated INTEGER NOT NULL,
  input_preview TEXT,
  output_preview TEXT,
  facets BLOB
);
CREATE UNIQUE INDEX traces_by_trace_id ON traces(trace_high, trace_low, project);
-- Holds all that numbers are compared with, so that a rare match is found without reading every row.
CREATE INDEX traces_by_start ON traces(
  project, start_time, id, received, status, duration, cost, cost_known, tokens, tokens_input, tokens_output,
  span_count, error_count, first_token
);

CREATE TABLE trace_io(
  id INTEGER PRIMARY KEY,
  metadata TEXT,
  input TEXT,
  output TEXT,
  resource TEXT
);

CREATE TABLE spans(
  id INTEGER PRIMARY KEY,
  trace INTEGER NOT NULL,
  span_id INTEGER NOT NULL,
  start_time INTEGER,
  end_time INTEGER,
  duration INTEGER,
  status INTEGER NOT NULL,
  findable INTEGER,
  revision INTEGER NOT NULL,
  revisions BLOB,
  input_bytes INTEGER NOT NULL,
  output_bytes INTEGER NOT NULL,
  parent_span_id INTEGER,
  stated_duration INTEGER,
  span_type INTEGER,
  stream INTEGER,
  cancelled INTEGER,
  tokens_input INTEGER,
  tokens_output INTEGER,
  cost INTEGER,
  time_to_first_token INTEGER,
  chunk_count INTEGER,
  name TEXT,
  error TEXT,
  error_type TEXT,
  status_message TEXT,
  operation TEXT,
  agent_type TEXT,
  model TEXT,
  response_model TEXT,
  provider TEXT,
  response_id TEXT,
  cost_source TEXT,
  finish_reasons TEXT
);
CREATE UNIQUE INDEX spans_of_trace ON spans(trace, span_id);
-- Ids are random: an index over all spans would dirty a page for each. Only those that may be asked for by
-- their id alone are in it.
CREATE INDEX spans_by_span_id ON spans(span_id) WHERE findable = 1;

CREATE TABLE span_io(
  id INTEGER PRIMARY KEY,
  input_data TEXT,
  output_data TEXT,
  metadata TEXT,
  attributes TEXT,
  parameters TEXT,
  output_text TEXT,
  reasoning TEXT,
  tool_calls TEXT,
  usage TEXT,
  cost_details TEXT,
  events TEXT,
  links TEXT,
  scores TEXT,
  truncated TEXT
);

-- The values that traces are filtered by, each once, and the traces that have them, in the order of lists.
CREATE TABLE facets(
  id INTEGER PRIMARY KEY,
  project INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  value TEXT NOT NULL,
  traces INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX facets_by_value ON facets(project, kind, value);
CREATE TABLE trace_facets(
  facet INTEGER NOT NULL,
  start_time INTEGER NOT NULL,
  trace INTEGER NOT NULL,
  PRIMARY KEY (facet, start_time, trace)
) WITHOUT ROWID;
CREATE TABLE sessions(
  facet INTEGER PRIMARY KEY,
  project INTEGER NOT NULL,
  last_start INTEGER NOT NULL
);
CREATE INDEX sessions_by_last_start ON sessions(project, last_start);

-- Sums by minute, hour and day. `series` is what is counted and by what, `facet` the value of the group or 0.
CREATE TABLE rollups(
  project INTEGER NOT NULL,
  series INTEGER NOT NULL,
  step INTEGER NOT NULL,
  time INTEGER NOT NULL,
  facet INTEGER NOT NULL,
  count INTEGER NOT NULL,
  errors INTEGER NOT NULL,
  tokens_input INTEGER NOT NULL,
  tokens_output INTEGER NOT NULL,
  cost INTEGER NOT NULL,
  latency BLOB,
  first_token BLOB,
  PRIMARY KEY (project, series, step, time, facet)
) WITHOUT ROWID;

-- Texts that changed after their row was written, for the indexer: a span, or (NULL) the header.
CREATE TABLE text_changes(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  trace INTEGER NOT NULL,
  span INTEGER
);
)sql";

}  // namespace

const std::vector<Migration>& store_migrations() {
  static const std::vector<Migration> migrations{
      {1, [](Database& database) { database.execute(version_1); }},
  };
  return migrations;
}

std::int64_t latest_version(const std::vector<Migration>& migrations) {
  return migrations.empty() ? 0 : migrations.back().version;
}

void migrate(Database& database, std::int64_t application_id, const std::vector<Migration>& migrations) {
  for (const Migration& migration : migrations) {
    Transaction transaction{database, Transaction::Kind::write};
    if (database.integer("PRAGMA user_version") >= migration.version) continue;
    migration.apply(database);
    database.execute("PRAGMA application_id=" + std::to_string(application_id));
    database.execute("PRAGMA user_version=" + std::to_string(migration.version));
    transaction.commit();
  }
}

}  // namespace llmtrace::collector::sqlite
