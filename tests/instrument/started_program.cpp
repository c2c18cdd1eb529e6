#include "instrument/started_program.hpp"

#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <stdexcept>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace llmtrace::testing_support {
namespace {

[[noreturn]] void become(std::vector<std::string>& command, const StartedProgram::Variables& variables) {
  for (const auto& [name, value] : variables) ::setenv(name.c_str(), value.c_str(), 1);
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (std::string& argument : command) arguments.push_back(argument.data());
  arguments.push_back(nullptr);
  ::execvp(arguments[0], arguments.data());
  ::_exit(127);
}

}  // namespace

StartedProgram::StartedProgram(std::vector<std::string> command, const Variables& variables) {
  int in[2];
  int out[2];
  if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0) throw std::runtime_error{"pipe"};
  child_ = ::fork();
  if (child_ == 0) {
    ::dup2(in[0], STDIN_FILENO);
    ::dup2(out[1], STDOUT_FILENO);
    become(command, variables);
  }
  ::close(in[0]);
  ::close(out[1]);
  input_ = in[1];
  output_ = out[0];
}

StartedProgram::~StartedProgram() {
  close_input();
  ::close(output_);
  if (child_ <= 0) return;
  ::kill(child_, SIGKILL);
  ::waitpid(child_, nullptr, 0);
}

std::optional<std::string> StartedProgram::read_line() {
  std::size_t end = 0;
  while ((end = pending_.find('\n')) == std::string::npos) {
    pollfd wait{output_, POLLIN, 0};
    const auto time = std::chrono::duration_cast<std::chrono::milliseconds>(patience).count();
    if (::poll(&wait, 1, static_cast<int>(time)) <= 0) return std::nullopt;
    char bytes[512];
    const ssize_t got = ::read(output_, bytes, sizeof bytes);
    if (got <= 0) return std::nullopt;
    pending_.append(bytes, static_cast<std::size_t>(got));
  }
  std::string line = pending_.substr(0, end);
  pending_.erase(0, end + 1);
  return line;
}

void StartedProgram::close_input() {
  if (input_ >= 0) ::close(input_);
  input_ = -1;
}

void StartedProgram::send(int signal) const { ::kill(child_, signal); }

bool StartedProgram::is_running() {
  if (child_ > 0 && ::waitpid(child_, nullptr, WNOHANG) == child_) child_ = -1;
  return child_ > 0;
}

int StartedProgram::wait(int options) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  int status = 0;
  while (std::chrono::steady_clock::now() < deadline) {
    if (::waitpid(child_, &status, options | WNOHANG) == child_) {
      if (WIFEXITED(status) || WIFSIGNALED(status)) child_ = -1;
      return status;
    }
    std::this_thread::yield();
  }
  return -1;
}

}  // namespace llmtrace::testing_support
