#include "net/resolver_setup.hpp"

#include <memory>
#include <netdb.h>
#include <resolv.h>

namespace llmtrace::net {
namespace {

struct AddressListCloser {
  void operator()(addrinfo* list) const noexcept { freeaddrinfo(list); }
};

}  // namespace

void set_up_resolver() noexcept {
  struct __res_state state {};
  if (res_ninit(&state) == 0) res_nclose(&state);
  addrinfo* list = nullptr;
  static_cast<void>(getaddrinfo("localhost", nullptr, nullptr, &list));
  const std::unique_ptr<addrinfo, AddressListCloser> closer(list);
}

}  // namespace llmtrace::net
