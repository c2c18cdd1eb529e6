#include "machine.hpp"

#include <fmt/format.h>

#include <fstream>
#include <sys/utsname.h>
#include <thread>

namespace llmtrace::bench {
namespace {

std::string processor_name() {
  std::ifstream in{"/proc/cpuinfo"};
  for (std::string line; std::getline(in, line);)
    if (line.rfind("model name", 0) == 0) return line.substr(line.find(':') + 2);
  return "unknown processor";
}

std::string compiler_name() {
#if defined(__clang__)
  return "clang++ " __clang_version__;
#else
  return "g++ " __VERSION__;
#endif
}

}  // namespace

std::string machine_line() {
  utsname system{};
  ::uname(&system);
  return fmt::format("{}, {} cores, {} {} {}, {}", processor_name(), std::thread::hardware_concurrency(),
                     system.sysname, system.release, system.machine, compiler_name());
}

}  // namespace llmtrace::bench
