// Counts interrupts, and says for each line of its input how many there were.
#include <csignal>
#include <cstdio>
#include <cstring>
#include <unistd.h>

namespace {

volatile std::sig_atomic_t interrupts = 0;

void count(int) { interrupts = interrupts + 1; }

}  // namespace

int main() {
  struct sigaction action {};
  action.sa_handler = &count;
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGINT, &action, nullptr);
  if (::isatty(STDIN_FILENO) == 1) std::puts("ready");
  std::fflush(stdout);
  char line[256];
  while (std::fgets(line, sizeof line, stdin) != nullptr) {
    line[std::strcspn(line, "\n")] = '\0';
    std::printf("got %d of %s\n", static_cast<int>(interrupts), line);
    std::fflush(stdout);
  }
}
