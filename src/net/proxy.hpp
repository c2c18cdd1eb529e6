#pragma once

#include "net/url.hpp"

#include <string>

namespace llmtrace::net {

// The proxy variables as they were at init. They are read once because a `setenv` in the host while
// the worker calls `getenv` is a data race in glibc; after init nobody here reads the environment.
struct ProxySettings {
  std::string http;
  std::string https;
  std::string all;
  std::string no_proxy;
};

// Call it at init, on the thread that initializes, never from the worker.
[[nodiscard]] ProxySettings proxy_from_environment();

// The proxy for this URL, empty for none. Loopback never goes through one: plain http is allowed
// there only because it does not leave the machine.
[[nodiscard]] const std::string& proxy_for(const ProxySettings& settings, const Url& url);

}  // namespace llmtrace::net
