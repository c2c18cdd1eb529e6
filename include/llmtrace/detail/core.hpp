// The state that exists once in a process, as inline code sees it: tracers, threads with their stack of open
// scopes, span records, and the table of compiled slow paths. Users never name anything in here.
#pragma once

#include <llmtrace/detail/journal.hpp>

#include <cstdlib>
#include <ctime>
#include <cxxabi.h>
#include <new>

LLMTRACE_BEGIN_NAMESPACE
namespace detail {

struct Core;
struct ThreadState;
struct TracerCore;

// Why a span was lost before it reached the journal. Kept in the order of `Stats::dropped_before`.
enum class DropBefore : std::uint8_t {
  journal_full,
  too_large,
  open_span_limit,
  out_of_memory,
  torn,
  sampled_out,
  shutdown,
  count
};

// Uses that are defined, harmless and worth knowing.
enum class Misuse : std::uint8_t {
  ended_out_of_order,
  ended_on_other_thread,
  ended_twice,
  ended_after_fork,
  unknown_id,
  orphan,
  count
};

// One thread's (or one former thread's) share of a tracer's counters: a single writer, read by anyone.
struct Books {
  std::atomic<std::uint64_t> started{0};
  std::atomic<std::int64_t> open{0};
  std::atomic<std::uint64_t> ended{0};
  std::atomic<std::uint64_t> dropped[static_cast<unsigned>(DropBefore::count)]{};
  std::atomic<std::uint64_t> misused[static_cast<unsigned>(Misuse::count)]{};
  std::atomic<std::uint64_t> merged{0};
  std::atomic<std::uint64_t> traces{0};
  std::atomic<std::uint32_t> session{0};
  bool taken = false;     // guarded by the core's mutex
  Books* next = nullptr;  // written once, before the page is published

  template <class Counter>
  static void add(Counter& counter, int by = 1) noexcept {
    using Number = decltype(counter.load());
    counter.store(counter.load(std::memory_order_relaxed) + static_cast<Number>(by),
                  std::memory_order_relaxed);
  }
  void drop(DropBefore reason) noexcept { add(dropped[static_cast<unsigned>(reason)]); }
  void misuse(Misuse what) noexcept { add(misused[static_cast<unsigned>(what)]); }
};

// A tracestate that arrived with a remote parent; shared by the spans below it.
struct SharedText {
  std::atomic<std::uint32_t> references{1};
  std::uint32_t size = 0;
  char* text() noexcept { return reinterpret_cast<char*>(this + 1); }
  [[nodiscard]] std::string_view view() noexcept { return {text(), size}; }

  static SharedText* make(std::string_view from) noexcept {
    void* memory = from.empty() ? nullptr : std::malloc(sizeof(SharedText) + from.size());
    if (memory == nullptr) return nullptr;
    auto* made = new (memory) SharedText;
    made->size = static_cast<std::uint32_t>(from.size());
    std::memcpy(made->text(), from.data(), from.size());
    return made;
  }
  static SharedText* share(SharedText* text) noexcept {
    if (LLMTRACE_UNLIKELY(text != nullptr)) text->references.fetch_add(1, std::memory_order_relaxed);
    return text;
  }
  static void release(SharedText* text) noexcept {
    if (LLMTRACE_UNLIKELY(text != nullptr) && text->references.fetch_sub(1, std::memory_order_acq_rel) == 1)
      std::free(text);
  }
};

// Where a new span belongs.
struct Parent {
  TraceId trace_id;
  SpanId span_id;
  TracerCore* tracer = nullptr;
  SharedText* trace_state = nullptr;  // not owned
  std::uint8_t flags = 0;             // ScopeFlags

