#include "integration/run_program.hpp"

#include "support/temporary_directory.hpp"

#include <cstdlib>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace llmtrace::testing_support {
namespace {

void send_to_file(int descriptor, const std::string& path) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (file < 0 || ::dup2(file, descriptor) < 0) ::_exit(126);
  ::close(file);
}

[[noreturn]] void become(const std::vector<std::string>& command,
                         const std::vector<std::pair<std::string, std::string>>& environment) {
  for (const auto& [name, value] : environment) ::setenv(name.c_str(), value.c_str(), 1);
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  ::execv(arguments[0], arguments.data());
  ::_exit(127);
}

}  // namespace

ProgramRun run_program(const std::vector<std::string>& command,
                       const std::vector<std::pair<std::string, std::string>>& environment) {
  const TemporaryDirectory directory;
  const pid_t child = ::fork();
  if (child == 0) {
    send_to_file(STDOUT_FILENO, directory.file("output"));
    send_to_file(STDERR_FILENO, directory.file("errors"));
    become(command, environment);
  }
  ProgramRun run;
  int status = 0;
  if (child > 0 && ::waitpid(child, &status, 0) == child && WIFEXITED(status))
    run.exit_code = WEXITSTATUS(status);
  run.output = contents(directory.file("output"));
  run.errors = contents(directory.file("errors"));
  return run;
}

}  // namespace llmtrace::testing_support
