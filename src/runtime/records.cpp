// Where the headers of open spans come from. They lie in chunks that are never freed, so that a reference
// which outlives its span reads a header, finds another id in it and does nothing; a chunk in which nothing
// is open gives its pages back and reads as zeroes. The chunks are of the heap: what hangs on them at the
// exit of the process would be a leak to the tools that look for such.
#include "runtime/core_state.hpp"
#include "runtime/tracer_runtime.hpp"

#include <cstdlib>
#include <new>
#include <sys/mman.h>

namespace llmtrace::runtime {

using detail::DropBefore;

namespace {

constexpr std::size_t chunk_bytes = 64u << 10;
constexpr std::size_t page_bytes = 4096;
constexpr std::uint32_t first_buffer = 1024;

struct Chunk {
  Record* records = nullptr;
  Record* free = nullptr;
  std::uint32_t used = 0;     // handed out, cached by a thread or open
  std::uint32_t touched = 0;  // records that were ever handed out since the pages came
  Chunk* next = nullptr;
};
constexpr std::uint32_t records_per_chunk = chunk_bytes / sizeof(Record);

constinit Chunk* chunks = nullptr;  // guarded by core_mutex, as is all below
constinit std::size_t handed_out = 0;

Chunk* add_chunk() noexcept {
  void* pages = std::aligned_alloc(page_bytes, chunk_bytes);
  if (pages == nullptr) return nullptr;
  auto* chunk = new (std::nothrow) Chunk;
  if (chunk == nullptr) {
    std::free(pages);
    return nullptr;
  }
  chunk->records = static_cast<Record*>(pages);
  chunk->next = chunks;
  chunks = chunk;
  return chunk;
}

Chunk* chunk_with_room() noexcept {
  for (Chunk* chunk = chunks; chunk != nullptr; chunk = chunk->next)
    if (chunk->used < records_per_chunk) return chunk;
  return add_chunk();
}

Record* take_header() noexcept {
  Chunk* chunk = chunk_with_room();
  if (chunk == nullptr) return nullptr;
  Record* record = chunk->free;
  if (record != nullptr)
    chunk->free = record->next_free;
  else
    record = new (&chunk->records[chunk->touched++]) Record;
  ++chunk->used;
  ++handed_out;
  return record;
}

Chunk* chunk_of(const Record* record) noexcept {
  for (Chunk* chunk = chunks; chunk != nullptr; chunk = chunk->next)
    if (record >= chunk->records && record < chunk->records + records_per_chunk) return chunk;
  return nullptr;
}

void give_header(Record* record) noexcept {
  Chunk* chunk = chunk_of(record);
  if (chunk == nullptr) return;
  --handed_out;
  if (--chunk->used == 0) {
    ::madvise(chunk->records, chunk_bytes, MADV_DONTNEED);
    chunk->free = nullptr;
    chunk->touched = 0;
    return;
  }
  record->next_free = chunk->free;
  chunk->free = record;
}

// Whether the tracer may have one more open span. Counting is exact and slow, so it is done only when so many
// records are about that the limit could be reached.
bool within_limit(TracerCore& tracer) noexcept {
  const std::size_t limit = runtime_of(tracer).open_span_limit();
  return handed_out < limit || open_spans(tracer) < limit;
}

}  // namespace

Record* acquire_record(ThreadState&, TracerCore& tracer, detail::Books&, DropBefore* why) noexcept {
  *why = DropBefore::out_of_memory;
  Record* record = nullptr;
  {
    const std::lock_guard lock{core_mutex()};
    if (!within_limit(tracer)) {
      *why = DropBefore::open_span_limit;
      return nullptr;
    }
    record = take_header();
  }
  if (record == nullptr) return nullptr;
  if (void* buffer = std::malloc(first_buffer)) {
    record->set_buffer(buffer, 0, first_buffer);
    return record;
  }
  const std::lock_guard lock{core_mutex()};
  release_to_pool(record);
  return nullptr;
}

void release_record(ThreadState&, Record* record) noexcept {
  const std::lock_guard lock{core_mutex()};
  release_to_pool(record);
}

void release_to_pool(Record* record) noexcept {
  record->set_owner(0);
  std::free(record->data);
  record->set_buffer(nullptr, 0, 0);
  give_header(record);
}

void orphan_open_records() noexcept {
  for (Chunk* chunk = chunks; chunk != nullptr; chunk = chunk->next)
    for (std::uint32_t i = 0; i < chunk->touched; ++i) chunk->records[i].set_owner(0);
}

}  // namespace llmtrace::runtime
