#include "instrument/tracking.hpp"

#include "export/lane.hpp"

#include <atomic>
#include <mutex>
#include <pthread.h>

namespace llmtrace::instrument {
namespace {

std::mutex rules_mutex;
std::atomic<bool> tracking{false};
std::atomic<TracerStarter> tracer_starter{nullptr};
std::atomic<std::size_t> multi_running{0};

std::shared_ptr<const RuleSet>& rules_in_use() noexcept {
  // never destroyed: static destructors may make calls
  alignas(std::shared_ptr<const RuleSet>) static unsigned char memory[sizeof(std::shared_ptr<const RuleSet>)];
  static auto* const rules = new (memory) std::shared_ptr<const RuleSet>;
  return *rules;
}

}  // namespace

void set_rules(std::shared_ptr<const RuleSet> rules) noexcept {
  {
    const std::lock_guard lock{rules_mutex};
    rules_in_use().swap(rules);
    tracking.store(rules_in_use() != nullptr);
  }
}

std::shared_ptr<const RuleSet> current_rules() noexcept {
  const std::lock_guard lock{rules_mutex};
  return rules_in_use();
}

bool is_tracking() noexcept { return tracking.load() && !exporting::Lane::is_any_lane(); }

void set_tracer_starter(TracerStarter starter) noexcept {
  tracer_starter.store(starter, std::memory_order_release);
}

bool ensure_tracer() noexcept {
  const TracerStarter start = tracer_starter.load(std::memory_order_acquire);
  if (start != nullptr) start();
  return detail::active_core() != nullptr;
}

void multi_transfer_begins() noexcept { multi_running.fetch_add(1); }
bool multi_transfer_ends() noexcept { return multi_running.fetch_sub(1) == 1; }
std::size_t multi_transfers() noexcept { return multi_running.load(); }

}  // namespace llmtrace::instrument
