#pragma once

namespace llmtrace::net {

// Lets glibc's resolver read its variables (LOCALDOMAIN, RES_OPTIONS, RESOLV_*) now, on the thread
// that initializes: it reads them at the first lookup, which would be the worker's, while the host
// may be calling `setenv`. Call it at init when the service is named by a host name. It looks up
// `localhost`, which is answered without the network. Only an edited resolv.conf makes the resolver
// read them again.
void set_up_resolver() noexcept;

}  // namespace llmtrace::net
