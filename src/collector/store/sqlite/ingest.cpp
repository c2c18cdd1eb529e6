#include "collector/store/sqlite/ingest.hpp"

#include "collector/store/sqlite/column_values.hpp"
#include "collector/store/sqlite/json_text.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace llmtrace::collector::sqlite {
namespace {

constexpr std::size_t most_span_facets = 256;

// A span whose length is known ends there, so that it is not shown as running.
SpanUpdate completed(const SpanUpdate& span) {
  SpanUpdate result = span;
  std::int64_t end = 0;
  if (!span.end_time && span.start_time && span.duration &&
      !__builtin_add_overflow(*span.start_time, *span.duration, &end))
    result.end_time = end;
  return result;
}

TraceUpdate completed(const TraceUpdate& trace) {
  TraceUpdate result = trace;
  std::int64_t end = 0;
  if (!trace.end_time && trace.start_time && trace.duration &&
      !__builtin_add_overflow(*trace.start_time, *trace.duration, &end))
    result.end_time = end;
  return result;
}

// The field had another value before, which traces may still be found by.
bool replaced(const std::optional<std::string>& before, const std::optional<std::string>& now) {
  return before && before != now;
}

bool takes_back(const SpanRow& before, const SpanRow& now) {
  return (!before.parent_span_id && now.parent_span_id) ||
         (before.time_to_first_token && before.time_to_first_token != now.time_to_first_token) ||
         (before.span_type && before.span_type != now.span_type) || replaced(before.name, now.name) ||
         replaced(before.model, now.model) || replaced(before.response_model, now.response_model) ||
         replaced(before.provider, now.provider) || replaced(before.error_type, now.error_type);
}

}  // namespace

Ingest::Ingest(Database& database, Tables& tables, ProjectTable& projects, TraceEraser& eraser)
    : tables_{tables},
      projects_{projects},
      eraser_{eraser},
      spans_of_{
          database,
          "SELECT span_id,parent_span_id,start_time,end_time,status,time_to_first_token,span_type,name,model,"
          "response_model,provider,error_type FROM spans WHERE trace=?"},
      root_io_{
          database,
          "SELECT substr(input_data,1,2000),substr(output_data,1,2000) FROM spans s JOIN span_io USING(id)"
          " WHERE s.trace=? AND s.span_id=?"},
      text_change_{database, "INSERT INTO text_changes(trace,span) VALUES(?,?)"} {}

void Ingest::begin(const Counters& counters, UnixTime now, UnixTime expired_before) {
  counters_ = counters;
  ++counters_.sequence;
  now_ = now;
  expired_before_ = expired_before;
}

void Ingest::apply(const Batch& batch, Applied& applied) {
  const std::int64_t project = projects_.find_or_make(batch.project);
  project_names_[project] = batch.project;
  applied.traces.reserve(batch.traces.size());
  applied.spans.reserve(batch.spans.size());
  applied.span_traces.resize(batch.spans.size());
  for (const TraceUpdate& update : batch.traces)
    applied.traces.push_back(apply_trace(project, completed(update)));
  for (std::size_t i = 0; i < batch.spans.size(); ++i)
    applied.spans.push_back(apply_span(project, completed(batch.spans[i]), applied.span_traces[i]));
  applied.sequence = counters_.sequence;
}

std::vector<Change> Ingest::finish(Counters& counters) {
  std::map<std::int64_t, Change> changes;
  for (auto& [key, touched] : touched_) {
    if (!touched.changed) continue;
    settle(touched);
    changes[key.project].traces.push_back(key.id);
  }
  std::vector<Change> result;
  for (auto& [project, change] : changes) {
    change.sequence = counters_.sequence;
    change.project = project_names_[project];
    result.push_back(std::move(change));
  }
  touched_.clear();
  touched_by_row_.clear();
  project_names_.clear();
  counters = counters_;
  return result;
}

void Ingest::forget() {
  touched_.clear();
  touched_by_row_.clear();
  project_names_.clear();
}

ItemOutcome Ingest::apply_trace(std::int64_t project, const TraceUpdate& update) {
  Touched* touched = find(project, update.trace_id);
  if (touched == nullptr && update.needs != Requires::nothing)
    return elsewhere(project, update.trace_id) ? ItemOutcome::trace_of_other_project
                                               : ItemOutcome::unknown_trace;
  if (touched == nullptr) touched = &find_or_make(project, update.trace_id);
  if (tables_.traces.merge(touched->row, update)) {
    touched->changed = true;
    // A new one is found by its number.
    if (!touched->is_new) note_text(*touched, std::nullopt);
  }
  return ItemOutcome::stored;
}

