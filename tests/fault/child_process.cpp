#include "fault/child_process.hpp"

#include "support/temporary_directory.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <fcntl.h>
#include <filesystem>
#include <poll.h>
#include <spawn.h>
#include <stdexcept>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace llmtrace::testing_support {
namespace {

std::vector<std::string> environment_with(const Variables& variables) {
  std::vector<std::string> lines;
  for (char** line = environ; *line != nullptr; ++line) {
    const std::string text{*line};
    if (variables.count(text.substr(0, text.find('='))) == 0) lines.push_back(text);
  }
  for (const auto& [name, value] : variables) lines.push_back(name + "=" + value);
  return lines;
}

std::vector<char*> pointers_to(std::vector<std::string>& lines) {
  std::vector<char*> pointers;
  for (auto& line : lines) pointers.push_back(line.data());
  pointers.push_back(nullptr);
  return pointers;
}

pid_t start(std::vector<std::string> arguments, const Variables& variables, const std::string& output,
            const std::string& errors) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output.c_str(), O_WRONLY | O_CREAT | O_APPEND,
                                   0600);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors.c_str(), O_WRONLY | O_CREAT | O_APPEND,
                                   0600);
  auto environment = environment_with(variables);
  const auto argv = pointers_to(arguments);
  const auto envp = pointers_to(environment);
  pid_t process = -1;
  const int error = posix_spawn(&process, argv[0], &actions, nullptr, argv.data(), envp.data());
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::runtime_error("cannot start " + arguments.front());
  return process;
}

bool ends_within(pid_t process, std::chrono::seconds limit) {
  const int descriptor = static_cast<int>(::syscall(SYS_pidfd_open, process, 0));
  if (descriptor < 0) throw std::runtime_error("pidfd_open");
  const auto deadline = std::chrono::steady_clock::now() + limit;
  pollfd polled{descriptor, POLLIN, 0};
  int ready = 0;
  do {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    ready = ::poll(&polled, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
  } while (ready < 0 && errno == EINTR);
  ::close(descriptor);
  return ready == 1;
}

}  // namespace

Ended run_program(const std::vector<std::string>& arguments, const Variables& variables,
                  std::chrono::seconds limit) {
  const TemporaryDirectory files;
  const pid_t process = start(arguments, variables, files.file("output"), files.file("errors"));
  Ended ended;
  ended.timed_out = !ends_within(process, limit);
  ended.ended_at = monotonic_now();
  if (ended.timed_out) ::kill(process, SIGKILL);
  int status = 0;
  ::waitpid(process, &status, 0);
  if (WIFEXITED(status)) ended.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) ended.signal = WTERMSIG(status);
  ended.output = contents(files.file("output"));
  ended.errors = contents(files.file("errors"));
  return ended;
}

Ended run_host(std::vector<std::string> arguments, const Variables& variables, std::chrono::seconds limit) {
  arguments.insert(arguments.begin(), beside_this_program("llmtrace_fault_host"));
  return run_program(arguments, variables, limit);
}

Ended run_loader(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), beside_this_program("llmtrace_fault_loader"));
  return run_program(arguments);
}

std::int64_t Ended::number(const std::string& name) const {
  const std::string wanted = name + "=";
  std::size_t at = output.rfind("\n" + wanted);
  if (at == std::string::npos) {
    if (output.compare(0, wanted.size(), wanted) != 0) return -1;
    at = 0;
  } else {
    ++at;
  }
  return std::atoll(output.c_str() + at + wanted.size());
}

std::string Ended::story() const {
  return "exit code " + std::to_string(exit_code) + ", signal " + std::to_string(signal) +
         (timed_out ? ", timed out" : "") + "\n--- output\n" + output + "--- errors\n" + errors + "---";
}

std::string beside_this_program(const std::string& name) {
  return (std::filesystem::read_symlink("/proc/self/exe").parent_path() / name).string();
}

bool is_long_run() {
  const char* asked = std::getenv("LLMTRACE_LONG");
  return asked != nullptr && *asked != '\0' && std::string{asked} != "0";
}

std::int64_t monotonic_now() {
  timespec at{};
  clock_gettime(CLOCK_MONOTONIC, &at);
  return static_cast<std::int64_t>(at.tv_sec) * 1'000'000'000 + at.tv_nsec;
}

}  // namespace llmtrace::testing_support
