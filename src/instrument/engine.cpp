#include "instrument/engine.hpp"

#include "instrument/curl_hooks.hpp"
#include "instrument/handle_table.hpp"
#include "instrument/library_loading.hpp"
#include "instrument/mime_models.hpp"
#include "instrument/slot_patch.hpp"
#include "instrument/tracking.hpp"

#include <cerrno>
#include <new>
#include <pthread.h>
#include <thread>

namespace llmtrace::instrument {
namespace {

// Whoever is at work needs the linker's lock, which a constructor that calls us may hold: so nobody waits for
// ever.
constexpr std::chrono::seconds patience{5};

void before_fork() noexcept {
  lock_mime_models_for_fork();
  handles().lock_for_fork();
}
void after_fork() noexcept {
  handles().unlock_after_fork();
  unlock_mime_models_after_fork();
}

bool is_glibc_itself(const LoadedModule& module) noexcept {
  const std::string_view soname = module.image.soname();
  return soname == "libc.so.6" || soname == "libdl.so.2" || soname == "libpthread.so.0";
}

void* as_address(DlopenFunction function) noexcept { return reinterpret_cast<void*>(function); }

}  // namespace

// Holds the engine, or has not got it in time. A scan takes a few milliseconds, so nobody waits long enough
// for more than looking again.
class Engine::Work {
 public:
  explicit Work(Engine& engine) noexcept : lock_{engine.mutex_, std::defer_lock} {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!lock_.try_lock() && std::chrono::steady_clock::now() < deadline)
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  [[nodiscard]] bool begun() const noexcept { return lock_.owns_lock(); }

 private:
  QuietLoading quiet_;
  std::unique_lock<std::mutex> lock_;
};

std::vector<LibraryReport> Engine::install() {
  static const int fork_is_handled = ::pthread_atfork(&before_fork, &after_fork, &after_fork);
  static_cast<void>(fork_is_handled);
  set_loaded_something([]() noexcept { engine().look_again_soon(); });
  set_last_ended([]() noexcept { engine().remove_soon(); });
  std::vector<LibraryReport> reports;
  {
    const Work work{*this};
    if (!work.begun()) return {};
    installed_.store(true, std::memory_order_release);
    reports = scan(Task::patch);
  }
  scan_if_wanted();
  return reports;
}

std::vector<LibraryReport> Engine::remove() {
  installed_.store(false, std::memory_order_release);
  const Work work{*this};
  if (!work.begun() || is_installed()) return {};
  // The end of what runs in a multi handle is seen by the hooks alone; the last one takes them with it.
  if (multi_transfers() != 0) return scan(Task::count);
  auto reports = scan(Task::restore);
  handles().forget_all();
  return reports;
}

std::vector<LibraryReport> Engine::look() {
  const Work work{*this};
  return work.begun() ? scan(Task::count) : std::vector<LibraryReport>{};
}

bool Engine::refresh() noexcept {
  if (!is_installed()) return false;
  try {
    const Work work{*this};
    if (!work.begun() || count_of_loads() == seen_loads_) return false;
    static_cast<void>(scan(Task::patch));
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

void Engine::look_again_soon() noexcept {
  const int kept_errno = errno;
  again_.store(true);
  scan_if_wanted();
  errno = kept_errno;
}

// Never waits: the thread may hold the linker's lock, which the one at work needs.
void Engine::scan_if_wanted() noexcept {
  while (again_.load() && is_installed()) {
    const QuietLoading quiet;
    const std::unique_lock lock{mutex_, std::try_to_lock};
    if (!lock.owns_lock()) return;
    again_.store(false);
    if (count_of_loads() == seen_loads_) continue;
    try {
      static_cast<void>(scan(Task::patch));
    } catch (const std::bad_alloc&) {
      return;
    }
  }
}

void Engine::remove_soon() noexcept {
  if (is_installed()) return;
  try {
    static_cast<void>(remove());
  } catch (const std::bad_alloc&) {
    return;  // they stay, and only forward
  }
}

std::vector<LibraryReport> Engine::scan(Task task) {
  const unsigned long long loads = count_of_loads();
  const std::vector<LoadedModule> modules = loaded_modules();
  for (const LoadedModule& module : modules) instances_.add(module);
  std::vector<LibraryReport> reports(instances_.size());
  for (std::size_t i = 0; i < instances_.size(); ++i) {
    reports[i].path = instances_[i].path;
    reports[i].version = instances_[i].functions.version();
  }
  for (const LoadedModule& module : modules) visit(module, task, reports);
  if (task == Task::patch) seen_loads_ = loads;
  return reports;
}

void Engine::visit(const LoadedModule& module, Task task, std::vector<LibraryReport>& reports) {
  // libcurl calls itself through slots of its own, and not for the program
  // NOLINTNEXTLINE(performance-no-int-to-ptr): modules are ranges of numbers
  if (instances_.find(reinterpret_cast<const void*>(module.image.range().begin)) != nullptr) return;
  const bool may_load = !is_glibc_itself(module);
  module.image.for_each_import([&](const ImportSlot& slot) {
    if (slot.name == "dlopen") {
      if (may_load) visit_dlopen(module, slot, task);
    } else {
      visit_slot(module, slot, task, reports);
    }
  });
}

void Engine::visit_dlopen(const LoadedModule& module, const ImportSlot& slot, Task task) noexcept {
  void* const watched = as_address(watched_dlopen());
  const bool is_watched = read_slot(slot.at) == watched;
  if (task == Task::patch && !is_watched)
    static_cast<void>(write_slot(module.image, slot.at, watched));
  else if (task == Task::restore && is_watched)
    static_cast<void>(write_slot(module.image, slot.at, as_address(real_dlopen())));
}

void Engine::visit_slot(const LoadedModule& module, const ImportSlot& slot, Task task,
                        std::vector<LibraryReport>& reports) {
  const Hooked function = hooked_by_name(slot.name);
  if (function == Hooked::count) return;
  const auto index = static_cast<std::size_t>(function);
  CurlInstance* target = target_of(module, slot);
  if (target == nullptr || target->original.address[index] == nullptr) return;
  LibraryReport& report = reports[static_cast<std::size_t>(target - &instances_[0])];
  ++report.slots;
  void* const replacement = target->replacement.address[index];
  bool is_patched = read_slot(slot.at) == replacement;
  if (task == Task::patch && !is_patched) {
    is_patched = write_slot(module.image, slot.at, replacement);
    if (!is_patched) ++report.refused;
  } else if (task == Task::restore && is_patched) {
    is_patched = !write_slot(module.image, slot.at, target->original.address[index]);
  }
  if (is_patched) ++report.patched;
}

// By where the slot leads; as long as it was never called through, by the file that its version comes from.
CurlInstance* Engine::target_of(const LoadedModule& module, const ImportSlot& slot) noexcept {
  const void* value = read_slot(slot.at);
  if (CurlInstance* replaced = instances_.replaced_by(value)) return replaced;
  if (CurlInstance* bound = instances_.find(value)) return bound;
  if (value != nullptr && !module.image.range().contains(value)) return nullptr;  // another tool's
  if (CurlInstance* named = instances_.find_soname(slot.library)) return named;
  for (std::size_t i = 0; i < instances_.size(); ++i)
    if (module.image.needs(instances_[i].soname)) return &instances_[i];
  return instances_.size() != 0 ? &instances_[0] : nullptr;
}

Engine& engine() noexcept {
  // never destroyed: static destructors may make calls
  alignas(Engine) static unsigned char memory[sizeof(Engine)];
  static Engine* const the_engine = new (memory) Engine;
  return *the_engine;
}

}  // namespace llmtrace::instrument
