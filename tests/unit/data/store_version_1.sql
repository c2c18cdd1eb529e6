-- A store as version 1 has written it: one trace with one span, whose metadata came late.
PRAGMA application_id=1280068948;
PRAGMA user_version=1;
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE meta(
  name TEXT PRIMARY KEY,
  value
) WITHOUT ROWID;
INSERT INTO meta VALUES('last_span',1);
INSERT INTO meta VALUES('last_trace',1);
INSERT INTO meta VALUES('name','0123456789abcdef');
INSERT INTO meta VALUES('sequence',2);
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
INSERT INTO projects VALUES(1,'demo',1,1,0,120,48,780000,1795279222348719860);
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
INSERT INTO traces VALUES(1,1,790211418057950173,1,1795279222347582070,2,1767225600000000000,1767225602000000000,2000000000,2,'chat-request',250000000,1,0,0,1,168,120,1,48,1,780000,1,1767225600000000000,1767225601000000000,1767225600250000000,-5211391058958614527,1767225600000000000,2,'answer',1,1767225600000000000,1767225602000000000,2,1767225602000000000,X'',NULL,NULL,'chat-request',NULL,'u1','s9',NULL,NULL,X'0470726f64026575',1,0,'Where is my parcel?',NULL,X'00040105020603070308100112031302');
CREATE TABLE trace_io(
  id INTEGER PRIMARY KEY,
  metadata TEXT,
  input TEXT,
  output TEXT,
  resource TEXT
);
INSERT INTO trace_io VALUES(1,NULL,'"Where is my parcel?"',NULL,NULL);
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
INSERT INTO spans VALUES(1,1,-5211391058958614527,1767225600000000000,1767225601000000000,1000000000,2,NULL,1767225601000000000,X'1800',34,0,NULL,NULL,0,NULL,NULL,120,48,780000,250000000,NULL,'answer',NULL,NULL,NULL,NULL,NULL,'gpt-4o',NULL,NULL,NULL,NULL,NULL);
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
INSERT INTO span_io VALUES(1,'{"question":"Where is my parcel?"}',NULL,'{"late":true}',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE facets(
  id INTEGER PRIMARY KEY,
  project INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  value TEXT NOT NULL,
  traces INTEGER NOT NULL DEFAULT 0
);
INSERT INTO facets VALUES(1,1,16,'gpt-4o',1);
INSERT INTO facets VALUES(2,1,19,'answer',1);
INSERT INTO facets VALUES(3,1,18,'llm',1);
INSERT INTO facets VALUES(4,1,0,'chat-request',1);
INSERT INTO facets VALUES(5,1,1,'u1',1);
INSERT INTO facets VALUES(6,1,2,'s9',1);
INSERT INTO facets VALUES(7,1,3,'prod',1);
INSERT INTO facets VALUES(8,1,3,'eu',1);
CREATE TABLE trace_facets(
  facet INTEGER NOT NULL,
  start_time INTEGER NOT NULL,
  trace INTEGER NOT NULL,
  PRIMARY KEY (facet, start_time, trace)
) WITHOUT ROWID;
INSERT INTO trace_facets VALUES(1,1767225600000000000,1);
INSERT INTO trace_facets VALUES(2,1767225600000000000,1);
INSERT INTO trace_facets VALUES(3,1767225600000000000,1);
INSERT INTO trace_facets VALUES(4,1767225600000000000,1);
INSERT INTO trace_facets VALUES(5,1767225600000000000,1);
INSERT INTO trace_facets VALUES(6,1767225600000000000,1);
INSERT INTO trace_facets VALUES(7,1767225600000000000,1);
INSERT INTO trace_facets VALUES(8,1767225600000000000,1);
CREATE TABLE sessions(
  facet INTEGER PRIMARY KEY,
  project INTEGER NOT NULL,
  last_start INTEGER NOT NULL
);
INSERT INTO sessions VALUES(6,1,1767225600000000000);
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
INSERT INTO rollups VALUES(1,0,1,1767225600000000000,0,1,0,120,48,780000,X'a30401',X'ee0301');
INSERT INTO rollups VALUES(1,0,60,1767225600000000000,0,1,0,120,48,780000,X'a30401',X'ee0301');
INSERT INTO rollups VALUES(1,0,1440,1767225600000000000,0,1,0,120,48,780000,X'a30401',X'ee0301');
INSERT INTO rollups VALUES(1,1,1,1767225600000000000,4,1,0,120,48,780000,X'a30401',X'ee0301');
INSERT INTO rollups VALUES(1,1,60,1767225600000000000,4,1,0,120,48,780000,X'a30401',X'ee0301');
INSERT INTO rollups VALUES(1,1,1440,1767225600000000000,4,1,0,120,48,780000,X'a30401',X'ee0301');
INSERT INTO rollups VALUES(1,2,1,1767225600000000000,5,1,0,120,48,780000,X'a30401',X'ee0301');
INSERT INTO rollups VALUES(1,2,60,1767225600000000000,5,1,0,120,48,780000,X'a30401',X'ee0301');
INSERT INTO rollups VALUES(1,2,1440,1767225600000000000,5,1,0,120,48,780000,X'a30401',X'ee0301');
INSERT INTO rollups VALUES(1,3,1,1767225600000000000,1,1,0,120,48,780000,X'910401',X'ee0301');
INSERT INTO rollups VALUES(1,3,60,1767225600000000000,1,1,0,120,48,780000,X'910401',X'ee0301');
INSERT INTO rollups VALUES(1,3,1440,1767225600000000000,1,1,0,120,48,780000,X'910401',X'ee0301');
CREATE TABLE text_changes(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  trace INTEGER NOT NULL,
  span INTEGER
);
INSERT INTO text_changes VALUES(1,1,1);
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('text_changes',1);
CREATE UNIQUE INDEX traces_by_trace_id ON traces(trace_high, trace_low, project);
CREATE INDEX traces_by_start ON traces(
  project, start_time, id, received, status, duration, cost, cost_known, tokens, tokens_input, tokens_output,
  span_count, error_count, first_token
);
CREATE UNIQUE INDEX spans_of_trace ON spans(trace, span_id);
CREATE INDEX spans_by_span_id ON spans(span_id) WHERE findable = 1;
CREATE UNIQUE INDEX facets_by_value ON facets(project, kind, value);
CREATE INDEX sessions_by_last_start ON sessions(project, last_start);
COMMIT;