ItemOutcome Ingest::apply_span(std::int64_t project, const SpanUpdate& update, TraceId& lies_in) {
  Touched* touched = nullptr;
  const ItemOutcome outcome = locate(project, update, touched);
  if (outcome != ItemOutcome::stored) return outcome;
  lies_in = touched->row.trace_id;
  store_span(*touched, update);
  return ItemOutcome::stored;
}

ItemOutcome Ingest::locate(std::int64_t project, const SpanUpdate& update, Touched*& touched) {
  if (update.needs != Requires::span) {
    touched = find(project, update.trace_id);
    if (touched == nullptr && update.needs == Requires::trace)
      return elsewhere(project, update.trace_id) ? ItemOutcome::trace_of_other_project
                                                 : ItemOutcome::unknown_trace;
    if (touched == nullptr) touched = &find_or_make(project, update.trace_id);
    return ItemOutcome::stored;
  }
  ItemOutcome outcome = ItemOutcome::unknown_span;
  for (const std::int64_t row : tables_.spans.traces_of(update.span_id)) {
    const auto known = touched_by_row_.find(row);
    const auto loaded = known == touched_by_row_.end() ? tables_.traces.load(row) : std::nullopt;
    const TraceRow* trace = loaded                           ? &*loaded
                            : known == touched_by_row_.end() ? nullptr
                                                             : &known->second->row;
    if (trace == nullptr) continue;
    outcome = ItemOutcome::span_of_other_project;
    if (trace->project != project) continue;
    touched = find(project, trace->trace_id);
    return touched == nullptr ? ItemOutcome::unknown_span : ItemOutcome::stored;
  }
  return outcome;
}

void Ingest::store_span(Touched& touched, const SpanUpdate& update) {
  if (!tables_.spans.insert(counters_.last_span + 1, touched.row.id, update))
    return merge_span(touched, update);
  ++counters_.last_span;
  touched.changed = true;
  add_share(touched, update, 1);
  widen(touched, update);
  note_facets(touched, update);
}

void Ingest::merge_span(Touched& touched, const SpanUpdate& update) {
  auto row = tables_.spans.load(touched.row.id, update.span_id);
  if (!row) return;
  const SpanRow before = *row;
  if (!tables_.spans.merge(*row, update)) return;
  touched.changed = true;
  touched.look_again = touched.look_again || takes_back(before, *row);
  add_share(touched, before, -1);
  add_share(touched, *row, 1);
  widen(touched, *row);
  note_facets(touched, *row);
  tables_.spans.save(*row);
  note_text(touched, row->id);
}

Ingest::Touched* Ingest::find(std::int64_t project, TraceId id) {
  if (const auto known = touched_.find({project, id}); known != touched_.end()) return &known->second;
  auto row = tables_.traces.load(project, id);
  if (!row) return nullptr;
  if (row->received < expired_before_) {
    eraser_.erase(*row);
    return nullptr;
  }
  return &remember(std::move(*row), false);
}

Ingest::Touched& Ingest::find_or_make(std::int64_t project, TraceId id) {
  TraceRow row;
  row.id = ++counters_.last_trace;
  row.project = project;
  row.trace_id = id;
  row.received = now_;
  return remember(std::move(row), true);
}

Ingest::Touched& Ingest::remember(TraceRow row, bool is_new) {
  const TraceKey key{row.project, row.trace_id};
  Touched& touched = touched_[key];
  if (!is_new) touched.old = row;
  touched.is_new = is_new;
  // Even when it holds nothing yet: it has been named.
  touched.changed = is_new;
  touched.row = std::move(row);
  touched_by_row_[touched.row.id] = &touched;
  return touched;
}

bool Ingest::elsewhere(std::int64_t project, TraceId id) {
  const auto owners = tables_.traces.owners(id);
  return std::any_of(owners.begin(), owners.end(),
                     [&](const auto& owner) { return owner.project != project; });
}

template <class Text>
void Ingest::add_share(Touched& touched, const SpanFields<Text>& span, std::int64_t times) {
  const SpanShare share = share_of(span);
  touched.row.sums.add(share, times);
  projects_.growth(touched.row.project).sums.add(share, times);
  if (const auto series = model_series(tables_.facets, touched.row.project, span))
    tables_.rollups.add(*series, *span.start_time, share.figures(), times);
}

template <class Text>
void Ingest::widen(Touched& touched, const SpanFields<Text>& span) {
  const auto root = touched.row.derived.root;
  widen_derived(touched.row.derived, span);
  touched.root_changed |= touched.row.derived.root != root || root == span.span_id;
}

