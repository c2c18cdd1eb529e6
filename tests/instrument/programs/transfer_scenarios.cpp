// Ways to use libcurl that a tracer could get wrong.
#include "curl_client.hpp"

#include <algorithm>
#include <cstdio>
#include <map>
#include <stdexcept>
#include <vector>

namespace curl_client {
namespace {

const std::string chat = "/v1/chat/completions";

int one_call(const std::string& provider) {
  print("chat", ask(provider + chat, question("one")));
  return 0;
}

int many_providers(const std::string& provider) {
  print("chat", ask(provider + chat, question("plain")));
  print("stream", ask(provider + chat, question("streamed words", true)));
  print("anthropic", ask(provider + "/v1/messages", question("plain")));
  print("anthropic stream", ask(provider + "/v1/messages", question("streamed words", true)));
  print("ollama", ask(provider + "/api/chat", question("lines of json")));
  print("responses", ask(provider + "/v1/responses", question("responses", true)));
  print("embeddings",
        ask(provider + "/v1/embeddings", R"({"model":"text-embedding-3-small","input":"a b"})"));
  print("page", ask(provider + "/plain/page", "not for a model"));
  return 0;
}

// libcurl's own default: the body goes to stdout.
int default_output(const std::string& provider) {
  curl_slist* headers = json_headers();
  Answer unused;
  CURL* handle = prepare(provider + chat, question("to stdout"), headers, unused);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, nullptr);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, stdout);
  const CURLcode code = curl_easy_perform(handle);
  curl_easy_cleanup(handle);
  curl_slist_free_all(headers);
  return static_cast<int>(code);
}

// Headers go to the write callback where there is data for them and no callback of their own.
int header_data_only(const std::string& provider) {
  curl_slist* headers = json_headers();
  Answer answer;
  CURL* handle = prepare(provider + chat, question("headers"), headers, answer);
  curl_easy_setopt(handle, CURLOPT_HEADERDATA, &answer.headers);
  perform(handle, answer);
  print("header data", answer);
  curl_easy_cleanup(handle);
  curl_slist_free_all(headers);
  return 0;
}

struct Pausing {
  CURL* handle = nullptr;
  int pauses = 0;
  std::string body;
};

std::size_t pause_twice(char* bytes, std::size_t size, std::size_t count, void* data) {
  auto& pausing = *static_cast<Pausing*>(data);
  if (++pausing.pauses <= 2) return CURL_WRITEFUNC_PAUSE;
  pausing.body.append(bytes, size * count);
  return size * count;
}

int go_on(void* data, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  curl_easy_pause(static_cast<Pausing*>(data)->handle, CURLPAUSE_CONT);
  return 0;
}

int paused(const std::string& provider) {
  curl_slist* headers = json_headers();
  Answer answer;
  Pausing pausing;
  pausing.handle = prepare(provider + chat, question("take a break", true), headers, answer);
  curl_easy_setopt(pausing.handle, CURLOPT_WRITEFUNCTION, &pause_twice);
  curl_easy_setopt(pausing.handle, CURLOPT_WRITEDATA, &pausing);
  curl_easy_setopt(pausing.handle, CURLOPT_XFERINFOFUNCTION, &go_on);
  curl_easy_setopt(pausing.handle, CURLOPT_XFERINFODATA, &pausing);
  curl_easy_setopt(pausing.handle, CURLOPT_NOPROGRESS, 0L);
  perform(pausing.handle, answer);
  answer.body = pausing.body;
  print("paused", answer);
  curl_easy_cleanup(pausing.handle);
  curl_slist_free_all(headers);
  return 0;
}

// One handle after the other thing: each transfer is what its options say then.
int reused(const std::string& provider) {
  curl_slist* headers = json_headers();
  Answer answer;
  CURL* handle = prepare(provider + chat, question("first"), headers, answer);
  perform(handle, answer);
  curl_easy_setopt(handle, CURLOPT_URL, (provider + "/plain/between").c_str());
  curl_easy_setopt(handle, CURLOPT_HTTPGET, 1L);
  perform(handle, answer);
  const std::string second = question("second of two");
  curl_easy_setopt(handle, CURLOPT_URL, (provider + chat).c_str());
  curl_easy_setopt(handle, CURLOPT_POSTFIELDS, second.c_str());
  curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE, static_cast<long>(second.size()));
  perform(handle, answer);
  CURL* copy = curl_easy_duphandle(handle);
  curl_easy_reset(handle);
  perform(copy, answer);
  print("reused", answer);
  curl_easy_cleanup(handle);
  curl_easy_cleanup(copy);
  curl_slist_free_all(headers);
  return 0;
}

struct Upload {
  std::string body;
  std::size_t at = 0;
};

std::size_t give(char* bytes, std::size_t size, std::size_t count, void* data) {
  auto& upload = *static_cast<Upload*>(data);
  const std::size_t piece = std::min(size * count, std::min<std::size_t>(16, upload.body.size() - upload.at));
  std::copy_n(upload.body.data() + upload.at, piece, bytes);
  upload.at += piece;
  return piece;
}