  [[nodiscard]] bool valid() const noexcept { return trace_id.valid() && span_id.valid(); }
  void make_orphans() noexcept;  // of what comes below
};

// The header of an open span. Its memory is type-stable (never unmapped, only zeroed), so that a reference
// kept after the end finds another `span_id` here and does nothing.
struct Record {
  std::uint64_t span_id = 0;
  TracerCore* tracer = nullptr;
  unsigned char* data = nullptr;   // RecordHead, then fields
  unsigned char* end = nullptr;    // of what is written
  unsigned char* limit = nullptr;  // of the buffer
  std::uint64_t present = 0;       // bit per single-valued tag
  std::int32_t repeats_left = 0;   // repeated fields before the next compaction; below zero it is due
  std::uint32_t session = 0;
  std::uint16_t flags = 0;  // RecordFlags
  SpanKind kind = SpanKind::other;
  Record* next_free = nullptr;
  // Of what is captured piece by piece (runtime/captures.cpp). They hold while the piece's tag is in
  // `present`.
  std::uint64_t captured = 0;    // bytes of the response that came by
  std::uint32_t pieces = 0;      // fields they were kept in
  std::uint32_t open_piece = 0;  // where the last such field begins; it can grow while it ends the record
  std::uint32_t tail_at = 0;     // where the ring begins; 0 until it was looked for
  // Of the container that is open, set as it opens. Here and not in the writer, which would have to clear
  // them for all that have none.
  std::uint32_t items_end = 0;   // where its items may end
  std::uint64_t items_lost = 0;  // bytes that did not fit

  [[nodiscard]] RecordHead& head() noexcept { return *reinterpret_cast<RecordHead*>(data); }

  [[nodiscard]] std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(end - data); }
  [[nodiscard]] std::uint32_t capacity() const noexcept { return static_cast<std::uint32_t>(limit - data); }
  void set_size(std::uint32_t size) noexcept { end = data + size; }
  void set_buffer(void* memory, std::size_t written, std::size_t capacity) noexcept {
    data = static_cast<unsigned char*>(memory);
    end = data + written;
    limit = data + capacity;
  }
  // Compared as numbers: the sum may lie beyond the buffer.
  [[nodiscard]] bool has_room(std::size_t need) const noexcept {
    return reinterpret_cast<std::uintptr_t>(end) + need <= reinterpret_cast<std::uintptr_t>(limit);
  }
  // Gives where the next `by` bytes belong; there is room for them.
  unsigned char* extend(std::size_t by) noexcept {
    unsigned char* at = end;
    end = at + by;
    return at;
  }

  // A view on any thread may ask whose this is while the span ends; publishes nothing but itself.
  [[nodiscard]] std::uint64_t owner() const noexcept { return __atomic_load_n(&span_id, __ATOMIC_RELAXED); }
  void set_owner(std::uint64_t id) noexcept { __atomic_store_n(&span_id, id, __ATOMIC_RELAXED); }
};

enum ScopeFlags : std::uint8_t {
  scope_sampled = 1,
  scope_remote = 2,
  scope_lost = 4,  // the span has ended or is of another trace: what comes below is an orphan
};
inline void Parent::make_orphans() noexcept { flags = static_cast<std::uint8_t>(flags | scope_lost); }

// One open guard of a thread.
struct ScopeEntry {
  Parent context;  // as its children see it; the tracestate is kept alive by the guard
  Record* record = nullptr;
  std::atomic<bool> dead{false};  // its guard died out of order or elsewhere
};

inline constexpr unsigned max_tracers = 64;
inline constexpr std::uint32_t kept_buffer_bytes = 16 * 1024;
inline constexpr std::uint32_t kept_records = 4;

struct ThreadState {
  std::uint32_t depth = 0;
  std::uint32_t capacity = 0;
  ScopeEntry* entries = nullptr;
  Record* free_records = nullptr;
  std::uint32_t free_count = 0;
  std::uint64_t serial = 0;
  IdGenerator ids;
  Books* books[max_tracers] = {};
  int thread_id = 0;  // the kernel's; tells whether a thread that said goodbye is really gone
  ThreadState* next = nullptr;
  ThreadState* previous = nullptr;

