// Calls that wait are cancellation points, and unwinding must not start in code that promises not to throw: a
// thread that is cancelled meanwhile is so right after.
#pragma once

#include <pthread.h>

namespace llmtrace::runtime {

class NoCancel {
 public:
  NoCancel() noexcept { ::pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &previous_); }
  ~NoCancel() { ::pthread_setcancelstate(previous_, nullptr); }
  NoCancel(const NoCancel&) = delete;
  NoCancel& operator=(const NoCancel&) = delete;

 private:
  int previous_ = 0;
};

}  // namespace llmtrace::runtime
