// Programs that nobody here wrote, as Debian packages them. One that is not there is skipped and says so.
#include "instrument/traced_run.hpp"

#include <gmock/gmock.h>

#include <arpa/inet.h>
#include <fstream>
#include <memory>
#include <netinet/in.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace llmtrace::testing_support {
namespace {

using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const std::string question = R"({"model":"gpt-4o","messages":[{"role":"user","content":"from outside"}]})";
const std::string streamed =
    R"({"model":"gpt-4o","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"from outside"}]})";

std::string script(const std::string& name) { return std::string{LLMTRACE_SCRIPTS} + "/" + name; }

class RealPrograms : public TracedProgramTest {
 protected:
  static void expect_calls(const TracedRun& run, std::size_t count) {
    const auto calls = run.calls();
    EXPECT_THAT(calls, SizeIs(count)) << run.written << run.ended.story();
    for (const Json& span : calls) {
      EXPECT_EQ(span["model"], "gpt-4o");
      EXPECT_EQ(span["tokens_input"], 5);
      EXPECT_EQ(span["tokens_output"], 4);
      EXPECT_EQ(span["output_text"], "You said: from outside");
    }
    EXPECT_EQ(run.summary["calls"], count);
    EXPECT_EQ(run.summary["spans"]["lost"], 0);
  }
  [[nodiscard]] std::string chat() const { return provider.url() + "/v1/chat/completions"; }
};

bool runs(const Command& command) {
  try {
    return run_program(command).clean();
  } catch (const std::runtime_error&) {
    return false;
  }
}

TEST_F(RealPrograms, curl) {
  const std::string curl = program_in_path("curl");
  if (curl.empty()) GTEST_SKIP() << "there is no curl here";
  expect_calls(expect_undisturbed({curl, "-s", "-d", question, chat()}), 1);
  expect_calls(expect_undisturbed({curl, "-sN", "-d", streamed, chat()}), 1);
  expect_calls(expect_undisturbed({curl, "-s", "-i", "--compressed", "-d", question,
                                   provider.url() + "/gzip/v1/chat/completions"}),
               1);
  expect_calls(
      expect_undisturbed({curl, "-sL", "-d", question, provider.url() + "/redirect/v1/chat/completions"}), 1);
  EXPECT_THAT(
      expect_undisturbed({curl, "-s", provider.url() + "/plain/a", provider.url() + "/plain/b"}).spans,
      IsEmpty());
}

// A port that was free a moment ago.
std::uint16_t free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  static_cast<void>(::bind(socket, reinterpret_cast<sockaddr*>(&address), size));
  static_cast<void>(::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size));
  ::close(socket);
  return ntohs(address.sin_port);
}

// HTTP/2 over TLS in front of the fake provider: one connection with many streams.
class Http2Front {
 public:
  explicit Http2Front(const std::string& backend_port) {
    if (!make_certificate()) return;
    for (int attempt = 0; attempt < 5 && !answers_; ++attempt) {
      port_ = free_port();
      start(backend_port);
      wait();
    }
  }
  [[nodiscard]] bool answers() const { return answers_; }
  [[nodiscard]] std::string url() const { return "https://127.0.0.1:" + std::to_string(port_); }

 private:
  bool make_certificate() {
    return runs({program_in_path("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj",
                 "/CN=127.0.0.1", "-days", "2", "-keyout", files_.file("key"), "-out",
                 files_.file("certificate")});
  }
  void start(const std::string& backend_port) {
    program_ = std::make_unique<StartedProgram>(
        Command{program_in_path("nghttpx"), "--conf=/dev/null", "--workers=1", "--accesslog-file=/dev/null",
                "--errorlog-file=/dev/null", "--frontend=127.0.0.1," + std::to_string(port_),
                "--backend=127.0.0.1," + backend_port, files_.file("key"), files_.file("certificate")});
  }
  void wait() {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!answers_ && std::chrono::steady_clock::now() < deadline && program_->is_running())
      answers_ = runs({program_in_path("curl"), "-skf", url() + "/plain/up"});
  }

  TemporaryDirectory files_;
  std::unique_ptr<StartedProgram> program_;
  std::uint16_t port_ = 0;
  bool answers_ = false;
};

