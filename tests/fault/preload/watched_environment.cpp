// Loaded in front of the C library: counts who reads the environment on a thread of llmtrace's.
#include <atomic>
#include <cstring>
#include <dlfcn.h>
#include <sys/prctl.h>

#define EXPORTED extern "C" __attribute__((visibility("default")))

namespace {

constinit std::atomic<long> reads{0};
constinit std::atomic<char> last[64]{};

void note(const char* name) {
  char thread[16] = {};
  ::prctl(PR_GET_NAME, thread);
  if (std::strcmp(thread, "llmtrace") != 0) return;
  reads.fetch_add(1);
  for (std::size_t i = 0; i < 63; ++i) {
    last[i].store(name[i]);
    if (name[i] == '\0') break;
  }
}

char* read_with(const char* function, const char* name) {
  using Read = char* (*)(const char*);
  return reinterpret_cast<Read>(::dlsym(RTLD_NEXT, function))(name);
}

}  // namespace

EXPORTED char* getenv(const char* name) {
  note(name);
  return read_with("getenv", name);
}
EXPORTED char* secure_getenv(const char* name) {
  note(name);
  return read_with("secure_getenv", name);
}

// How often, and what last.
EXPORTED long llmtrace_environment_reads(char* name, std::size_t size) {
  for (std::size_t i = 0; i + 1 < size && i < 64; ++i) name[i] = last[i].load();
  name[size - 1] = '\0';
  return reads.load();
}
