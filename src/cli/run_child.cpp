#include "cli/run_child.hpp"

#include "cli/options.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace llmtrace::cli {
namespace {

// All that can be passed on. Those that come from our own mistakes stay ours.
bool passes(int signal) {
  switch (signal) {
    case SIGKILL:
    case SIGSTOP:
    case SIGSEGV:
    case SIGBUS:
    case SIGFPE:
    case SIGILL:
    case SIGTRAP:
    case SIGSYS: return false;
    default: return signal < SIGSYS + 1 || (signal >= SIGRTMIN && signal <= SIGRTMAX);
  }
}

// Takes all signals for us, as the child's parent, and knows what they were for the child.
class Signals {
 public:
  Signals() {
    sigemptyset(&waited_);
    for (int signal = 1; signal < _NSIG; ++signal)
      if (passes(signal)) sigaddset(&waited_, signal);
    ::sigprocmask(SIG_BLOCK, &waited_, &mask_before_);
    // One that is ignored would not even be waited for.
    struct sigaction usual {};
    usual.sa_handler = SIG_DFL;
    for (int signal = 1; signal < _NSIG; ++signal)
      if (passes(signal)) ::sigaction(signal, &usual, &before_[static_cast<std::size_t>(signal)]);
  }
  // In the child: a program inherits which signals are ignored or blocked.
  void restore() const {
    for (int signal = 1; signal < _NSIG; ++signal)
      if (passes(signal)) ::sigaction(signal, &before_[static_cast<std::size_t>(signal)], nullptr);
    ::sigprocmask(SIG_SETMASK, &mask_before_, nullptr);
  }
  [[nodiscard]] siginfo_t next() const {
    siginfo_t info{};
    while (::sigwaitinfo(&waited_, &info) < 0) {
    }
    return info;
  }

 private:
  sigset_t waited_{};
  sigset_t mask_before_{};
  std::array<struct sigaction, _NSIG> before_{};
};

// Tells of a program that could not be started: it closes when the program begins.
class StartPipe {
 public:
  StartPipe() {
    if (::pipe2(ends_, O_CLOEXEC) != 0) throw Failure{"cannot make a pipe"};
  }
  ~StartPipe() {
    ::close(ends_[0]);
    close_writer();
  }
  StartPipe(const StartPipe&) = delete;
  StartPipe& operator=(const StartPipe&) = delete;

  void tell(int error) const { static_cast<void>(!::write(ends_[1], &error, sizeof error)); }
  [[nodiscard]] int wait() {
    close_writer();
    int error = 0;
    ssize_t got = 0;
    do {
      got = ::read(ends_[0], &error, sizeof error);
    } while (got < 0 && errno == EINTR);
    return got == static_cast<ssize_t>(sizeof error) ? error : 0;
  }

 private:
  void close_writer() {
    if (ends_[1] >= 0) ::close(ends_[1]);
    ends_[1] = -1;
  }
  int ends_[2] = {-1, -1};
};

[[noreturn]] void become(const std::vector<std::string>& command) {
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  ::execvp(arguments[0], arguments.data());
  throw Failure{"execvp"};
}

// What the terminal sends it sends to the whole group, the child included; what the child sends to its group
// it has got itself.
bool is_for_child_too(const siginfo_t& info, pid_t child) {
  return info.si_code > 0 || (info.si_code <= 0 && info.si_pid == child);
}

void pass_on(const siginfo_t& info, pid_t child) {
  if (is_for_child_too(info, child)) return;
  if (info.si_code == SI_QUEUE) {
    ::sigqueue(child, info.si_signo, info.si_value);
  } else {
    ::kill(child, info.si_signo);
  }
}

// True when it has ended.
bool take_news(pid_t child, ChildEnd& end) {
  int status = 0;
  for (;;) {
    const pid_t which = ::waitpid(child, &status, WNOHANG | WUNTRACED);
    if (which != child) return false;
    if (WIFSTOPPED(status)) {
      ::raise(SIGSTOP);  // our parent sees a stopped program, and continues both
    } else if (WIFEXITED(status)) {
      end.exit_code = WEXITSTATUS(status);
      return true;
    } else if (WIFSIGNALED(status)) {
      end.signal = WTERMSIG(status);
      return true;
    }
  }
}

ChildEnd watch(pid_t child, const Signals& signals) {
  ChildEnd end;
  for (;;) {
    const siginfo_t info = signals.next();
    if (info.si_signo != SIGCHLD) {
      pass_on(info, child);
    } else if (take_news(child, end)) {
      return end;
    }
  }
}

}  // namespace

ChildEnd run_child(const std::vector<std::string>& command, const std::function<void()>& prepare) {
  StartPipe start;
  const Signals signals;
  const pid_t child = ::fork();
  if (child < 0) throw Failure{"cannot start a process"};
  if (child == 0) {
    try {
      prepare();
      signals.restore();
      become(command);
    } catch (...) {
      start.tell(errno);
    }
    ::_exit(127);
  }
  const int error = start.wait();
  ChildEnd end = watch(child, signals);
  end.start_error = error;
  return end;
}

void die_of_signal(int signal) {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);  // the child has left one, if any
  ::prctl(PR_SET_DUMPABLE, 0);
  std::signal(signal, SIG_DFL);
  sigset_t only{};
  sigemptyset(&only);
  sigaddset(&only, signal);
  ::raise(signal);
  ::sigprocmask(SIG_UNBLOCK, &only, nullptr);
  ::_exit(128 + signal);
}

}  // namespace llmtrace::cli