  // The innermost scope whose guard is alive; entries that died out of order are dropped on the way.
  ScopeEntry* top() noexcept {
    for (; LLMTRACE_LIKELY(depth != 0); --depth) {
      ScopeEntry& entry = entries[depth - 1];
      if (LLMTRACE_LIKELY(!entry.dead.load(std::memory_order_acquire))) return &entry;
    }
    return nullptr;
  }
};

enum class ClockMode : std::uint8_t { tsc, monotonic, custom };

// What inline code reads of a tracer. Shells are recycled and never freed; each use of one is a new session.
struct TracerCore {
  JournalFront journal;

  std::atomic<bool> accepting{false};  // release publishes the settings below
  std::atomic<std::uint32_t> session{0};
  std::atomic<bool> is_default{false};  // or was, until it was closed; contexts ask that of closed ones too
  std::uint32_t index = 0;
  ClockMode clock = ClockMode::monotonic;
  bool capture_input = true;
  bool capture_output = true;
  bool waits_at_trace_end = false;
  bool has_sampling_rules = false;
  bool has_process_parent = false;
  std::uint64_t keep_below = ~0ULL;  // a trace is kept when the low 56 bits of its id are below this
  std::uint32_t max_input = 1u << 20;
  std::uint32_t max_output = 1u << 20;
  std::uint32_t max_text = 64u << 10;
  std::uint32_t max_name = 1024;
  std::uint32_t max_record = 4u << 20;
  std::uint32_t max_repeated = 1024;
  std::uint32_t max_capture = 2u << 20;
  std::int64_t (*custom_now)(void*) noexcept = nullptr;
  std::uint64_t (*custom_id)(void*) noexcept = nullptr;
  void* clock_state = nullptr;
  void* id_state = nullptr;
  Parent process_parent;    // from TRACEPARENT in the environment
  void* runtime = nullptr;  // runtime::TracerRuntime

  [[nodiscard]] bool live() const noexcept { return accepting.load(std::memory_order_acquire); }

  [[nodiscard]] std::int64_t now() const noexcept {
#if defined(__x86_64__)
    if (LLMTRACE_LIKELY(clock == ClockMode::tsc)) return static_cast<std::int64_t>(__builtin_ia32_rdtsc());
#endif
    if (LLMTRACE_UNLIKELY(clock == ClockMode::custom)) return custom_now(clock_state);
    timespec at{};
    clock_gettime(CLOCK_MONOTONIC, &at);
    return static_cast<std::int64_t>(at.tv_sec) * 1'000'000'000 + at.tv_nsec;
  }

  [[nodiscard]] std::uint64_t next_id(ThreadState& thread) const noexcept {
    return LLMTRACE_LIKELY(custom_id == nullptr) ? thread.ids.next_nonzero() : custom_id(id_state);
  }
};

// Compiled slow paths, reached through the table so that every module of a process runs those of the one live
// core.
struct WriterPaths {
  bool (*grow)(Record&, std::size_t need) noexcept;  // false: more than it may have, or than there is
  // Makes way for another value of `tag`: removes the earlier one, or compacts repeated fields. False: do not
  // write.
  bool (*replace)(Record&, std::uint8_t tag, std::uint32_t need) noexcept;
};

struct SlowPaths {
  WriterPaths writer;
  ThreadState* (*attach_thread)() noexcept;
  Books* (*attach_books)(ThreadState&, TracerCore&) noexcept;
  bool (*grow_scopes)(ThreadState&) noexcept;
  void (*end_foreign_scope)(ThreadState* owner, std::uint64_t serial, std::uint32_t index,
                            Books* books) noexcept;
  Record* (*acquire_record)(ThreadState&, TracerCore&, Books&, DropBefore* why) noexcept;
  void (*release_record)(ThreadState&, Record*) noexcept;
  bool (*reserve)(TracerCore&, std::uint32_t need, Reservation&, DropBefore* why) noexcept;
  void (*wake)(TracerCore&) noexcept;
  bool (*sample)(TracerCore&, TraceId, std::string_view name, SpanKind) noexcept;
  void (*ended_dead_span)(ThreadState&, TracerCore&, Record&) noexcept;
  void (*trace_ended)(TracerCore&) noexcept;
  void (*count_end)(TracerCore&, bool kept, DropBefore why) noexcept;  // on a thread that cannot have books
};

