#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace llmtrace::net {

// The base URL of a service, taken apart. It is checked by our own strict reader, before curl sees
// it, because curl accepts much more (userinfo, other protocols, spaces) than a key may be sent to.
struct Url {
  std::string scheme;        // "http" or "https"
  std::string host;          // lower case; an IPv6 address is without its brackets
  std::uint16_t port = 0;    // the scheme's own one when the text names none
  std::string base_path;     // "" or "/a/b", never with a slash at its end
  bool is_loopback = false;  // localhost, *.localhost, 127.0.0.0/8, ::1
};

// Nothing but `http(s)://host[:port][/path]`: no userinfo, query, fragment, space or control byte.
[[nodiscard]] std::optional<Url> parse_url(std::string_view text);

// "host:port" with brackets around IPv6, fit for messages.
[[nodiscard]] std::string authority(const Url& url);

[[nodiscard]] std::string to_string(const Url& url);

}  // namespace llmtrace::net
