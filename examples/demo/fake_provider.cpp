// A provider of LLM answers that needs no key, no network and no model: for demonstrations and tests.
//
//   fake_provider [--port N] [--until-stdin-closes]
//
// It prints "listening on http://127.0.0.1:PORT" and answers until SIGTERM or SIGINT comes. replies.hpp says
// what it answers, behaviour.hpp how it can be made to misbehave.
#include "server.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <poll.h>
#include <string_view>
#include <sys/signalfd.h>
#include <unistd.h>

namespace {

struct Options {
  std::uint16_t port = 0;
  bool until_stdin_closes = false;
};

[[noreturn]] void refuse() {
  std::fputs("usage: fake_provider [--port N] [--until-stdin-closes]\n", stderr);
  std::exit(2);
}

Options read_options(int count, char** arguments) {
  Options options;
  for (int i = 1; i < count; ++i) {
    const std::string_view argument = arguments[i];
    if (argument == "--until-stdin-closes") {
      options.until_stdin_closes = true;
    } else if (argument == "--port" && i + 1 < count) {
      char* end = nullptr;
      const long port = std::strtol(arguments[++i], &end, 10);
      if (*end != '\0' || port < 0 || port > 65535) refuse();
      options.port = static_cast<std::uint16_t>(port);
    } else {
      refuse();
    }
  }
  return options;
}

// Blocked in all threads, since these inherit it; read from a descriptor instead.
int stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return ::signalfd(-1, &signals, SFD_CLOEXEC);
}

bool stdin_has_closed() {
  char ignored[256];
  return ::read(STDIN_FILENO, ignored, sizeof ignored) <= 0;
}

void serve_until_stopped(fake_provider::Server& server, int signals, bool watch_stdin) {
  pollfd waits[] = {
      {server.listener(), POLLIN, 0}, {signals, POLLIN, 0}, {watch_stdin ? STDIN_FILENO : -1, POLLIN, 0}};
  for (;;) {
    if (::poll(waits, 3, -1) < 0) continue;
    if (waits[1].revents != 0) return;
    if (waits[2].revents != 0 && stdin_has_closed()) return;
    if (waits[0].revents != 0) server.accept_one();
  }
}

}  // namespace

int main(int count, char** arguments) try {
  const Options options = read_options(count, arguments);
  const int signals = stop_signals();
  fake_provider::Server server{options.port};
  std::printf("listening on http://127.0.0.1:%u\n", static_cast<unsigned>(server.port()));
  std::fflush(stdout);
  serve_until_stopped(server, signals, options.until_stdin_closes);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "fake_provider: %s\n", error.what());
  return 1;
}
