// The coroutine types that a program of 2020s C++ brings along: a generator, and a task that is resumed by
// whoever has what it waits for.
#pragma once

#include <coroutine>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

namespace llmtrace::testing_support {

// Lazy, movable, an input range; what it yields is copied into its frame.
template <class T>
class Generator {
 public:
  struct promise_type {
    std::optional<T> value;
    std::exception_ptr error;

    Generator get_return_object() { return Generator{Handle::from_promise(*this)}; }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    std::suspend_always yield_value(T given) {
      value.emplace(std::move(given));
      return {};
    }
    void return_void() {}
    void unhandled_exception() { error = std::current_exception(); }
    void rethrow() {
      if (error) std::rethrow_exception(std::exchange(error, nullptr));
    }
  };
  using Handle = std::coroutine_handle<promise_type>;

  struct Sentinel {};
  class Iterator {
   public:
    explicit Iterator(Handle handle) : handle_{handle} {}
    Iterator(Iterator&&) = default;
    Iterator& operator=(Iterator&&) = default;
    T& operator*() const { return *handle_.promise().value; }
    Iterator& operator++() {
      handle_.resume();
      handle_.promise().rethrow();
      return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(Sentinel) const { return handle_.done(); }

   private:
    Handle handle_;
  };

  Generator(Generator&& other) noexcept : handle_{std::exchange(other.handle_, nullptr)} {}
  Generator& operator=(Generator other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Generator() {
    if (handle_) handle_.destroy();
  }

  Iterator begin() {
    handle_.resume();
    handle_.promise().rethrow();
    return Iterator{handle_};
  }
  Sentinel end() const noexcept { return {}; }

 private:
  explicit Generator(Handle handle) : handle_{handle} {}
  Handle handle_;
};

// Starts at once, is dropped with its object.
template <class T>
class Task {
 public:
  struct promise_type {
    std::optional<T> value;
    std::exception_ptr error;
    std::coroutine_handle<> waiting;

    Task get_return_object() { return Task{Handle::from_promise(*this)}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    auto final_suspend() noexcept {
      struct Continue {
        bool await_ready() noexcept { return false; }
        std::coroutine_handle<> await_suspend(Handle ended) noexcept {
          const auto next = ended.promise().waiting;
          return next ? next : std::noop_coroutine();
        }
        void await_resume() noexcept {}
      };
      return Continue{};
    }
    void return_value(T given) { value.emplace(std::move(given)); }
    void unhandled_exception() { error = std::current_exception(); }
  };
  using Handle = std::coroutine_handle<promise_type>;

  Task(Task&& other) noexcept : handle_{std::exchange(other.handle_, nullptr)} {}
  Task& operator=(Task&&) = delete;
  ~Task() {
    if (handle_) handle_.destroy();
  }

  [[nodiscard]] bool done() const { return handle_.done(); }
  T get() {
    if (handle_.promise().error) std::rethrow_exception(handle_.promise().error);
    return std::move(*handle_.promise().value);
  }
  bool await_ready() const noexcept { return handle_.done(); }
  void await_suspend(std::coroutine_handle<> waiting) noexcept { handle_.promise().waiting = waiting; }
  T await_resume() { return get(); }

 private:
  explicit Task(Handle handle) : handle_{handle} {}
  Handle handle_;
};

// Something that comes later, by whoever calls arrive().
template <class T>
class Later {
 public:
  bool await_ready() const noexcept { return value_.has_value(); }
  void await_suspend(std::coroutine_handle<> waiting) noexcept { waiting_ = waiting; }
  T await_resume() {
    if (error_) std::rethrow_exception(error_);
    return std::move(*value_);
  }
  void arrive(T value) {
    value_.emplace(std::move(value));
    if (waiting_) std::exchange(waiting_, nullptr).resume();
  }
  void fail(std::exception_ptr error) {
    error_ = std::move(error);
    if (waiting_) std::exchange(waiting_, nullptr).resume();
  }

 private:
  std::optional<T> value_;
  std::exception_ptr error_;
  std::coroutine_handle<> waiting_;
};

}  // namespace llmtrace::testing_support
