// Generators of C++20: a function that yields, a client that yields, one trace with one llm span.
#include <llmtrace/coroutine.hpp>
#include <llmtrace/llmtrace.hpp>

#include <coroutine>
#include <cstdio>
#include <exception>
#include <string>
#include <utility>

// Stands for the generator of your choice; std::generator where the library has it.
class Words {
 public:
  struct promise_type {
    std::string word;
    Words get_return_object() { return Words{std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    std::suspend_always yield_value(std::string next) {
      return word = std::move(next), std::suspend_always{};
    }
    void return_void() {}
    void unhandled_exception() { throw; }
  };
  struct End {};
  struct Iterator {
    std::coroutine_handle<promise_type> at;
    const std::string& operator*() const { return at.promise().word; }
    Iterator& operator++() { return at.resume(), *this; }
    bool operator==(End) const { return at.done(); }
  };
  Words(Words&& other) noexcept : handle_{std::exchange(other.handle_, nullptr)} {}
  ~Words() {
    if (handle_) handle_.destroy();
  }
  Iterator begin() { return handle_.resume(), Iterator{handle_}; }
  End end() const { return {}; }

 private:
  explicit Words(std::coroutine_handle<promise_type> handle) : handle_{handle} {}
  std::coroutine_handle<promise_type> handle_;
};

Words complete(std::string question) {  // stands for the provider's library
  co_yield "About ";
  co_yield question;
}

Words say_hi(std::string name) {
  llmtrace::StreamOptions client;
  client.name = "gpt-4o-mini-call";
  client.model = "gpt-4o-mini";
  client.provider = "openai";
  Words reply = llmtrace::trace_generator(client, complete(name));
  for (const std::string& word : reply) co_yield word;
  co_yield "!";
}

int main() {
  using namespace llmtrace;
  auto tracing = Tracer::init({.project = "generators"});
  TraceScope trace{"greeting"};
  const auto hi = traced_generator({.name = "say_hi", .kind = SpanKind::function}, &say_hi);
  for (const std::string& word : hi("Ada")) std::fputs(word.c_str(), stdout);
  std::puts("");
  Words dropped = hi("nobody");  // never read: its span has no word and is `cancelled`
}
