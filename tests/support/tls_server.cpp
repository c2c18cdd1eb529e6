#include "support/tls_server.hpp"

#include "support/faulty_sockets.hpp"
#include "support/http_wire.hpp"

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <spawn.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace llmtrace::testing_support {
namespace {

// -1 leaves a stream closed to /dev/null.
pid_t spawn(std::vector<std::string> arguments, int input, int output) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  const auto connect = [&](int from, int to, int mode) {
    if (from >= 0) {
      posix_spawn_file_actions_adddup2(&actions, from, to);
    } else {
      posix_spawn_file_actions_addopen(&actions, to, "/dev/null", mode, 0);
    }
  };
  connect(input, STDIN_FILENO, O_RDONLY);
  connect(output, STDOUT_FILENO, O_WRONLY);
  connect(-1, STDERR_FILENO, O_WRONLY);
  std::vector<char*> argv;
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  pid_t process = -1;
  const int error = posix_spawnp(&process, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  return error == 0 ? process : -1;
}

bool succeeds(std::vector<std::string> arguments) {
  const pid_t process = spawn(std::move(arguments), -1, -1);
  int status = -1;
  return process > 0 && waitpid(process, &status, 0) == process && status == 0;
}

std::pair<int, int> make_sockets() {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    throw std::runtime_error("socketpair");
  return {ends[0], ends[1]};
}

// s_server does not say when it listens. Being connected to without a word does it no harm.
bool comes_up(std::uint16_t port) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  while (std::chrono::steady_clock::now() < deadline) {
    if (accepts_connections(port)) return true;
    std::this_thread::yield();
  }
  return false;
}

std::string temporary_directory() {
  std::string path = (std::filesystem::temp_directory_path() / "llmtrace-tls-XXXXXX").string();
  if (mkdtemp(path.data()) == nullptr) throw std::runtime_error("mkdtemp");
  return path;
}

}  // namespace

bool TlsServer::available() { return succeeds({"openssl", "version"}); }

TlsServer::TlsServer() : directory_(temporary_directory()) {
  make_certificate();
  start();
  responder_ = std::thread([this] { answer_requests(); });
}

TlsServer::~TlsServer() {
  kill();
  responder_.join();
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

void TlsServer::make_certificate() {
  const bool made =
      succeeds({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                "-nodes", "-days", "2", "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1",
                "-keyout", directory_ + "/key.pem", "-out", ca_file()});
  if (!made) throw std::runtime_error("openssl req");
}

void TlsServer::start() {
  port_ = port_of(bound_socket());  // s_server has no way to tell which free port it took
  const auto [ours, theirs] = make_sockets();
  process_ = spawn({"openssl", "s_server", "-quiet", "-accept", "127.0.0.1:" + std::to_string(port_), "-cert",
                    ca_file(), "-key", directory_ + "/key.pem"},
                   theirs, theirs);
  close(theirs);
  to_clients_ = ours;
  if (process_ < 0 || !comes_up(port_)) throw std::runtime_error("openssl s_server");
}

void TlsServer::answer_requests() {
  Connection clients{to_clients_, -1};  // it ends with the process
  while (clients.wait_readable()) {
    auto wire = clients.read_request();
    if (!wire) return;
    ReceivedRequest request;
    static_cast<WireRequest&>(request) = std::move(*wire);
    Oracle::read(request);
    oracle_.record(request);
    const auto accepted = std::to_string(oracle_.commit(request, {}));
    const std::string body = "{\"accepted\":" + accepted + ",\"rejected\":[]}";
    const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n";
    static_cast<void>(clients.send(head + body));
  }
}

void TlsServer::kill() {
  if (process_ <= 0) return;
  ::kill(process_, SIGKILL);
  waitpid(process_, nullptr, 0);
  process_ = -1;
}

}  // namespace llmtrace::testing_support
