#include "instrument/handle_table.hpp"

#include "instrument/exchange.hpp"

#include <new>

namespace llmtrace::instrument {
namespace {

// Its handle is certainly the same as it was.
bool is_busy(const HandleState& state) noexcept {
  return state.exchange || state.multi.load(std::memory_order_relaxed) != nullptr;
}

}  // namespace

HandleState* HandleTable::find(CURL* handle) noexcept {
  Shard& shard = shard_of(handle);
  const std::lock_guard lock{shard.mutex};
  const auto found = shard.states.find(handle);
  if (found == shard.states.end()) return nullptr;
  HandleState& state = *found->second;
  const bool is_current = state.generation == generation_.load(std::memory_order_acquire);
  return is_current || is_busy(state) ? &state : nullptr;
}

HandleState* HandleTable::find_or_add(CURL* handle) noexcept {
  Shard& shard = shard_of(handle);
  const std::lock_guard lock{shard.mutex};
  try {
    std::unique_ptr<HandleState>& state = shard.states[handle];
    const std::uint32_t generation = generation_.load(std::memory_order_acquire);
    if (state && (state->generation == generation || is_busy(*state))) return state.get();
    state = std::make_unique<HandleState>();
    state->generation = generation;
    return state.get();
  } catch (const std::bad_alloc&) {
    const auto found = shard.states.find(handle);
    if (found != shard.states.end() && !found->second) shard.states.erase(found);
    return nullptr;
  }
}

void HandleTable::remove(CURL* handle) noexcept {
  std::unique_ptr<HandleState> removed;  // destroyed without the lock
  Shard& shard = shard_of(handle);
  const std::lock_guard lock{shard.mutex};
  const auto found = shard.states.find(handle);
  if (found == shard.states.end()) return;
  removed = std::move(found->second);
  shard.states.erase(found);
}

std::vector<CURL*> HandleTable::attached_to(const CURLM* multi) {
  std::vector<CURL*> attached;
  for (Shard& shard : shards_) {
    const std::lock_guard lock{shard.mutex};
    for (const auto& [handle, state] : shard.states)
      if (state && state->multi.load(std::memory_order_acquire) == multi) attached.push_back(handle);
  }
  return attached;
}

void HandleTable::lock_for_fork() noexcept {
  for (Shard& shard : shards_) shard.mutex.lock();
}
void HandleTable::unlock_after_fork() noexcept {
  for (Shard& shard : shards_) shard.mutex.unlock();
}

HandleTable& handles() noexcept {
  // never destroyed: static destructors may make calls
  alignas(HandleTable) static unsigned char memory[sizeof(HandleTable)];
  static HandleTable* const table = new (memory) HandleTable;
  return *table;
}

}  // namespace llmtrace::instrument
