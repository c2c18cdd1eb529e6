#include "net/global_init.hpp"

#include <curl/curl.h>

#include <ctime>
#include <dlfcn.h>

namespace llmtrace::net {
namespace {

// A curl that came with a plugin would be unloaded with it, under a lookup of a name that a thread of curl's
// still waits for, and its initialization, which is never undone, would be lost again and again.
void keep_curl_loaded() noexcept {
  Dl_info curl{};
  Dl_info ours{};
  if (::dladdr(reinterpret_cast<const void*>(&curl_global_init), &curl) == 0 ||
      ::dladdr(reinterpret_cast<const void*>(&keep_curl_loaded), &ours) == 0 ||
      curl.dli_fbase == ours.dli_fbase)
    return;
  static_cast<void>(::dlopen(curl.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE));
}

// glibc reads TZ at the first use of the calendar, which would be the TLS library's on the worker, while the
// host may be calling `setenv`.
void read_time_zone() noexcept {
  const std::time_t epoch = 0;
  std::tm calendar{};
  static_cast<void>(::gmtime_r(&epoch, &calendar));
}

bool initialize() noexcept {
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) return false;
  keep_curl_loaded();
  read_time_zone();
  return true;
}

}  // namespace

bool global_init() noexcept {
  // never undone: the host may use curl too, and a cleanup at exit would race with its threads
  static const bool initialized = initialize();
  return initialized;
}

}  // namespace llmtrace::net
