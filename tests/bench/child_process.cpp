#include "child_process.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <spawn.h>
#include <stdexcept>
#include <sys/resource.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace llmtrace::bench {
namespace {

struct Pipe {
  int read_end = -1;
  int write_end = -1;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  return {ends[0], ends[1]};
}

std::vector<char*> argument_pointers(const ChildProcess::Command& command) {
  std::vector<char*> pointers;
  for (const std::string& argument : command) pointers.push_back(const_cast<char*>(argument.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

ChildProcess::ChildProcess(const Command& command) {
  const Pipe input = make_pipe();
  const Pipe output = make_pipe();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input.read_end, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output.write_end, STDOUT_FILENO);
  const int error = ::posix_spawnp(&process_, command[0].c_str(), &actions, nullptr,
                                   argument_pointers(command).data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(input.read_end);
  ::close(output.write_end);
  input_ = input.write_end;
  output_ = output.read_end;
  if (error == 0) return;
  process_ = -1;
  close_input();
  ::close(output_);
  throw std::system_error(error, std::generic_category(), command[0]);
}

ChildProcess::~ChildProcess() {
  close_input();
  ::close(output_);
  if (process_ < 0) return;
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
}

void ChildProcess::close_input() noexcept {
  if (input_ >= 0) ::close(std::exchange(input_, -1));
}

bool ChildProcess::read_more() {
  std::array<char, 4096> buffer{};
  ssize_t got = 0;
  do {
    got = ::read(output_, buffer.data(), buffer.size());
  } while (got < 0 && errno == EINTR);
  if (got > 0) unread_.append(buffer.data(), static_cast<std::size_t>(got));
  return got > 0;
}

std::string ChildProcess::read_line() {
  std::size_t end = 0;
  while ((end = unread_.find('\n')) == std::string::npos)
    if (!read_more()) throw std::runtime_error("a child process ended too early");
  std::string line = unread_.substr(0, end);
  unread_.erase(0, end + 1);
  return line;
}

Finished ChildProcess::wait() {
  close_input();
  while (read_more()) {
  }
  Finished finished;
  rusage usage{};
  while (::wait4(process_, &finished.status, 0, &usage) < 0 && errno == EINTR) {
  }
  process_ = -1;
  finished.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  finished.output = std::move(unread_);
  return finished;
}

ChildProcess::Command self_as(std::string_view role, const std::vector<std::string>& arguments) {
  ChildProcess::Command command{std::filesystem::read_symlink("/proc/self/exe").string(), "--as",
                                std::string{role}};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return command;
}

Finished run(const ChildProcess::Command& command) {
  Finished finished = ChildProcess{command}.wait();
  if (finished.status != 0) throw std::runtime_error(command[0] + " failed");
  return finished;
}

}  // namespace llmtrace::bench
