#include "export/settle_observer.hpp"

#include <atomic>

namespace llmtrace::exporting {
namespace {

std::atomic<SettleObserver> observer_in_use{nullptr};

}  // namespace

void set_settle_observer(SettleObserver observer) noexcept {
  observer_in_use.store(observer, std::memory_order_release);
}

void tell_settled(std::string_view exporter, std::uint64_t acknowledged) noexcept {
  const SettleObserver observer = observer_in_use.load(std::memory_order_acquire);
  if (observer != nullptr && acknowledged != 0) observer(exporter, acknowledged);
}

}  // namespace llmtrace::exporting
