// A program without the library, and plugins that contain it, loaded and unloaded. They lie beside the
// program.
#include "fault/books_text.hpp"
#include "fault/child_process.hpp"
#include "fault/host/plugin.hpp"
#include "fault/host/scenarios.hpp"
#include "support/temporary_directory.hpp"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>
#include <exception>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <thread>

namespace llmtrace::fault_host {
namespace {

using namespace testing_support;

class Plugin {
 public:
  explicit Plugin(const std::string& name) : path_{beside_this_program(name)} {
    handle_ = ::dlopen(path_.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle_ == nullptr) throw std::runtime_error(::dlerror());
  }
  Plugin(const Plugin&) = delete;
  Plugin& operator=(const Plugin&) = delete;

  template <class Function>
  [[nodiscard]] Function function(const char* name) const {
    return reinterpret_cast<Function>(::dlsym(handle_, name));
  }
  bool start(const std::string& url) const { return function<StartPlugin>("plugin_start")(url.c_str()); }
  void trace(int first, int count) const { function<TraceInPlugin>("plugin_trace")(first, count); }
  bool stop(int milliseconds) const { return function<StopPlugin>("plugin_stop")(milliseconds); }
  [[nodiscard]] bool print_books() const { return function<PrintPluginsBooks>("plugin_print_books")(); }
  // Once the library has closed: what is registered before it starts runs behind it.
  void print_books_at_exit() const {
    static PrintPluginsBooks print = nullptr;
    print = function<PrintPluginsBooks>("plugin_print_books");
    std::atexit([] { static_cast<void>(print()); });
  }
  [[nodiscard]] long started() const { return function<StartedInPlugin>("plugin_started")(); }
  void unload() const { ::dlclose(handle_); }
  [[nodiscard]] bool is_loaded() const {
    return contents("/proc/self/maps").find(path_) != std::string::npos;
  }