int from_callback(const std::string& provider) {
  curl_slist* headers = json_headers();
  Answer answer;
  Upload upload{question("in small pieces"), 0};
  CURL* handle = prepare(provider + chat, "", headers, answer);
  curl_easy_setopt(handle, CURLOPT_POSTFIELDS, nullptr);
  curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE, static_cast<long>(upload.body.size()));
  curl_easy_setopt(handle, CURLOPT_READFUNCTION, &give);
  curl_easy_setopt(handle, CURLOPT_READDATA, &upload);
  perform(handle, answer);
  print("from callback", answer);
  curl_easy_cleanup(handle);
  curl_slist_free_all(headers);
  return 0;
}

int several_at_once(const std::string& provider) {
  constexpr std::size_t count = 4;
  curl_slist* headers = json_headers();
  std::vector<Answer> answers(count);
  std::vector<CURL*> handles;
  CURLM* multi = curl_multi_init();
  for (std::size_t i = 0; i < count; ++i) {
    handles.push_back(
        prepare(provider + chat, question("call " + std::to_string(i), i % 2 == 0), headers, answers[i]));
    curl_multi_add_handle(multi, handles[i]);
  }
  for (int running = 1; running != 0;) {
    curl_multi_perform(multi, &running);
    curl_multi_poll(multi, nullptr, 0, 1000, nullptr);
  }
  for (std::size_t i = 0; i < count; ++i) {
    curl_easy_getinfo(handles[i], CURLINFO_RESPONSE_CODE, &answers[i].status);
    print("several", answers[i]);
    curl_multi_remove_handle(multi, handles[i]);
    curl_easy_cleanup(handles[i]);
  }
  curl_multi_cleanup(multi);
  curl_slist_free_all(headers);
  return 0;
}

std::size_t refuse(char*, std::size_t, std::size_t, void*) { return 0; }

int aborted(const std::string& provider) {
  curl_slist* headers = json_headers();
  Answer answer;
  CURL* handle = prepare(provider + chat, question("never mind", true), headers, answer);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &refuse);
  perform(handle, answer);
  print("aborted", answer);
  curl_easy_cleanup(handle);
  curl_slist_free_all(headers);
  return 0;
}

std::size_t throw_up(char*, std::size_t, std::size_t, void*) { throw std::runtime_error{"from a callback"}; }

// Debian's libcurl lets it pass: it is compiled with unwind tables.
int thrown_through(const std::string& provider) {
  curl_slist* headers = json_headers();
  Answer answer;
  CURL* handle = prepare(provider + chat, question("catch"), headers, answer);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &throw_up);
  try {
    perform(handle, answer);
  } catch (const std::runtime_error& error) {
    std::printf("caught %s\n", error.what());
  }
  curl_slist_free_all(headers);  // the handle is in an unknown state, and stays
  return 0;
}

int misbehaving(const std::string& provider) {
  print("refused", ask(provider + "/429" + chat, question("again")));
  print("again", ask(provider + "/429" + chat, question("again")));
  print("error", ask(provider + "/500" + chat, question("boom")));
  print("early close", ask(provider + "/early-close" + chat, question("half")));
  print("continue", ask(provider + "/continue" + chat, question("go on")));
  print("compressed", ask(provider + "/always-gzip" + chat, question("small")));
  print("no such host", ask("http://127.0.0.1:1" + chat, question("nobody there")));
  return 0;
}

int redirected(const std::string& provider) {
  curl_slist* headers = json_headers();
  Answer answer;
  CURL* handle = prepare(provider + "/redirect" + chat, question("over there"), headers, answer);
  curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 1L);
  perform(handle, answer);
  print("redirected", answer);
  answer = {};
  curl_easy_setopt(handle, CURLOPT_URL, (provider + "/401" + chat).c_str());
  curl_easy_setopt(handle, CURLOPT_USERPWD, "somebody:sEcReT-pAsSwOrD");
  curl_easy_setopt(handle, CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_ANY));
  perform(handle, answer);
  print("after a challenge", answer);
  curl_easy_cleanup(handle);
  curl_slist_free_all(headers);
  return 0;
}

using Scenario = int (*)(const std::string&);

const std::map<std::string, Scenario>& scenarios() {
  static const std::map<std::string, Scenario> table{
      {"one", &one_call},
      {"providers", &many_providers},
      {"default-output", &default_output},
      {"header-data", &header_data_only},
      {"paused", &paused},
      {"reused", &reused},
      {"from-callback", &from_callback},
      {"several", &several_at_once},
      {"aborted", &aborted},
      {"thrown", &thrown_through},
      {"misbehaving", &misbehaving},
      {"redirected", &redirected},
  };
  return table;
}

}  // namespace

int transfer_scenario(const std::string& name, const std::string& provider) {
  const auto found = scenarios().find(name);
  return found == scenarios().end() ? -1 : found->second(provider);
}

}  // namespace curl_client
