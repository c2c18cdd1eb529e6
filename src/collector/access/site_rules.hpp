// Which requests may come here at all, whatever their key: those that name this server as their host (a page
// whose name was rebound to our address does not), and those that no other site's page has sent.
#pragma once

#include "collector/http/message.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace llmtrace::collector::access {

class SiteRules {
 public:
  // `address` is the numeric one that is listened on; `names` are further ones that the operator has given.
  SiteRules(std::string_view address, const std::vector<std::string>& names);

  [[nodiscard]] bool knows_host(std::string_view host_header) const;
  // A browser says that the request was made for another site than this one.
  [[nodiscard]] bool is_foreign(const http::RequestHead& head) const;

 private:
  std::vector<std::string> names_;
  bool any_address_ = false;
};

[[nodiscard]] bool is_loopback_address(std::string_view address);

}  // namespace llmtrace::collector::access
