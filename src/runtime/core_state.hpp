// The state of the process that is compiled once: the core's table, its threads, its records and its tracers.
// One mutex guards the slow paths; it is never held over user code or I/O. Nothing in here is ever destroyed,
// so that spans in static destructors and late threads find it whole.
#pragma once

#include <llmtrace/detail/core.hpp>

#include <mutex>

namespace llmtrace::runtime {

using detail::Core;
using detail::Record;
using detail::ThreadState;
using detail::TracerCore;

// The core of this copy of the library: the winner of the process or not.
[[nodiscard]] Core& own_core() noexcept;
[[nodiscard]] std::mutex& core_mutex() noexcept;

// threads.cpp
[[nodiscard]] ThreadState* attach_thread() noexcept;
[[nodiscard]] bool grow_scopes(ThreadState& thread) noexcept;
void end_foreign_scope(ThreadState* owner, std::uint64_t serial, std::uint32_t index,
                       detail::Books* books) noexcept;
void reap_threads() noexcept;           // frees what threads left that are gone
void forget_threads() noexcept;         // the module is being unloaded
void keep_only_this_thread() noexcept;  // in a forked child

// records.cpp
[[nodiscard]] Record* acquire_record(ThreadState& thread, TracerCore& tracer, detail::Books& books,
                                     detail::DropBefore* why) noexcept;
void release_record(ThreadState& thread, Record* record) noexcept;
void release_to_pool(Record* record) noexcept;  // with the mutex held
void orphan_open_records() noexcept;            // in a forked child: the parent's spans are not ours to end

// fields.cpp
[[nodiscard]] bool grow_record(Record& record, std::size_t need) noexcept;
[[nodiscard]] bool replace_field(Record& record, std::uint8_t tag, std::uint32_t need) noexcept;

// books.cpp
[[nodiscard]] detail::Books* attach_books(ThreadState& thread, TracerCore& tracer) noexcept;
void release_books(ThreadState& thread) noexcept;  // with the mutex held
void count_end(TracerCore& tracer, bool kept, detail::DropBefore why) noexcept;

// tracers.cpp: what the table needs of a running tracer
[[nodiscard]] bool reserve_slowly(TracerCore& tracer, std::uint32_t need, detail::Reservation& out,
                                  detail::DropBefore* why) noexcept;
void wake_worker(TracerCore& tracer) noexcept;
[[nodiscard]] bool sample(TracerCore& tracer, TraceId id, std::string_view name, SpanKind kind) noexcept;
void ended_dead_span(ThreadState& thread, TracerCore& tracer, Record& record) noexcept;
void trace_ended(TracerCore& tracer) noexcept;
[[nodiscard]] TracerCore* start_tracer(const Options& options, bool as_default) noexcept;
bool flush_tracer(TracerCore& tracer, std::int64_t milliseconds) noexcept;
// A negative time is the configured one.
bool close_tracer(TracerCore& tracer, std::uint32_t session, std::int64_t milliseconds) noexcept;
void read_stats(TracerCore& tracer, Stats& out);

}  // namespace llmtrace::runtime
