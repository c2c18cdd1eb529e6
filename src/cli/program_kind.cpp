#include "cli/program_kind.hpp"

#include "cli/elf_file.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <vector>

namespace llmtrace::cli {
namespace {

constexpr int most_interpreters = 5;

bool is_executable(const std::string& path) {
  struct stat facts {};
  return ::stat(path.c_str(), &facts) == 0 && S_ISREG(facts.st_mode) && ::access(path.c_str(), X_OK) == 0;
}

// The loader drops LD_PRELOAD where a program gains rights by being started.
bool gains_rights(const std::string& path) {
  struct stat facts {};
  if (::stat(path.c_str(), &facts) != 0) return false;
  if ((facts.st_mode & S_ISUID) != 0 && facts.st_uid != ::geteuid()) return true;
  if ((facts.st_mode & S_ISGID) != 0 && (facts.st_mode & S_IXGRP) != 0 && facts.st_gid != ::getegid())
    return true;
  return ::geteuid() != 0 && ::getxattr(path.c_str(), "security.capability", nullptr, 0) > 0;
}

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream text{line};
  std::vector<std::string> words;
  for (std::string word; text >> word;) words.push_back(word);
  return words;
}

std::string first_line(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  std::string line(256, '\0');
  file.read(line.data(), static_cast<std::streamsize>(line.size()));
  line.resize(static_cast<std::size_t>(file.gcount()));
  return line.substr(0, line.find('\n'));
}

std::string base_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// What `#!/usr/bin/env [-S] [options and variables] name` starts.
std::string program_of_env(const std::vector<std::string>& words) {
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (words[i].front() == '-' || words[i].find('=') != std::string::npos) continue;
    return find_program(words[i]).value_or("");
  }
  return {};
}

// Empty when the file is no script.
std::string interpreter_of(const std::string& path) {
  const std::string line = first_line(path);
  if (line.rfind("#!", 0) != 0) return {};
  const auto words = words_of(line.substr(2));
  if (words.empty()) return {};
  return base_of(words[0]) == "env" ? program_of_env(words) : words[0];
}

ProgramKind not_traceable(std::string reason) { return {false, std::move(reason)}; }

ProgramKind kind_of_binary(const std::string& path) {
  const auto file = ElfFile::read(path);
  if (!file) return {};  // a script without a first line, say: the shell runs it
  const auto self = ElfFile::read("/proc/self/exe");
  if (self && !file->same_machine(*self)) return not_traceable("it is made for another machine");
  if (file->loader().empty()) return not_traceable("it is statically linked");
  if (self && base_of(file->loader()) != base_of(self->loader()))
    return not_traceable("it uses another C library");
  if (file->is_go()) return not_traceable("it is a Go program, which does not use libcurl");
  return {};
}

}  // namespace

std::optional<std::string> find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) return is_executable(name) ? std::optional{name} : std::nullopt;
  const char* path = std::getenv("PATH");
  std::istringstream folders{path != nullptr ? path : "/bin:/usr/bin"};
  for (std::string folder; std::getline(folders, folder, ':');) {
    std::string candidate = (folder.empty() ? "." : folder) + "/" + name;
    if (is_executable(candidate)) return candidate;
  }
  return std::nullopt;
}

ProgramKind kind_of_program(const std::string& path) {
  std::string current = path;
  for (int i = 0; i < most_interpreters; ++i) {
    // Of a script the system takes no rights over.
    const std::string interpreter = interpreter_of(current);
    if (interpreter.empty()) {
      if (gains_rights(current)) return not_traceable("it is started with rights of its own (setuid)");
      return kind_of_binary(current);
    }
    current = interpreter;
  }
  return {};
}

}  // namespace llmtrace::cli
