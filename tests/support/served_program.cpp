#include "support/served_program.hpp"

#include <cstdlib>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

namespace llmtrace::testing_support {
namespace {

[[noreturn]] void become(std::vector<std::string>& command, int output) {
  ::dup2(output, STDOUT_FILENO);
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (std::string& argument : command) arguments.push_back(argument.data());
  arguments.push_back(nullptr);
  ::execv(arguments[0], arguments.data());
  ::_exit(127);
}

// Up to the last line of the greeting.
std::string read_greeting(int descriptor) {
  std::string text;
  char byte = 0;
  while (text.find("Ctrl-C\n") == std::string::npos && ::read(descriptor, &byte, 1) == 1) text += byte;
  return text;
}

}  // namespace

ServedProgram::ServedProgram(std::vector<std::string> command) {
  int ends[2];
  if (::pipe(ends) != 0) throw std::runtime_error{"pipe"};
  child_ = ::fork();
  if (child_ == 0) {
    ::close(ends[0]);
    become(command, ends[1]);
  }
  ::close(ends[1]);
  greeting_ = read_greeting(ends[0]);
  ::close(ends[0]);
  const auto at = greeting_.find("http://localhost:");
  if (at == std::string::npos) {
    end(SIGKILL);
    throw std::runtime_error{"the server did not start: " + greeting_};
  }
  port_ = static_cast<std::uint16_t>(std::atoi(greeting_.c_str() + at + 17));
}

ServedProgram::~ServedProgram() { end(SIGKILL); }

int ServedProgram::end(int signal) {
  if (child_ <= 0) return -1;
  ::kill(child_, signal);
  int status = 0;
  ::waitpid(child_, &status, 0);
  child_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace llmtrace::testing_support
