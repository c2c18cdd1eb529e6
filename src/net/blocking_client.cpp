#include "net/blocking_client.hpp"

#include "net/global_init.hpp"
#include "net/proxy.hpp"
#include "net/url.hpp"

#include <curl/curl.h>

#include <stdexcept>

namespace llmtrace::net {
namespace {

struct EasyCloser {
  void operator()(CURL* easy) const noexcept { curl_easy_cleanup(easy); }
};
struct ListCloser {
  void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, ListCloser>;

constexpr std::string_view retry_after_name = "retry-after:";

void append(HeaderList& list, const std::string& line) {
  curl_slist* longer = curl_slist_append(list.get(), line.c_str());
  if (longer == nullptr) throw std::bad_alloc{};
  static_cast<void>(list.release());
  list.reset(longer);
}

struct Receiving {
  CURL* easy = nullptr;
  ClientReply reply;
  const BlockingClient::Receiver* receiver = nullptr;
  bool stopped = false;
};

// Nothing may be thrown through curl's frames.
std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* self) noexcept try {
  auto& receiving = *static_cast<Receiving*>(self);
  const std::string_view piece{bytes, size * count};
  long status = 0;
  curl_easy_getinfo(receiving.easy, CURLINFO_RESPONSE_CODE, &status);
  if (receiving.receiver == nullptr || status != 200) {
    receiving.reply.body.append(piece);
    return piece.size();
  }
  if ((*receiving.receiver)(piece)) return piece.size();
  receiving.stopped = true;
  return 0;
} catch (...) {
  return 0;
}

std::size_t on_header(char* bytes, std::size_t size, std::size_t count, void* self) noexcept try {
  std::string line{bytes, size * count};
  for (char& c : line)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  if (line.starts_with(retry_after_name)) {
    const auto first = line.find_first_not_of(' ', retry_after_name.size());
    const auto last = line.find_last_not_of(" \r\n");
    if (first != std::string::npos && last >= first)
      static_cast<Receiving*>(self)->reply.retry_after = line.substr(first, last - first + 1);
  }
  return size * count;
} catch (...) {
  return 0;
}

}  // namespace

struct BlockingClient::State {
  ClientOptions options;
  Url url;
  ProxySettings proxy = proxy_from_environment();
  std::unique_ptr<CURL, EasyCloser> easy;

  void prepare(const std::string& path, const HeaderList& headers, Receiving& receiving);
  HeaderList headers() const;
  ClientReply perform(Receiving& receiving);
};

BlockingClient::BlockingClient(ClientOptions options) : state_{std::make_unique<State>()} {
  const auto url = parse_url(options.base_url);
  if (!url) throw std::runtime_error{"\"" + options.base_url + "\" is not a URL like http://localhost:8001"};
  if (url->scheme == "http" && !url->is_loopback && !options.allow_plain_http)
    throw std::runtime_error{"plain http to another machine would show the key to everybody on the way: " +
                             authority(*url)};
  if (!global_init()) throw std::runtime_error{"curl cannot be used"};
  state_->easy.reset(curl_easy_init());
  if (!state_->easy) throw std::bad_alloc{};
  state_->url = *url;
  state_->options = std::move(options);
}

BlockingClient::~BlockingClient() = default;

HeaderList BlockingClient::State::headers() const {
  HeaderList list;
  append(list, "Expect:");
  if (!options.api_key.empty()) append(list, "X-API-Key: " + options.api_key.reveal());
  return list;
}

void BlockingClient::State::prepare(const std::string& path, const HeaderList& headers,
                                    Receiving& receiving) {
  CURL* const handle = easy.get();
  receiving.easy = handle;
  curl_easy_reset(handle);
  curl_easy_setopt(handle, CURLOPT_URL, (to_string(url) + path).c_str());
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_PROXY, proxy_for(proxy, url).c_str());
  curl_easy_setopt(handle, CURLOPT_NOPROXY, proxy.no_proxy.c_str());
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &on_body);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &receiving);
  curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, &on_header);
  curl_easy_setopt(handle, CURLOPT_HEADERDATA, &receiving);
}

ClientReply BlockingClient::State::perform(Receiving& receiving) {
  const CURLcode code = curl_easy_perform(easy.get());
  long status = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
  receiving.reply.status = static_cast<int>(status);
  if (code != CURLE_OK && !receiving.stopped) {
    receiving.reply.status = 0;
    receiving.reply.error = curl_easy_strerror(code) + (" (" + authority(url) + ")");
  }
  return std::move(receiving.reply);
}

ClientReply BlockingClient::get(const std::string& path) {
  Receiving receiving;
  const HeaderList headers = state_->headers();
  state_->prepare(path, headers, receiving);
  curl_easy_setopt(state_->easy.get(), CURLOPT_TIMEOUT_MS,
                   static_cast<long>(state_->options.timeout.count()));
  return state_->perform(receiving);
}

ClientReply BlockingClient::post(const std::string& path, std::string_view json) {
  Receiving receiving;
  HeaderList headers = state_->headers();
  append(headers, "Content-Type: application/json");
  state_->prepare(path, headers, receiving);
  CURL* const easy = state_->easy.get();
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(state_->options.timeout.count()));
  curl_easy_setopt(easy, CURLOPT_POST, 1L);
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, json.data());
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(json.size()));
  return state_->perform(receiving);
}

ClientReply BlockingClient::stream(const std::string& path, const std::vector<std::string>& lines,
                                   const Receiver& receiver) {
  Receiving receiving;
  receiving.receiver = &receiver;
  HeaderList headers = state_->headers();
  for (const std::string& line : lines) append(headers, line);
  state_->prepare(path, headers, receiving);
  // The server speaks at least every ten seconds.
  curl_easy_setopt(state_->easy.get(), CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(state_->easy.get(), CURLOPT_LOW_SPEED_TIME, 60L);
  return state_->perform(receiving);
}

}  // namespace llmtrace::net
