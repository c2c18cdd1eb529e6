#include "collector/store/store.hpp"

#include <memory>
#include <utility>

namespace llmtrace::collector {

std::future<Applied> Store::apply(Batch batch) {
  // Shared, because a std::function must be copyable.
  auto promise = std::make_shared<std::promise<Applied>>();
  auto future = promise->get_future();
  apply(std::move(batch), [promise](Applied applied) { promise->set_value(std::move(applied)); });
  return future;
}

}  // namespace llmtrace::collector