TEST_F(RealPrograms, curl_with_parallel_transfers_over_http2) {
  const std::string curl = program_in_path("curl");
  if (curl.empty()) GTEST_SKIP() << "there is no curl here";
  const std::string proxy = program_in_path("nghttpx");
  if (proxy.empty()) GTEST_SKIP() << "there is no nghttpx here";
  const Http2Front front{provider.port()};
  ASSERT_TRUE(front.answers()) << proxy;
  Command command{curl, "--parallel", "--parallel-max", "8"};
  for (int i = 0; i < 8; ++i) {
    if (i != 0) command.emplace_back("--next");
    for (const char* part : {"-sk", "--http2", "-o", "/dev/null", "-w", "%{http_version}\n", "-d"})
      command.emplace_back(part);
    command.push_back(i % 2 == 0 ? question : streamed);
    command.push_back(front.url() + "/slow/5/v1/chat/completions");
  }
  const Ended plain = run_program(command);
  const TracedRun run = run_traced(command, {}, {"--quiet"});
  EXPECT_TRUE(plain.clean()) << plain.story();
  EXPECT_EQ(run.ended.exit_code, 0);
  EXPECT_EQ(run.ended.output, plain.output);  // stderr shows a meter, which is never the same twice
  EXPECT_THAT(run.ended.output, HasSubstr("2\n2\n2\n2\n2\n2\n2\n2\n"));
  expect_calls(run, 8);
}

TEST_F(RealPrograms, pycurl) {
  const std::string python = "/usr/bin/python3";
  if (!runs({python, "-c", "import pycurl"})) GTEST_SKIP() << "there is no python3-pycurl here";
  expect_calls(expect_undisturbed({python, script("pycurl_client.py"), chat(), question, streamed}), 2);
}

TEST_F(RealPrograms, curl_of_php) {
  const std::string php = program_in_path("php");
  if (php.empty()) GTEST_SKIP() << "there is no php here";
  if (!runs({php, "-r", "exit(function_exists('curl_init') ? 0 : 1);"}))
    GTEST_SKIP() << "there is no php-curl here";
  expect_calls(expect_undisturbed({php, script("php_client.php"), chat(), question, streamed}), 4);
}

TEST_F(RealPrograms, cmake_downloads_undisturbed) {
  const std::string cmake = program_in_path("cmake");
  if (cmake.empty()) GTEST_SKIP() << "there is no cmake here";
  const TemporaryDirectory files;
  // Without its progress: how often it tells of that depends on how the bytes happen to come.
  std::ofstream{files.file("get.cmake")} << "file(DOWNLOAD \"" << provider.url() << "/plain/file\" \""
                                         << files.file("got")
                                         << "\" STATUS status)\nmessage(\"${status}\")\n";
  const TracedRun run = expect_undisturbed({cmake, "-P", files.file("get.cmake")});
  EXPECT_EQ(contents(files.file("got")), "This is /plain/file\n");
  EXPECT_THAT(run.spans, IsEmpty());
}

TEST_F(RealPrograms, git_clones_undisturbed) {
  const std::string git = program_in_path("git");
  if (git.empty()) GTEST_SKIP() << "there is no git here";
  const TemporaryDirectory files;
  const std::string work = files.file("work");
  const Variables quiet{{"GIT_CONFIG_GLOBAL", "/dev/null"}, {"GIT_TERMINAL_PROMPT", "0"}};
  for (const Command& step :
       std::vector<Command>{{git, "init", "-q", work},
                            {git, "-C", work, "-c", "user.name=n", "-c", "user.email=e@example.org", "commit",
                             "-q", "--allow-empty", "-m", "first"},
                            {git, "clone", "-q", "--bare", work, files.file("bare.git")},
                            {git, "-C", files.file("bare.git"), "update-server-info"}})
    ASSERT_TRUE(run_program(step, quiet).clean());
  StartedProgram server{
      {"/usr/bin/python3", "-u", "-c",
       "import http.server,functools,sys\n"
       "class H(http.server.SimpleHTTPRequestHandler):\n"
       "  def log_message(self, *a): pass\n"
       "s=http.server.ThreadingHTTPServer(('127.0.0.1',0),functools.partial(H,directory=sys.argv[1]))\n"
       "print(s.server_port, flush=True)\n"
       "s.serve_forever()\n",
       files.path().string()}};
  const auto port = server.read_line();
  if (!port) GTEST_SKIP() << "there is no python3 here";
  const auto clone = [&](const std::string& into, bool traced) {
    const Command command{git, "clone", "http://127.0.0.1:" + *port + "/bare.git", into};
    return traced ? run_traced(command, quiet, {"--quiet"}).ended : run_program(command, quiet);
  };
  const Ended plain = clone(files.file("a"), false);
  const Ended traced = clone(files.file("b"), true);
  EXPECT_TRUE(plain.clean()) << plain.story();
  EXPECT_TRUE(traced.clean()) << traced.story();
  EXPECT_EQ(traced.errors.size(), plain.errors.size()) << traced.errors;
}

}  // namespace
}  // namespace llmtrace::testing_support
