#pragma once

namespace llmtrace::net {

// Initializes curl and its TLS library, once per process and from any thread; false when they
// refuse. They register their own atexit handlers here, so a caller that joins the worker at exit
// registers its handler afterwards: handlers run in reverse, and the worker must end first.
[[nodiscard]] bool global_init() noexcept;

}  // namespace llmtrace::net
