#include "net/url.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <cstring>

namespace llmtrace::net {
namespace {

// The widest textual IPv6 address with an embedded IPv4 one is 45 characters.
constexpr std::size_t max_address_text = 46;
constexpr std::size_t max_host_name = 253;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lower_case(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), lower);
  return result;
}

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// `inet_pton` reads only the canonical forms: `127.1`, octal and hex, which curl would also take,
// stay host names here and so never count as loopback.
template <typename Address>
bool read_address(int family, std::string_view text, Address& address) {
  std::array<char, max_address_text> terminated{};
  if (text.size() >= terminated.size() || text.find('\0') != std::string_view::npos) return false;
  std::memcpy(terminated.data(), text.data(), text.size());
  return inet_pton(family, terminated.data(), &address) == 1;
}

bool is_loopback_v4(std::string_view host) {
  in_addr address{};
  return read_address(AF_INET, host, address) && (ntohl(address.s_addr) >> 24U) == 127;
}

bool is_loopback_v6(std::string_view host) {
  in6_addr address{};
  return read_address(AF_INET6, host, address) && IN6_IS_ADDR_LOOPBACK(&address);
}

bool is_host_name(std::string_view host) {
  if (host.empty() || host.size() > max_host_name) return false;
  if (host.front() == '.' || host.front() == '-') return false;
  if (host.find("..") != std::string_view::npos) return false;
  return std::all_of(host.begin(), host.end(),
                     [](char c) { return is_alphanumeric(c) || c == '.' || c == '-' || c == '_'; });
}

bool is_localhost(std::string_view host) {
  constexpr std::string_view suffix = ".localhost";
  return host == "localhost" ||
         (host.size() > suffix.size() && host.substr(host.size() - suffix.size()) == suffix);
}

bool read_port(std::string_view text, std::uint16_t& port) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc{} && end == text.data() + text.size() && port != 0;
}

bool is_path(std::string_view path) {
  constexpr std::string_view allowed = "/-._~!$&'()*+,;=:@%";
  return std::all_of(path.begin(), path.end(),
                     [&](char c) { return is_alphanumeric(c) || allowed.find(c) != std::string_view::npos; });
}

std::string_view without_trailing_slashes(std::string_view path) {
  while (!path.empty() && path.back() == '/') path.remove_suffix(1);
  return path;
}

bool read_scheme(std::string_view& rest, Url& url) {
  const auto end = rest.find("://");
  if (end == std::string_view::npos) return false;
  url.scheme = lower_case(rest.substr(0, end));
  rest.remove_prefix(end + 3);
  if (url.scheme != "http" && url.scheme != "https") return false;
  url.port = url.scheme == "https" ? 443 : 80;
  return true;
}

bool read_bracketed_host(std::string_view& rest, Url& url) {
  const auto end = rest.find(']');
  if (end == std::string_view::npos) return false;
  const auto address_text = rest.substr(1, end - 1);
  in6_addr address{};
  if (!read_address(AF_INET6, address_text, address)) return false;
  url.host = lower_case(address_text);
  url.is_loopback = is_loopback_v6(address_text);
  rest.remove_prefix(end + 1);
  return true;
}

bool read_named_host(std::string_view& rest, Url& url) {
  const auto end = std::min(rest.find(':'), rest.size());
  if (!is_host_name(rest.substr(0, end))) return false;
  url.host = lower_case(rest.substr(0, end));
  url.is_loopback = is_localhost(url.host) || is_loopback_v4(url.host);
  rest.remove_prefix(end);
  return true;
}

bool read_authority(std::string_view rest, Url& url) {
  const bool bracketed = !rest.empty() && rest.front() == '[';
  if (!(bracketed ? read_bracketed_host(rest, url) : read_named_host(rest, url))) return false;
  if (rest.empty()) return true;
  return rest.front() == ':' && read_port(rest.substr(1), url.port);
}

}  // namespace

std::optional<Url> parse_url(std::string_view text) {
  Url url;
  if (!read_scheme(text, url)) return std::nullopt;
  const auto path_start = std::min(text.find('/'), text.size());
  const auto path = text.substr(path_start);
  if (!read_authority(text.substr(0, path_start), url) || !is_path(path)) return std::nullopt;
  url.base_path = without_trailing_slashes(path);
  return url;
}

std::string authority(const Url& url) {
  const bool is_ipv6 = url.host.find(':') != std::string::npos;
  const std::string host = is_ipv6 ? "[" + url.host + "]" : url.host;
  return host + ":" + std::to_string(url.port);
}

std::string to_string(const Url& url) { return url.scheme + "://" + authority(url) + url.base_path; }

}  // namespace llmtrace::net
