// Ways in which a process begins, forks, loads and ends.
#include "curl_client.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>
#include <fcntl.h>
#include <map>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace curl_client {
namespace {

const std::string chat = "/v1/chat/completions";

void call(const std::string& provider, const std::string& text) {
  print(text.c_str(), ask(provider + chat, question(text)));
}

int in_threads(const std::string& provider, char**) {
  std::vector<Answer> answers(4);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < answers.size(); ++i)
    threads.emplace_back([&, i] {
      for (int round = 0; round < 5; ++round)
        answers[i] = ask(provider + chat, question("thread " + std::to_string(i)));
    });
  for (auto& thread : threads) thread.join();
  for (const Answer& answer : answers) print("thread", answer);
  return 0;
}

// The numbers that the program's own descriptors get, before, amid and after calls.
int descriptors(const std::string& provider, char**) {
  for (int round = 0; round < 3; ++round) {
    const int opened = ::open("/dev/null", O_RDONLY);
    const int copied = ::dup(opened);
    std::printf("opened %d, copied %d\n", opened, copied);
    call(provider, "round");
    ::close(opened);
  }
  return 0;
}

int forked(const std::string& provider, char**) {
  call(provider, "parent");
  const pid_t child = ::fork();
  if (child == 0) {
    call(provider, "child");
    std::exit(3);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  std::printf("child ended with %d\n", WEXITSTATUS(status));
  call(provider, "parent again");
  return 0;
}

int left_at_once(const std::string& provider, char**) {
  call(provider, "and gone");
  ::_exit(5);
}

int killed(const std::string& provider, char**) {
  call(provider, "to be killed");
  ::kill(::getpid(), SIGKILL);
  return 0;
}

std::size_t die(char*, std::size_t, std::size_t, void*) {
  ::kill(::getpid(), SIGKILL);
  return 0;
}

int killed_amid_call(const std::string& provider, char**) {
  Answer answer;
  curl_slist* headers = json_headers();
  CURL* handle = prepare(provider + "/hang" + chat, question("never answered"), headers, answer);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &die);
  perform(handle, answer);
  return 0;
}

int replaced(const std::string& provider, char** arguments) {
  call(provider, "before");
  char one[] = "one";
  char* next[] = {arguments[0], one, arguments[2], nullptr};
  ::execv("/proc/self/exe", next);
  return 1;
}

int in_children(const std::string& provider, char**) {
  const std::string command =
      "for i in 1 2 3; do curl -s -d '" + question("from a shell") + "' " + provider + chat + "; echo; done";
  return WEXITSTATUS(std::system(command.c_str()));
}

using Call = void (*)(const char* url, const char* body, std::string* answer);

int in_plugin(const std::string& provider, char**) {
  const char* path = std::getenv("PLUGIN");
  void* plugin = ::dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
  if (plugin == nullptr) return std::fputs(::dlerror(), stderr), 1;
  const auto call_it = reinterpret_cast<Call>(::dlsym(plugin, "plugin_call"));
  std::string answer;
  call_it((provider + chat).c_str(), question("from a plugin").c_str(), &answer);
  std::puts(answer.c_str());
  ::dlclose(plugin);
  return 0;
}

using Scenario = int (*)(const std::string&, char**);

const std::map<std::string, Scenario>& scenarios() {
  static const std::map<std::string, Scenario> table{
      {"threads", &in_threads}, {"descriptors", &descriptors}, {"forked", &forked},
      {"_exit", &left_at_once}, {"killed", &killed},           {"killed-amid-call", &killed_amid_call},
      {"exec", &replaced},      {"children", &in_children},    {"plugin", &in_plugin},
  };
  return table;
}

}  // namespace

int process_scenario(const std::string& name, const std::string& provider, char** arguments) {
  const auto found = scenarios().find(name);
  return found == scenarios().end() ? -1 : found->second(provider, arguments);
}

}  // namespace curl_client
