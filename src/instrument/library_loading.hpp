// A dlopen() in front of the real one: finds what the caller would have found, then tells the engine.
#pragma once

namespace llmtrace::instrument {

using DlopenFunction = void* (*)(const char* path, int flags);

// The one of the dynamic linker, or of whoever stood before it when the engine came.
[[nodiscard]] DlopenFunction real_dlopen() noexcept;
// What slots are led to.
[[nodiscard]] DlopenFunction watched_dlopen() noexcept;

// While it lives this thread's dlopen() is the real one, and the engine is not told.
class QuietLoading {
 public:
  QuietLoading() noexcept;
  ~QuietLoading();
  QuietLoading(const QuietLoading&) = delete;
  QuietLoading& operator=(const QuietLoading&) = delete;

 private:
  bool before_;
};

using LoadedSomething = void (*)() noexcept;
void set_loaded_something(LoadedSomething told) noexcept;

}  // namespace llmtrace::instrument
