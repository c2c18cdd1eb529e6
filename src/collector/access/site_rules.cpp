#include "collector/access/site_rules.hpp"

#include <algorithm>
#include <arpa/inet.h>

namespace llmtrace::collector::access {
namespace {

std::string lower(std::string_view text) {
  std::string out{text};
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

bool all_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Without the port and the brackets of IPv6; empty for what is no host.
std::string host_of(std::string_view header) {
  if (header.starts_with('[')) {
    const auto end = header.find(']');
    if (end == std::string_view::npos) return {};
    const std::string_view rest = header.substr(end + 1);
    if (!rest.empty() && (rest.front() != ':' || !all_digits(rest.substr(1)))) return {};
    return lower(header.substr(1, end - 1));
  }
  const auto colon = std::min(header.find(':'), header.size());
  if (!all_digits(header.substr(std::min(colon + 1, header.size())))) return {};
  std::string host = lower(header.substr(0, colon));
  if (host.ends_with('.')) host.pop_back();
  return host;
}

bool is_address(const std::string& host) {
  unsigned char bytes[sizeof(in6_addr)];
  return ::inet_pton(AF_INET, host.c_str(), bytes) == 1 || ::inet_pton(AF_INET6, host.c_str(), bytes) == 1;
}

bool is_navigation(const http::RequestHead& head) {
  return head.method == "GET" && head.header("sec-fetch-mode") == "navigate" &&
         !std::string_view{head.path}.starts_with("/api");
}

}  // namespace

bool is_loopback_address(std::string_view address) {
  in_addr four{};
  const std::string text{address};
  if (::inet_pton(AF_INET, text.c_str(), &four) == 1) return ntohl(four.s_addr) >> 24 == 127;
  return text == "::1";
}

SiteRules::SiteRules(std::string_view address, const std::vector<std::string>& names)
    : names_{"localhost", "127.0.0.1", "::1", lower(address)},
      any_address_{address == "0.0.0.0" || address == "::"} {
  for (const std::string& name : names) names_.push_back(lower(name));
}

// Listening on all addresses, any of them may be the one that was meant; rebinding needs a name.
bool SiteRules::knows_host(std::string_view host_header) const {
  const std::string host = host_of(host_header);
  if (host.empty()) return false;
  if (std::find(names_.begin(), names_.end(), host) != names_.end()) return true;
  return any_address_ && is_address(host);
}

bool SiteRules::is_foreign(const http::RequestHead& head) const {
  const std::string_view origin = head.header("origin");
  if (!origin.empty()) {
    const std::string host = lower(head.header("host"));
    const std::string text = lower(origin);
    if (text != "http://" + host && text != "https://" + host) return true;
  }
  const std::string_view site = head.header("sec-fetch-site");
  if (site.empty() || site == "same-origin" || site == "none") return false;
  return !is_navigation(head);  // a link on another page may lead here; it cannot read what it finds
}

}  // namespace llmtrace::collector::access
