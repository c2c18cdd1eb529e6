// A plain libcurl program that measures what its own calls cost it; the agent's benchmark runs it with and
// without the agent.
//
//   curl_load setopt N             CPU time of curl_easy_setopt
//   curl_load transfers URL BODY N CPU time of transfers on one connection; an empty body is a GET
#include <curl/curl.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

namespace {

double cpu_ns(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

std::size_t count_bytes(char*, std::size_t size, std::size_t count, void* total) {
  *static_cast<std::size_t*>(total) += size * count;
  return size * count;
}

constexpr int options_a_round = 6;

void set_options(CURL* handle, curl_slist* headers, std::size_t& total) {
  curl_easy_setopt(handle, CURLOPT_URL, "http://127.0.0.1:1/v1/chat/completions");
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, 30'000L);
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(handle, CURLOPT_POSTFIELDS, "{}");
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &count_bytes);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &total);
}

int measure_setopt(long rounds) {
  CURL* handle = curl_easy_init();
  curl_slist* headers = curl_slist_append(nullptr, "Content-Type: application/json");
  std::size_t total = 0;
  for (long i = 0; i < rounds / 10; ++i) set_options(handle, headers, total);
  const double begin = cpu_ns(CLOCK_THREAD_CPUTIME_ID);
  for (long i = 0; i < rounds; ++i) set_options(handle, headers, total);
  const double spent = cpu_ns(CLOCK_THREAD_CPUTIME_ID) - begin;
  std::printf("setopt_ns %.3f\n", spent / static_cast<double>(rounds * options_a_round));
  curl_easy_cleanup(handle);
  curl_slist_free_all(headers);
  return 0;
}

bool transfer(CURL* handle, const char* url, const std::string& body, std::size_t& total) {
  curl_easy_setopt(handle, CURLOPT_URL, url);
  if (!body.empty()) curl_easy_setopt(handle, CURLOPT_POSTFIELDS, body.c_str());
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &count_bytes);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &total);
  return curl_easy_perform(handle) == CURLE_OK;
}

int measure_transfers(const char* url, const std::string& body, long count) {
  CURL* handle = curl_easy_init();
  std::size_t total = 0;
  bool all = true;
  for (long i = 0; i < count / 10; ++i) all = transfer(handle, url, body, total) && all;
  const double begin = cpu_ns(CLOCK_THREAD_CPUTIME_ID);
  const double process_begin = cpu_ns(CLOCK_PROCESS_CPUTIME_ID);
  for (long i = 0; i < count; ++i) all = transfer(handle, url, body, total) && all;
  const double spent = cpu_ns(CLOCK_THREAD_CPUTIME_ID) - begin;
  const double process_spent = cpu_ns(CLOCK_PROCESS_CPUTIME_ID) - process_begin;
  std::printf("cpu_us %.4f\nprocess_cpu_us %.4f\n", spent / 1e3 / static_cast<double>(count),
              process_spent / 1e3 / static_cast<double>(count));
  curl_easy_cleanup(handle);
  return all && total != 0 ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
  const std::string role = count > 1 ? arguments[1] : "";
  curl_global_init(CURL_GLOBAL_DEFAULT);
  if (role == "setopt" && count == 3) return measure_setopt(std::atol(arguments[2]));
  if (role == "transfers" && count == 5)
    return measure_transfers(arguments[2], arguments[3], std::atol(arguments[4]));
  return 2;
}
