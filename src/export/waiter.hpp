// What a lane sleeps on: the HTTP loop when it has requests to run, else a plain event.
#pragma once

#include "net/http_loop.hpp"
#include "net/own_descriptors.hpp"
#include "net/wake_event.hpp"

#include <chrono>
#include <memory>

namespace llmtrace::exporting {

class Waiter {
 public:
  virtual ~Waiter() = default;
  [[nodiscard]] virtual bool valid() const noexcept = 0;
  // Until woken, until something of its own happens, or for that long. The lane's thread.
  virtual void wait(std::chrono::milliseconds at_most) noexcept = 0;
  // Any thread; neither locks nor allocates.
  virtual void wake() noexcept = 0;
  // The lane's thread has begun.
  virtual void enter() noexcept = 0;
  virtual void set_deadline(std::chrono::steady_clock::time_point) noexcept {}
};

class EventWaiter final : public Waiter {
 public:
  [[nodiscard]] bool valid() const noexcept override { return event_.valid(); }
  void wait(std::chrono::milliseconds at_most) noexcept override;
  void wake() noexcept override { event_.raise(); }
  void enter() noexcept override { net::leave_descriptors_of_host(event_.descriptor()); }

 private:
  net::WakeEvent event_;
};

class HttpWaiter final : public Waiter {
 public:
  explicit HttpWaiter(std::unique_ptr<net::HttpLoop> loop) noexcept : loop_{std::move(loop)} {}
  [[nodiscard]] net::HttpLoop& loop() noexcept { return *loop_; }

  [[nodiscard]] bool valid() const noexcept override { return loop_ != nullptr; }
  void wait(std::chrono::milliseconds at_most) noexcept override { loop_->poll(at_most); }
  void wake() noexcept override { loop_->wake(); }
  void enter() noexcept override { loop_->enter_thread(); }
  void set_deadline(std::chrono::steady_clock::time_point deadline) noexcept override {
    loop_->set_deadline(deadline);
  }

 private:
  std::unique_ptr<net::HttpLoop> loop_;
};

}  // namespace llmtrace::exporting
