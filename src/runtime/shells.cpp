#include "runtime/shells.hpp"

#include "runtime/modules.hpp"

#include <dlfcn.h>
#include <new>

namespace llmtrace::runtime {

using detail::Core;

namespace {

constinit Life the_life;
constinit std::mutex life_mutex;
constinit std::uint32_t next_shell = 0;

TracerCore* make_core(std::uint32_t index) noexcept {
  auto* core = new (std::nothrow) TracerCore;
  if (core == nullptr) return nullptr;
  core->index = index;
  core->runtime = new (std::nothrow) TracerRuntime{*core};
  if (core->runtime != nullptr) return core;
  delete core;
  return nullptr;
}

}  // namespace

Life& life() noexcept { return the_life; }
LifeLock lock_life() noexcept { return LifeLock{life_mutex}; }

// Never destroyed: static destructors close tracers.
std::condition_variable& life_changed() noexcept {
  alignas(std::condition_variable) static unsigned char memory[sizeof(std::condition_variable)];
  static auto* const changed = new (memory) std::condition_variable;
  return *changed;
}

void renew_life_in_child() noexcept {
  new (&life_mutex) std::mutex;
  new (&life_changed()) std::condition_variable;
}

// In turn, so that a thread which still ends a span of the last tracer does not meet the settings of the next
// one.
Shell* take_shell() noexcept {
  for (std::uint32_t tried = 0; tried < detail::max_tracers; ++tried) {
    const std::uint32_t i = next_shell++ % detail::max_tracers;
    Shell& shell = the_life.shells[i];
    if (shell.use != Use::free || (shell.core != nullptr && !runtime_of(*shell.core).reusable())) continue;
    if (shell.core == nullptr) {
      TracerCore* made = make_core(i);
      const std::lock_guard lock{core_mutex()};  // a fork must find the same tracers before and after
      shell.core = made;
    }
    return shell.core != nullptr ? &shell : nullptr;
  }
  return nullptr;
}

void show(Shell& shell, bool as_default) noexcept {
  shell.use = Use::running;
  shell.clean = true;
  ++the_life.live;
  Core& process = own_core();
  if (as_default) process.default_tracer.store(shell.core, std::memory_order_release);
  if (as_default || process.last_default.load(std::memory_order_relaxed) == shell.core)
    process.last_default.store(as_default ? shell.core : nullptr, std::memory_order_release);
  set_active(true);
}

// While the process exits guards go on to find their tracer: what they start is counted as lost by the
// shutdown.
void hide(const Shell& shell) noexcept {
  --the_life.live;
  if (the_life.exiting) return;
  Core& process = own_core();
  if (process.default_tracer.load(std::memory_order_relaxed) == shell.core)
    process.default_tracer.store(nullptr, std::memory_order_release);
  if (the_life.live == 0) set_active(false);
}

void own(Shell& shell, Use use) noexcept {
  shell.use = use;
  shell.owner = ::pthread_self();
}
bool is_owned_by_us(const Shell& shell) noexcept {
  return ::pthread_equal(shell.owner, ::pthread_self()) != 0;
}

void* hold_this_module() noexcept {
  Dl_info module{};
  if (::dladdr(reinterpret_cast<const void*>(&hold_this_module), &module) == 0) return nullptr;
  return ::dlopen(module.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
}
void let_go_of(void* module) noexcept {
  if (module != nullptr) ::dlclose(module);
}

}  // namespace llmtrace::runtime
