#include "net/proxy.hpp"

#include <cstdlib>
#include <initializer_list>

namespace llmtrace::net {
namespace {

std::string first_set(std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): init only
    if (value != nullptr && *value != '\0') return value;
  }
  return {};
}

}  // namespace

ProxySettings proxy_from_environment() {
  ProxySettings settings;
  // no HTTP_PROXY in capitals: under CGI a request header sets it ("httpoxy")
  settings.http = first_set({"http_proxy"});
  settings.https = first_set({"https_proxy", "HTTPS_PROXY"});
  settings.all = first_set({"all_proxy", "ALL_PROXY"});
  settings.no_proxy = first_set({"no_proxy", "NO_PROXY"});
  return settings;
}

const std::string& proxy_for(const ProxySettings& settings, const Url& url) {
  static const std::string none;
  if (url.is_loopback) return none;
  const std::string& own = url.scheme == "https" ? settings.https : settings.http;
  return own.empty() ? settings.all : own;
}

}  // namespace llmtrace::net