 private:
  std::string path_;
  void* handle_ = nullptr;
};

int entries_in(const char* directory) {
  int count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator{directory}) ++count;
  return count;
}

int fail(const char* what) {
  std::fprintf(stderr, "%s\n", what);
  return 1;
}

// A sanitizer may have a thread of its own.
const int threads_before = entries_in("/proc/self/task");
bool threads_are_left() { return entries_in("/proc/self/task") != threads_before; }

// url, cycles
int unload_after_stop(const Arguments& arguments) {
  const int cycles = arguments.number(1);
  int descriptors = 0;
  for (int i = 0; i < cycles; ++i) {
    const Plugin plugin{"llmtrace_fault_plugin.so"};
    if (!plugin.start(arguments.url())) return fail("does not start");
    plugin.trace(i * 10, 10);
    std::thread([&] { plugin.trace(100'000 + i * 10, 10); }).join();
    if (!plugin.stop(10'000)) return fail("does not stop cleanly");
    if (!plugin.print_books()) return fail("its books do not balance");
    plugin.unload();
    if (plugin.is_loaded()) return fail("is still loaded");
    if (threads_are_left()) return fail("a thread is left");
    if (i == 0) descriptors = entries_in("/proc/self/fd");
  }
  print_number("leaked_descriptors", entries_in("/proc/self/fd") - descriptors);
  return 0;
}

// url: a thread of the program has traced in the plugin, and ends when the plugin is gone.
int unload_before_a_thread_ends(const Arguments& arguments) {
  std::atomic<int> step{0};
  const Plugin plugin{"llmtrace_fault_plugin.so"};
  if (!plugin.start(arguments.url())) return fail("does not start");
  std::thread tracing{[&] {
    plugin.trace(0, 10);
    step = 1;
    while (step != 2) std::this_thread::yield();
  }};
  while (step != 1) std::this_thread::yield();
  const bool stopped = plugin.stop(10'000) && plugin.print_books();
  plugin.unload();
  const bool loaded = plugin.is_loaded();
  step = 2;
  tracing.join();
  if (!stopped) return fail("does not stop cleanly");
  return loaded ? fail("is still loaded") : 0;
}

// The worker is stuck in a user's exporter: its code must stay.
int unload_after_timeout(const Arguments&) {
  const Plugin plugin{"llmtrace_fault_plugin.so"};
  if (!plugin.function<StartStuckPlugin>("plugin_start_stuck")()) return fail("does not start");
  plugin.trace(0, 10);
  const auto release = plugin.function<ReleaseStuckPlugin>("plugin_release");
  if (plugin.stop(50)) return fail("says that nothing was left");
  if (!plugin.print_books()) return fail("its books do not balance");
  plugin.unload();
  if (!plugin.is_loaded()) return fail("was unloaded under its thread");
  release();
  while (threads_are_left()) std::this_thread::yield();
  return 0;
}

// url
int unload_without_stop(const Arguments& arguments) {
  const Plugin plugin{"llmtrace_fault_plugin.so"};
  plugin.print_books_at_exit();
  if (!plugin.start(arguments.url())) return fail("does not start");
  plugin.trace(0, 10);
  plugin.unload();
  if (!plugin.is_loaded()) return fail("was unloaded under its thread");
  plugin.trace(10, 10);
  return 0;
}

// url: the second copy works through the first one, which must therefore stay when its owner lets it go.
int unload_the_first_of_two(const Arguments& arguments) {
  const Plugin first{"llmtrace_fault_plugin.so"};
  if (!first.start(arguments.url())) return fail("does not start");
  first.trace(0, 10);
  const Plugin second{"llmtrace_fault_plugin_b.so"};
  second.trace(10, 10);
  if (!first.stop(10'000) || !first.print_books()) return fail("does not stop cleanly");
  first.unload();
  second.trace(1'000'000, 10);  // nothing lives: nothing happens
  if (!second.start(arguments.url())) return fail("does not start again");
  second.trace(20, 10);
  if (!second.stop(10'000)) return fail("does not stop again");
  if (!second.print_books()) return fail("its books do not balance");
  second.unload();
  return 0;
}

// url: two copies side by side; the second is unloaded while the first goes on.
int unload_the_second_of_two(const Arguments& arguments) {
  const Plugin first{"llmtrace_fault_plugin.so"};
  const Plugin second{"llmtrace_fault_plugin_b.so"};
  if (!first.start(arguments.url())) return fail("does not start");
  if (second.start(arguments.url())) return fail("two default tracers in one process");
  first.trace(0, 10);
  second.trace(10, 10);
  second.unload();
  first.trace(20, 10);
  if (first.started() != 30) return fail("not one process state");
  return first.stop(10'000) && first.print_books() ? 0 : fail("does not stop cleanly");
}

// url: two copies start at the same moment, on two threads. Only one of them may become the process's core,
// which has one default tracer.
int start_two_at_once(const Arguments& arguments) {
  const Plugin plugins[] = {Plugin{"llmtrace_fault_plugin.so"}, Plugin{"llmtrace_fault_plugin_b.so"}};
  std::atomic<int> ready{0};
  std::atomic<int> started{0};
  const auto start = [&](const Plugin& plugin) {
    const auto start_plugin = plugin.function<StartPlugin>("plugin_start");
    ++ready;
    while (ready != 2) continue;
    if (start_plugin(arguments.url().c_str())) ++started;
  };
  std::thread other{[&] { start(plugins[1]); }};
  start(plugins[0]);
  other.join();
  if (started != 1) return fail("two default tracers in one process");
  plugins[0].trace(0, 10);
  plugins[1].trace(10, 10);
  if (plugins[0].started() != 20 || plugins[1].started() != 20) return fail("not one process state");
  return plugins[0].stop(10'000) && plugins[0].print_books() ? 0 : fail("does not stop cleanly");
}

int play(int count, char** words) {
  const std::map<std::string, int (*)(const Arguments&)> scenarios{
      {"unload_after_stop", unload_after_stop},
      {"unload_before_a_thread_ends", unload_before_a_thread_ends},
      {"unload_after_timeout", unload_after_timeout},
      {"unload_without_stop", unload_without_stop},
      {"unload_the_first_of_two", unload_the_first_of_two},
      {"unload_the_second_of_two", unload_the_second_of_two},
      {"start_two_at_once", start_two_at_once},
  };
  const auto found = count > 1 ? scenarios.find(words[1]) : scenarios.end();
  return found != scenarios.end() ? found->second({{words + 2, words + count}}) : fail("no such scenario");
}

}  // namespace
}  // namespace llmtrace::fault_host

int main(int count, char** words) {
  try {
    return llmtrace::fault_host::play(count, words);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "scenario: %s\n", error.what());
    return 3;
  }
}
