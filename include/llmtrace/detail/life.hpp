// Starting and ending spans: what a guard's constructor and destructor run on the host thread.
#pragma once

#include <llmtrace/detail/append.hpp>
#include <llmtrace/detail/field_writer.hpp>

LLMTRACE_BEGIN_NAMESPACE
namespace detail {

// What every kind of span object holds. A handle whose span has ended, moved away or stayed behind a fork
// finds another id in the record and does nothing.
struct Handle {
  Parent context;  // its own, as its children see it; with a reference to the tracestate
  Record* record = nullptr;

  [[nodiscard]] LLMTRACE_INLINE Record* live() const noexcept {
    return LLMTRACE_LIKELY(record != nullptr) && LLMTRACE_LIKELY(record->owner() == context.span_id.value)
               ? record
               : nullptr;
  }
};

// Whether it was open when this process was forked: it has not ended, it is only not ours to end.
inline bool is_of_parent_process(const Handle& span) noexcept {
  const std::uint32_t opened_in = span.record->session;
  const std::uint32_t session = span.context.tracer->session.load(std::memory_order_relaxed);
  return opened_in != 0 && opened_in != session && use_of_session(opened_in) == use_of_session(session);
}

// A span that has ended can still be named as a parent: what comes below is marked as an orphan.
inline Parent parent_of(const Handle& span) noexcept {
  Parent parent = span.context;
  if (span.record != nullptr && span.live() == nullptr && !is_of_parent_process(span)) {
    parent.trace_state = nullptr;
    parent.make_orphans();
  }
  return parent;
}

struct StartRequest {
  std::string_view name;
  SpanKind kind = SpanKind::other;
  std::uint16_t flags = 0;  // RecordFlags
  bool new_trace = false;   // even below a parent, which is then linked
};

inline void put_link(FieldWriter& to, TraceId trace, SpanId span) noexcept {
  const auto link = to.open(Tag::link, ValueType::object, {}, FieldWriter::no_limit);
  if (link == FieldWriter::no_container) return;
  to.uint64(Tag::dead, "trace_high", trace.high);
  to.uint64(Tag::dead, "trace_low", trace.low);
  to.uint64(Tag::dead, "span_id", span.value);
  to.close(link);
}

LLMTRACE_INLINE bool keep_trace(Core& core, TracerCore& tracer, TraceId id,
                                const StartRequest& request) noexcept {
  if (LLMTRACE_UNLIKELY(tracer.has_sampling_rules))
    return core.slow.sample(tracer, id, request.name, request.kind);
  return (id.low & 0x00ffffffffffffffULL) < tracer.keep_below;
}

// A record for an open span: from the thread's own few, else by the slow path.
LLMTRACE_INLINE Record* take_record(Core& core, ThreadState& thread, TracerCore& tracer, Books& books,
                                    DropBefore& why) noexcept {
  Record* record = thread.free_records;
  if (LLMTRACE_UNLIKELY(record == nullptr)) return core.slow.acquire_record(thread, tracer, books, &why);
  thread.free_records = record->next_free;
  --thread.free_count;
  return record;
}

// `place`: RecordFlags that say where in its trace the span stands. The name comes next, and sets size and
// presence.
LLMTRACE_INLINE void write_head(Record& record, TracerCore& tracer, const Handle& span,
                                const StartRequest& request, SpanId parent, unsigned place) noexcept {
  record.set_owner(span.context.span_id.value);
  record.tracer = &tracer;
  record.session = tracer.session.load(std::memory_order_relaxed);
  record.repeats_left = static_cast<std::int32_t>(tracer.max_repeated);
  record.kind = request.kind;
  record.flags = static_cast<std::uint16_t>(request.flags | place);
  new (record.data) RecordHead{record_version,
                               static_cast<std::uint8_t>(RecordType::span),
                               static_cast<std::uint8_t>(request.kind),
                               redact_as_usual,
                               0,
                               0,
                               span.context.trace_id.high,
                               span.context.trace_id.low,
                               span.context.span_id.value,
                               parent.value,
                               tracer.now(),
                               0};
}

// Tells the worker of a trace that has begun, so that it shows while it runs.
LLMTRACE_COLD inline void announce_trace(Core& core, Record& record) noexcept {
  RecordHead& head = record.head();
  head.type = static_cast<std::uint8_t>(RecordType::trace_start);
  head.flags = record.flags;
  DropBefore why = DropBefore::journal_full;
  if (!append_quickly(core, record, frame_is_no_span)) append_slowly(core, record, why, frame_is_no_span);
  head.type = static_cast<std::uint8_t>(RecordType::span);
}

LLMTRACE_COLD inline void put_name_slowly(Core& core, Record& record, std::string_view name) noexcept {
  record.set_size(sizeof(RecordHead));
  record.present = 0;
  FieldWriter{core.slow.writer, record}.text(Tag::name, {}, name, record.tracer->max_name);
}

// The first field of every record.
LLMTRACE_INLINE void put_name(Core& core, TracerCore& tracer, Record& record,
                              std::string_view name) noexcept {
  constexpr std::size_t before = sizeof(RecordHead) + sizeof(FieldHead);
  const std::size_t size = before + name.size();
  unsigned char* data = record.data;  // what is stored below could change it, for all that the compiler knows
  if (LLMTRACE_UNLIKELY(name.size() > tracer.max_name) || LLMTRACE_UNLIKELY(size > record.capacity()))
    return put_name_slowly(core, record, name);
  record.end = data + size;
  record.present = 1ULL << static_cast<unsigned>(Tag::name);
  const FieldHead head{static_cast<std::uint8_t>(Tag::name), static_cast<std::uint8_t>(ValueType::text), 0,
                       static_cast<std::uint32_t>(name.size())};
  std::memcpy(data + sizeof(RecordHead), &head, sizeof(head));
  copy_bytes(data + before, name.data(), name.size());
}

// What a new span's parent makes of it, apart from its record.
LLMTRACE_COLD inline void put_remarks(Core& core, Handle& span, const Parent& parent, Books& books,
                                      bool linked) noexcept {
  FieldWriter writer{core.slow.writer, *span.record};
  if ((parent.flags & scope_lost) != 0) {
    span.record->flags = static_cast<std::uint16_t>(span.record->flags | flag_orphan);
    books.misuse(Misuse::orphan);
  }
  if (linked) put_link(writer, parent.trace_id, parent.span_id);
  if (span.context.trace_state != nullptr)
    writer.text(Tag::trace_state, {}, span.context.trace_state->view(), 512);
}

// The tracer has stopped and somebody goes on with it, at exit for one.
LLMTRACE_COLD inline void refuse_span(Core& core, ThreadState& thread, TracerCore& tracer) noexcept {
  Books* books = books_of(core, thread, tracer);
  if (books == nullptr) return;
  Books::add(books->started);
  books->drop(DropBefore::shutdown);
}

// A context outlives its tracer: the default tracer carries on with the traces of the one before it.
LLMTRACE_INLINE bool is_of_another_tracer(const Parent& parent, const TracerCore& tracer) noexcept {
  return LLMTRACE_UNLIKELY(parent.tracer != &tracer) && parent.tracer != nullptr &&
         !(parent.tracer->is_default.load(std::memory_order_relaxed) &&
           tracer.is_default.load(std::memory_order_relaxed));
}

// The tracer that a span below `parent` belongs to: that of its trace, else the default one.
inline TracerCore* tracer_for(Core& core, const Parent& parent) noexcept {
  if (LLMTRACE_LIKELY(parent.tracer != nullptr) && LLMTRACE_LIKELY(parent.tracer->live()))
    return parent.tracer;
  TracerCore* standing = core.default_tracer.load(std::memory_order_acquire);
  if (parent.tracer == nullptr) return standing;
  const bool succeeds = standing != nullptr && parent.tracer->is_default.load(std::memory_order_relaxed);
  return succeeds ? standing : parent.tracer;
}

// Counts a kept span and gives it its record, from which on it is recorded.
LLMTRACE_INLINE bool give_record(Core& core, ThreadState& thread, TracerCore& tracer, Books& books,
                                 const StartRequest& request, SpanId parent, unsigned place,
                                 Handle& span) noexcept {
  DropBefore why = DropBefore::out_of_memory;
  Record* record = take_record(core, thread, tracer, books, why);
  if (LLMTRACE_UNLIKELY(record == nullptr)) {
    books.drop(why);
    return false;
  }
  Books::add(books.open);
  span.record = record;
  write_head(*record, tracer, span, request, parent, place);
  put_name(core, tracer, *record, request.name);
  return true;
}

// A new span of `tracer` below `parent`, or of a new trace when there is none or it is another tracer's.
// By value: a reference would keep the caller's request out of registers.
inline bool start_with_care(Core& core, ThreadState& thread, TracerCore& tracer, const Parent& given,
                            StartRequest request, Handle& span) noexcept {
  if (LLMTRACE_UNLIKELY(!tracer.live())) {
    refuse_span(core, thread, tracer);
    return false;
  }
  Books* books = books_of(core, thread, tracer);
  if (LLMTRACE_UNLIKELY(books == nullptr)) return false;
  const bool from_process = !given.valid() && tracer.has_process_parent && !request.new_trace;
  const Parent& parent = from_process ? tracer.process_parent : given;
  const bool known = parent.valid();
  const bool linked = known && (request.new_trace || is_of_another_tracer(parent, tracer));
  const bool has_parent = known && !linked;
  span.context.tracer = &tracer;
  span.context.span_id = SpanId{tracer.next_id(thread)};
  bool sampled = false;
  SpanId parent_id;
  unsigned place = flag_root | flag_header;
  if (has_parent) {
    parent_id = parent.span_id;
    place = (parent.flags & scope_remote) != 0 ? unsigned{flag_root} : 0u;
    span.context.trace_id = parent.trace_id;
    span.context.trace_state = SharedText::share(parent.trace_state);
    sampled = (parent.flags & scope_sampled) != 0;
  } else {
    span.context.trace_id = TraceId{tracer.next_id(thread), tracer.next_id(thread)};
    sampled = keep_trace(core, tracer, span.context.trace_id, request);
  }
  Books::add(books->started);
  // A span that is not kept still carries its context: children must inherit the decision.
  if (!sampled) {
    books->drop(DropBefore::sampled_out);
    return true;
  }
  span.context.flags = scope_sampled;
  if (!give_record(core, thread, tracer, *books, request, parent_id, place, span)) return true;
  if ((parent.flags & scope_lost) != 0 || linked || span.context.trace_state != nullptr)
    put_remarks(core, span, parent, *books, linked);
  // A TraceScope says more of itself before it is announced.
  if (!has_parent && (request.flags & flag_trace_scope) == 0) announce_trace(core, *span.record);
  return true;
}

// Fills `span` for a new span of `tracer`, or of its parent's when none is named. False when nothing can be
// traced at all: then `span` stays empty.
LLMTRACE_INLINE bool start_span(Core& core, ThreadState& thread, TracerCore* tracer, const Parent& parent,
                                const StartRequest& request, Handle& span) noexcept {
  // The usual one: below a span of the same tracer that is kept, and nothing else to say of it.
  if (LLMTRACE_LIKELY(tracer == nullptr) && LLMTRACE_LIKELY(parent.flags == scope_sampled) &&
      LLMTRACE_LIKELY(parent.tracer != nullptr) && LLMTRACE_LIKELY(parent.trace_state == nullptr) &&
      LLMTRACE_LIKELY(!request.new_trace) && LLMTRACE_LIKELY(parent.tracer->live())) {
    TracerCore& same = *parent.tracer;
    Books* books = books_of(core, thread, same);
    if (LLMTRACE_UNLIKELY(books == nullptr)) return false;
    span.context.trace_id = parent.trace_id;
    span.context.span_id = SpanId{same.next_id(thread)};
    span.context.tracer = &same;
    span.context.flags = scope_sampled;
    Books::add(books->started);
    static_cast<void>(give_record(core, thread, same, *books, request, parent.span_id, 0, span));
    return true;
  }
  if (tracer == nullptr) tracer = tracer_for(core, parent);
  return tracer != nullptr && start_with_care(core, thread, *tracer, parent, request, span);
}

LLMTRACE_INLINE void recycle(Core& core, ThreadState& thread, Record* record) noexcept {
  record->set_owner(0);
  if (LLMTRACE_LIKELY(thread.free_count < kept_records && record->capacity() <= kept_buffer_bytes)) {
    record->next_free = thread.free_records;
    thread.free_records = record;
    ++thread.free_count;
  } else {
    core.slow.release_record(thread, record);
  }
}

LLMTRACE_INLINE void retire(Core& core, ThreadState& thread, Record* record) noexcept {
  TracerCore& tracer = *record->tracer;
  const unsigned flags = record->flags;
  recycle(core, thread, record);
  if (LLMTRACE_UNLIKELY(tracer.waits_at_trace_end) && (flags & flag_root) != 0) core.slow.trace_ended(tracer);
}

LLMTRACE_COLD inline void end_span_slowly(Core& core, ThreadState& thread, Record* record,
                                          Books* books) noexcept {
  DropBefore why = DropBefore::journal_full;
  const bool kept = append_slowly(core, *record, why);
  if (LLMTRACE_LIKELY(books != nullptr)) {
    Books::add(books->open, -1);
    kept ? Books::add(books->ended) : books->drop(why);
  } else {
    core.slow.count_end(*record->tracer, kept, why);
  }
  retire(core, thread, record);
}

// In place of the session while a stream holds the span open: its guard may die before the stream is over.
inline constexpr std::uint32_t held_by_stream = 0;

LLMTRACE_COLD inline void end_in_another_session(Core& core, ThreadState& thread, Record* record) noexcept {
  if (record->session != held_by_stream)
    return recycle(core, thread, record);  // its tracer is gone, and its books with it
  record->flags = static_cast<std::uint16_t>(record->flags | flag_end_wanted);
}

// Ends the span of `record`, which the caller knows to be live.
LLMTRACE_INLINE void end_span(Core& core, ThreadState& thread, Record* record) noexcept {
  TracerCore& tracer = *record->tracer;
  RecordHead& head = record->head();
  head.flags = record->flags;
  head.end_ticks = tracer.now();
  if (LLMTRACE_UNLIKELY(record->session != tracer.session.load(std::memory_order_relaxed)))
    return end_in_another_session(core, thread, record);
  Books* books = books_of(core, thread, tracer);
  if (LLMTRACE_UNLIKELY(books == nullptr) || LLMTRACE_UNLIKELY(!append_quickly(core, *record)))
    return end_span_slowly(core, thread, record, books);
  Books::add(books->open, -1);
  Books::add(books->ended);
  retire(core, thread, record);
}

}  // namespace detail
LLMTRACE_END_NAMESPACE