// The life of tracers, for the same reason.
struct LifePaths {
  TracerCore* (*start)(const Options&, bool as_default) noexcept;
  bool (*flush)(TracerCore&, std::int64_t milliseconds) noexcept;
  bool (*close)(TracerCore&, std::uint32_t session, std::int64_t milliseconds) noexcept;
  void (*read_stats)(TracerCore&, Stats&);
};

struct Core {
  std::uint32_t abi;
  std::uint32_t size;
  const char* version;
  std::atomic<TracerCore*> default_tracer;
  std::atomic<TracerCore*> last_default;  // whose books are still there to be read after the close
  SlowPaths slow;
  LifePaths life;
};

inline constexpr std::uint32_t core_abi = 1;

// A session's number: which use of the shell, and which process of a family of forks.
constexpr std::uint32_t use_of_session(std::uint32_t session) noexcept { return session >> 16; }
constexpr std::uint32_t next_use(std::uint32_t session) noexcept {
  return (use_of_session(session) + 1) << 16;
}

}  // namespace detail
LLMTRACE_END_NAMESPACE

// Where modules of one process meet: each linked copy of the library has one, and a note in the ELF file says
// where. `active` is null while no tracer lives anywhere: then every guard is inert.
struct llmtrace_core_slot {
  std::uint32_t abi;
  std::uint32_t size;
  std::atomic<llmtrace::detail::Core*> active;
  std::atomic<llmtrace::detail::Core*> winner;  // the core that was started first in this process, for good
  llmtrace::detail::Core* own;
};

extern "C" {
extern LLMTRACE_API llmtrace_core_slot llmtrace_core_v1;
}

LLMTRACE_BEGIN_NAMESPACE
namespace detail {

// Each module's shortcut to its thread's state, which the core keeps until the kernel says that the thread is
// gone, and to the module's own count of exceptions in flight, as the C++ ABI lays it out.
struct ThreadCache {
  ThreadState* state;
  const unsigned* uncaught_exceptions;
};
inline thread_local ThreadCache thread_cache = {nullptr, nullptr};

inline Core* active_core() noexcept { return llmtrace_core_v1.active.load(std::memory_order_acquire); }

// For what outlives the last tracer: spans that are still open.
inline Core* started_core() noexcept { return llmtrace_core_v1.winner.load(std::memory_order_acquire); }

LLMTRACE_COLD inline ThreadState* attach_thread(Core& core) noexcept {
  const auto* globals = reinterpret_cast<const unsigned char*>(abi::__cxa_get_globals());
  thread_cache.uncaught_exceptions = reinterpret_cast<const unsigned*>(globals + sizeof(void*));
  thread_cache.state = core.slow.attach_thread();
  return thread_cache.state;
}

LLMTRACE_INLINE ThreadState* thread_state(Core& core) noexcept {
  ThreadState* state = thread_cache.state;
  return LLMTRACE_LIKELY(state != nullptr) ? state : attach_thread(core);
}

// std::uncaught_exceptions() without the two calls. Only where thread_state() was asked before.
LLMTRACE_INLINE int uncaught_exceptions() noexcept {
  return static_cast<int>(*thread_cache.uncaught_exceptions);
}

LLMTRACE_INLINE Books* books_of(Core& core, ThreadState& thread, TracerCore& tracer) noexcept {
  Books* books = thread.books[tracer.index];
  if (LLMTRACE_LIKELY(books != nullptr && books->session.load(std::memory_order_relaxed) ==
                                              tracer.session.load(std::memory_order_relaxed)))
    return books;
  return core.slow.attach_books(thread, tracer);
}

}  // namespace detail
LLMTRACE_END_NAMESPACE
