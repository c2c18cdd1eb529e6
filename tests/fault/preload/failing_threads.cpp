// Loaded in front of the C library: the thread number LLMTRACE_FAILING_THREAD (from 1; 0: each) cannot be
// started.
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <dlfcn.h>
#include <pthread.h>

namespace {
constinit std::atomic<int> started{0};
}

extern "C" __attribute__((visibility("default"))) int pthread_create(pthread_t* thread,
                                                                     const pthread_attr_t* attributes,
                                                                     void* (*run)(void*), void* argument) {
  using Create = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
  static const auto create = reinterpret_cast<Create>(::dlsym(RTLD_NEXT, "pthread_create"));
  const char* failing = std::getenv("LLMTRACE_FAILING_THREAD");
  const int number = started.fetch_add(1) + 1;
  if (failing != nullptr && (std::atoi(failing) == 0 || std::atoi(failing) == number)) return EAGAIN;
  return create(thread, attributes, run, argument);
}
