// What the system gives and takes: signals, file sizes, name servers, memory for many threads.
#include "fault/books_text.hpp"
#include "fault/child_process.hpp"
#include "fault/host/scenarios.hpp"
#include "fault/numbered_spans.hpp"
#include "support/temporary_directory.hpp"
#include <llmtrace/testing.hpp>

#include <arpa/inet.h>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <map>
#include <net/if.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace llmtrace::fault_host {
namespace {

using namespace std::chrono_literals;
using namespace testing_support;

std::string field_of(const std::string& file, const std::string& name) {
  std::istringstream lines{contents(file)};
  for (std::string line; std::getline(lines, line);)
    if (line.rfind(name, 0) == 0) return line.substr(name.size());
  return {};
}

// Each thread of ours must leave all signals to the host: prints what the threads named llmtrace do not
// block.
int signals_are_blocked(const Arguments& arguments) {
  Options options = options_for(arguments.url());
  options.exporters = {std::make_shared<MemoryExporter>()};
  const auto guard = Tracer::init(options);
  trace_numbers(0, 10);
  Tracer::get().flush(10s);
  int workers = 0;
  std::uint64_t unblocked = 0;
  for (const auto& task : std::filesystem::directory_iterator{"/proc/self/task"}) {
    const std::string status = task.path() / "status";
    if (field_of(status, "Name:\t") != "llmtrace") continue;
    ++workers;
    const std::uint64_t blocked = std::stoull(field_of(status, "SigBlk:\t"), nullptr, 16);
    // Bit n is signal n + 1. KILL and STOP cannot be blocked; 32 and 33 are the C library's own.
    for (int signal = 1; signal <= 64; ++signal)
      if (signal != SIGKILL && signal != SIGSTOP && signal != 32 && signal != 33 &&
          ((blocked >> (signal - 1)) & 1) == 0)
        unblocked |= std::uint64_t{1} << (signal - 1);
  }
  print_number("workers", workers);
  print_number("unblocked", static_cast<std::int64_t>(unblocked));
  sigset_t own;
  pthread_sigmask(SIG_SETMASK, nullptr, &own);
  print_number("own_mask_is_empty", sigisemptyset(&own));
  const bool clean = Tracer::get().close(10s);
  print_books(Tracer::get().stats());
  return clean ? 0 : 1;
}

// path: the file may not grow beyond 64 KiB, and SIGXFSZ, which would end the process, keeps its default.
int file_size_limit(const Arguments& arguments) {
  const rlimit limit{64u << 10, RLIM_INFINITY};
  ::setrlimit(RLIMIT_FSIZE, &limit);
  Options options = options_for("");
  options.exporter = "file:" + arguments.word(0);
  int warnings = 0;
  options.on_error = [&warnings](const Diagnostic&) { ++warnings; };
  const auto guard = Tracer::init(options);
  for (int i = 0; i < 50; ++i) {
    trace_numbers(i * 20, 20);
    Tracer::get().flush(10s);
  }
  Tracer::get().close(10s);
  print_number("warnings", warnings);
  print_books(Tracer::get().stats());
  return 0;
}

std::int64_t open_descriptors() {
  return std::distance(std::filesystem::directory_iterator{"/proc/self/fd"}, {});
}

// url, tracers: one after the other sends a span to the service and to a file.
int descriptors_of_closed_tracers(const Arguments& arguments) {
  const TemporaryDirectory directory;
  Options options = options_for(arguments.url());
  options.exporter = "http,file:" + directory.file("spans.jsonl");
  std::int64_t before = 0;
  for (int i = 0; i < arguments.number(1); ++i) {
    Tracer tracer{options};
    trace_number(tracer, i);
    if (!tracer.close(20s)) return 1;
    print_books(tracer.stats());
    if (i == 0) before = open_descriptors();
  }
  print_number("leaked_descriptors", open_descriptors() - before);
  return 0;
}

// threads in all, threads at a time: prints the memory after the first tenth and at the end, in KiB.
int many_threads(const Arguments& arguments) {
  const int all = arguments.number(1);
  const int at_a_time = arguments.number(2);
  Options options = options_for(arguments.url());
  options.limits.memory = 4u << 20;  // what the journal holds at a moment is no part of what threads leave
  const auto guard = Tracer::init(options);
  const auto resident = [] { return std::stoll(field_of("/proc/self/status", "VmRSS:")); };
  std::int64_t early = 0;
  for (int done = 0; done < all; done += at_a_time) {
    std::vector<std::thread> threads;
    for (int t = done; t < done + at_a_time; ++t) threads.emplace_back([t] { trace_numbers(t * 10, 10); });
    for (auto& thread : threads) thread.join();
    if (!Tracer::get().flush(30s)) return 1;
    if (early == 0 && done + at_a_time >= all / 10) early = resident();
  }
  print_number("early_kib", early);
  print_number("late_kib", resident());
  const bool clean = Tracer::get().close(30s);
  print_books(Tracer::get().stats());
  return clean ? 0 : 2;
}

// --- a name server that never answers

bool bring_up_loopback() {
  const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  const bool up = ::ioctl(socket, SIOCSIFFLAGS, &request) == 0;
  ::close(socket);
  return up;
}

// Takes questions, and keeps them.
bool listen_silently() {
  const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(53);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return ::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
}

bool cover(const char* path, const std::string& with) {
  return ::mount(with.c_str(), path, nullptr, MS_BIND, nullptr) == 0;
}

// In a network and with files of its own, so that the machine's stay as they are.
bool isolate(const TemporaryDirectory& files) {
  if (::unshare(CLONE_NEWNET | CLONE_NEWNS) != 0 || !bring_up_loopback()) return false;
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return false;
  std::ofstream{files.file("resolv.conf")} << "nameserver 127.0.0.1\n";
  std::ofstream{files.file("nsswitch.conf")} << "hosts: files dns\n";
  return cover("/etc/resolv.conf", files.file("resolv.conf")) &&
         cover("/etc/nsswitch.conf", files.file("nsswitch.conf")) && listen_silently();
}

int name_server_never_answers(const Arguments& arguments) {
  const TemporaryDirectory files;
  if (!isolate(files)) return cannot_play;
  std::atexit([] { print_books(Tracer::get().stats()); });
  Options options = options_for("http://service.example:8001");
  options.allow_plain_http = true;
  options.api_key = "project-fault";
  static auto guard = Tracer::init(options);
  trace_numbers(0, 20);
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds{arguments.number(0)};
  while (std::chrono::steady_clock::now() < until) std::this_thread::yield();
  print_number("exit_at", monotonic_now());
  std::exit(0);
}

// --- an exporter that takes its thread away

int exporter_ends_its_thread(const Arguments& arguments) {
  class Leaving final : public Exporter {
   public:
    bool export_batch(const std::vector<SpanData>&, const std::vector<TraceData>&) override {
      ::pthread_exit(nullptr);
    }
    [[nodiscard]] std::string name() const override { return "leaving"; }
  };
  static std::atomic<int> reports{0};
  Options options = options_for(arguments.url());
  options.exporters = {std::make_shared<Leaving>()};
  options.on_error = [](const Diagnostic& told) {
    std::fprintf(stderr, "%s: %s\n", told.kind.c_str(), told.message.c_str());
    ++reports;
  };
  const auto guard = Tracer::init(options);
  trace_numbers(0, 10);
  if (Tracer::get().flush(10s)) return 1;  // one exporter will never have them
  trace_numbers(10, 10);
  if (Tracer::get().flush(10s)) return 2;
  const bool balanced_while_it_runs = Tracer::get().stats().balanced();
  if (Tracer::get().close(10s)) return 3;
  print_number("reports", reports);
  print_books(Tracer::get().stats());
  return balanced_while_it_runs ? 0 : 4;
}

}  // namespace

void add_resource_scenarios(std::map<std::string, int (*)(const Arguments&)>& scenarios) {
  scenarios.insert({{"signals_are_blocked", signals_are_blocked},
                    {"file_size_limit", file_size_limit},
                    {"descriptors_of_closed_tracers", descriptors_of_closed_tracers},
                    {"many_threads", many_threads},
                    {"name_server_never_answers", name_server_never_answers},
                    {"exporter_ends_its_thread", exporter_ends_its_thread}});
}

}  // namespace llmtrace::fault_host