template <class Text>
void Ingest::note_facets(Touched& touched, const SpanFields<Text>& span) {
  const auto note = [&](FacetKind kind, const std::optional<Text>& value) {
    if (!value || value->empty() || touched.new_span_facets.size() >= most_span_facets) return;
    const FacetRef facet = tables_.facets.find(touched.row.project, kind, *value);
    auto& noted = touched.new_span_facets;
    if (std::find(noted.begin(), noted.end(), facet) == noted.end()) noted.push_back(facet);
  };
  note(FacetKind::model, span.model);
  note(FacetKind::model, span.response_model);
  note(FacetKind::provider, span.provider);
  note(FacetKind::span_name, span.name);
  note(FacetKind::error_type, span.error_type);
  if (span.span_type) note(FacetKind::type, std::optional<Text>{Text{to_string(*span.span_type)}});
}

void Ingest::note_text(const Touched& touched, std::optional<std::int64_t> span) {
  text_change_.bind(1, touched.row.id).bind(2, span).run();
}

// From the rows, when adding up the differences is not enough.
void Ingest::look_again(Touched& touched) {
  touched.row.derived = {};
  touched.root_changed = true;
  touched.new_span_facets.clear();
  std::erase_if(touched.row.facets, [](const FacetRef& facet) { return is_of_spans(facet.kind); });
  const StatementUse from{spans_of_};
  from->bind(1, touched.row.id);
  while (from->step()) {
    SpanFields<std::string> span;
    ReadColumns read{spans_of_, 0};
    read("", span.span_id);
    read("", span.parent_span_id);
    read("", span.start_time);
    read("", span.end_time);
    read("", span.status);
    read("", span.time_to_first_token);
    read("", span.span_type);
    read("", span.name);
    read("", span.model);
    read("", span.response_model);
    read("", span.provider);
    read("", span.error_type);
    widen_derived(touched.row.derived, span);
    note_facets(touched, span);
  }
}

// A header without an input or output shows those of the root span.
void Ingest::preview_root(TraceRow& row) {
  if (row.input_stated && row.output_stated) return;
  std::optional<std::string> input;
  std::optional<std::string> output;
  if (row.derived.root) {
    const StatementUse from{root_io_};
    from->bind(1, row.id).bind(2, column_of(row.derived.root->value));
    const bool found = from->step();
    if (found && !from->is_null(0)) input = preview_of(from->text(0));
    if (found && !from->is_null(1)) output = preview_of(from->text(1));
  }
  if (!row.input_stated) row.input_preview = std::move(input);
  if (!row.output_stated) row.output_preview = std::move(output);
}

void Ingest::settle(Touched& touched) {
  if (touched.look_again) look_again(touched);
  if (touched.root_changed) preview_root(touched.row);
  touched.row.derive();
  touched.row.sequence = static_cast<std::int64_t>(counters_.sequence);
  settle_facets(touched);
  if (touched.old) add_to_series(tables_, *touched.old, -1);
  add_to_series(tables_, touched.row, 1);
  if (!touched.is_new) return tables_.traces.update(touched.row);
  projects_.growth(touched.row.project).traces += 1;
  tables_.traces.insert(touched.row);
}

void Ingest::settle_facets(Touched& touched) {
  TraceRow& row = touched.row;
  std::vector<FacetRef> wanted = header_facets(row);
  std::copy_if(row.facets.begin(), row.facets.end(), std::back_inserter(wanted),
               [](const FacetRef& facet) { return is_of_spans(facet.kind); });
  wanted.insert(wanted.end(), touched.new_span_facets.begin(), touched.new_span_facets.end());
  std::sort(wanted.begin(), wanted.end());
  wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());

  const std::vector<FacetRef> before = touched.old ? touched.old->facets : std::vector<FacetRef>{};
  const std::int64_t old_start = touched.old ? touched.old->shown.start_time : 0;
  const bool moved = old_start != row.shown.start_time;
  for (const FacetRef& facet : before)
    if (moved || !std::binary_search(wanted.begin(), wanted.end(), facet))
      tables_.facets.detach(facet, old_start, row.id);
  for (const FacetRef& facet : wanted)
    if (moved || !std::binary_search(before.begin(), before.end(), facet))
      tables_.facets.attach(facet, row.project, row.shown.start_time, row.id);
  row.facets = std::move(wanted);
}

std::vector<FacetRef> Ingest::header_facets(const TraceRow& row) {
  std::vector<FacetRef> facets;
  const auto add = [&](FacetKind kind, const std::optional<std::string>& value) {
    if (value && !value->empty()) facets.push_back(tables_.facets.find(row.project, kind, *value));
  };
  add(FacetKind::name, row.shown.name);
  add(FacetKind::user, row.user_id);
  add(FacetKind::session, row.session_id);
  add(FacetKind::environment, row.environment);
  add(FacetKind::release, row.release);
  if (!row.tags) return facets;
  for (const std::string& tag : *row.tags) add(FacetKind::tag, tag);
  return facets;
}

}  // namespace llmtrace::collector::sqlite
