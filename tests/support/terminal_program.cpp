#include "support/terminal_program.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <stdexcept>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace llmtrace::testing_support {
namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void become(const std::vector<std::string>& command, const char* terminal) {
  ::setsid();
  const int slave = ::open(terminal, O_RDWR);
  ::ioctl(slave, TIOCSCTTY, 0);
  winsize size{};
  size.ws_row = 50;
  size.ws_col = 160;
  ::ioctl(slave, TIOCSWINSZ, &size);
  for (int descriptor = 0; descriptor <= 2; ++descriptor) ::dup2(slave, descriptor);
  if (slave > 2) ::close(slave);
  std::vector<char*> arguments;
  for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  ::execv(arguments[0], arguments.data());
  ::_exit(127);
}

}  // namespace

TerminalProgram::TerminalProgram(const std::vector<std::string>& command,
                                 const std::vector<std::pair<std::string, std::string>>& environment) {
  terminal_ = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (terminal_ < 0 || ::grantpt(terminal_) != 0 || ::unlockpt(terminal_) != 0)
    throw std::runtime_error{"no terminal to be had"};
  char name[128];
  if (::ptsname_r(terminal_, name, sizeof name) != 0) throw std::runtime_error{"a terminal without a name"};
  child_ = ::fork();
  if (child_ == 0) {
    for (const auto& [variable, value] : environment) ::setenv(variable.c_str(), value.c_str(), 1);
    become(command, name);
  }
}

TerminalProgram::~TerminalProgram() {
  if (child_ > 0) {
    ::kill(-child_, SIGKILL);  // with all that it has started
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }
  ::close(terminal_);
}

bool TerminalProgram::read_some(Clock::time_point deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
  pollfd wait{terminal_, POLLIN, 0};
  if (::poll(&wait, 1, static_cast<int>(std::max<std::int64_t>(left, 0))) <= 0) return false;
  char bytes[4096];
  const ssize_t count = ::read(terminal_, bytes, sizeof bytes);
  if (count <= 0) return false;  // EIO: nobody has the other end any more
  shown_.append(bytes, static_cast<std::size_t>(count));
  return true;
}

bool TerminalProgram::shows(const std::string& text, std::chrono::seconds patience) {
  const auto deadline = Clock::now() + patience;
  for (;;) {
    const auto at = shown_.find(text, looked_at_);
    if (at != std::string::npos) {
      looked_at_ = at + text.size();
      return true;
    }
    if (!read_some(deadline)) return false;
  }
}

void TerminalProgram::type(const std::string& keys) const {
  if (::write(terminal_, keys.data(), keys.size()) != static_cast<ssize_t>(keys.size()))
    throw std::runtime_error{"the terminal takes no keys"};
}

int TerminalProgram::wait(std::chrono::seconds patience) {
  const auto deadline = Clock::now() + patience;
  while (read_some(deadline)) {
  }
  int status = 0;
  while (::waitpid(child_, &status, WNOHANG) == 0) {
    if (Clock::now() >= deadline) return -1;
    ::poll(nullptr, 0, 5);
  }
  child_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace llmtrace::testing_support
