#pragma once

#include <csignal>

namespace llmtrace::net {

// Keeps a SIGPIPE that a write of this thread raises away from the host, without touching the
// process-wide disposition. The worker blocks all signals anyway; this is for closing connections,
// which may happen on a host thread after the worker has been joined.
class SigpipeBlock {
 public:
  SigpipeBlock() noexcept;
  ~SigpipeBlock();
  SigpipeBlock(const SigpipeBlock&) = delete;
  SigpipeBlock& operator=(const SigpipeBlock&) = delete;

 private:
  sigset_t previous_{};
  bool was_pending_ = false;
};

}  // namespace llmtrace::net
