// Prints what a program can see of how it was started, so that two ways to start it can be compared.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <string>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

void print_arguments(int count, char** arguments) {
  for (int i = 1; i < count; ++i) std::printf("argument %s\n", arguments[i]);
}

void print_descriptors() {
  for (int descriptor = 0; descriptor < 1024; ++descriptor)
    if (::fcntl(descriptor, F_GETFD) >= 0) std::printf("descriptor %d\n", descriptor);
  const int next = ::open("/dev/null", O_RDONLY);
  std::printf("next %d\n", next);
  ::close(next);
}

void print_signals() {
  sigset_t blocked{};
  ::sigprocmask(SIG_SETMASK, nullptr, &blocked);
  for (int signal = 1; signal < NSIG; ++signal) {
    struct sigaction action {};
    if (::sigaction(signal, nullptr, &action) != 0) continue;
    if (action.sa_handler == SIG_IGN) std::printf("ignores %d\n", signal);
    if (sigismember(&blocked, signal) == 1) std::printf("blocks %d\n", signal);
  }
}

void print_rest() {
  const mode_t mask = ::umask(0);
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  char folder[4096];
  std::printf("umask %o\nfiles %llu\nfolder %s\ngroup is that of the starter %d\n", mask,
              static_cast<unsigned long long>(files.rlim_cur), ::getcwd(folder, sizeof folder),
              ::getpgrp() == std::atoi(std::getenv("STARTER_GROUP")));
}

void print_input() {
  char line[256];
  while (std::fgets(line, sizeof line, stdin) != nullptr) std::printf("input %s", line);
}

}  // namespace

int main(int count, char** arguments) {
  print_arguments(count, arguments);
  print_descriptors();
  print_signals();
  print_rest();
  print_input();
  std::fputs("to stderr\n", stderr);
  return 42;
}
