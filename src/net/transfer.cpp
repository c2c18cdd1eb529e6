#include "net/transfer.hpp"

#include "net/gzip.hpp"
#include "net/http_date.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

namespace llmtrace::net {

// What curl calls back. Nothing may be thrown through its C frames.
struct TransferCallbacks {
  static std::size_t read(char* target, std::size_t size, std::size_t count, void* self) noexcept {
    return static_cast<Transfer*>(self)->read_body(target, size * count);
  }

  static int seek(void* self, curl_off_t offset, int origin) noexcept {
    if (origin != SEEK_SET) return CURL_SEEKFUNC_CANTSEEK;
    return static_cast<Transfer*>(self)->seek_body(offset) ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL;
  }

  static std::size_t write(char* bytes, std::size_t size, std::size_t count, void* self) noexcept try {
    const bool stored = static_cast<Transfer*>(self)->store_body({bytes, size * count});
    return stored ? size * count : 0;
  } catch (...) {
    return 0;
  }

  static std::size_t header(char* bytes, std::size_t size, std::size_t count, void* self) noexcept try {
    const bool stored = static_cast<Transfer*>(self)->store_header({bytes, size * count});
    return stored ? size * count : 0;
  } catch (...) {
    return 0;
  }
};

namespace {

constexpr long upload_buffer_bytes = 1024 * 1024;  // the 64 KiB default costs a write per 64 KiB
constexpr auto shortest_timeout = std::chrono::milliseconds{1};  // 0 means "never" to curl
constexpr auto longest_timeout = std::chrono::hours{24};

std::chrono::milliseconds clamped(std::chrono::milliseconds timeout) {
  return std::clamp<std::chrono::milliseconds>(timeout, shortest_timeout, longest_timeout);
}

bool has_control_byte(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && byte != '\t') || byte == 0x7f;
  });
}

bool is_query(std::string_view query) {
  return std::all_of(query.begin(), query.end(), [](char c) { return c > ' ' && c < 0x7f; }) &&
         query.find('#') == std::string_view::npos;
}

std::optional<Url> parse_request_url(std::string_view text) {
  const auto end = std::min(text.find('?'), text.size());
  return is_query(text.substr(end)) ? parse_url(text.substr(0, end)) : std::nullopt;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_name(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

template <typename Value>
bool set(void* easy, CURLoption option, Value value) {
  return curl_easy_setopt(easy, option, value) == CURLE_OK;
}

HttpReply::Outcome outcome_of(CURLcode code) {
  switch (code) {
    case CURLE_OK: return HttpReply::Outcome::answered;
    case CURLE_OPERATION_TIMEDOUT: return HttpReply::Outcome::timed_out;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CIPHER: return HttpReply::Outcome::refused_by_us;
    default: return HttpReply::Outcome::unreachable;
  }
}

}  // namespace

void EasyCloser::operator()(void* easy) const noexcept { curl_easy_cleanup(easy); }

void HeaderListCloser::operator()(void* list) const noexcept {
  curl_slist_free_all(static_cast<curl_slist*>(list));
}

Transfer::Transfer(std::uint64_t id, HttpRequest request, Clock::time_point now)
    : id_(id), request_(std::move(request)) {
  request_.timeout = clamped(request_.timeout);
  request_.connect_timeout = clamped(request_.connect_timeout);
  expires_at_ = now + request_.timeout;
}

bool Transfer::prepare(EasyHandle easy, const HttpLoopOptions& options) {
  easy_ = std::move(easy);
  const auto url = parse_request_url(request_.url);
  if (url) url_ = *url;
  const char* problem = url ? objection(options) : "the URL is not valid";
  if (problem != nullptr) {
    finish(HttpReply::Outcome::refused_by_us, problem);
    return false;
  }
  if (compress_body() && build_headers() && set_options(options)) return true;
  finish(HttpReply::Outcome::unreachable, "out of memory");
  return false;
}

const char* Transfer::objection(const HttpLoopOptions& options) const {
  if (url_.scheme == "http" && !url_.is_loopback && !options.allow_plain_http) {
    return "plain http to another machine is not allowed";
  }
  const bool bad_header = std::any_of(request_.headers.begin(), request_.headers.end(),
                                      [](const auto& line) { return has_control_byte(line); });
  if (bad_header) return "a header contains a control character";
  const auto& secret = request_.secret_header;
  if (secret && (has_control_byte(secret->name) || has_control_byte(secret->value.reveal()))) {
    return "the API key contains a control character";
  }
  return nullptr;
}

bool Transfer::compress_body() {
  if (request_.gzip) {
    auto compressed = gzip(request_.body);
    if (!compressed) return false;
    compressed_ = std::move(*compressed);
    request_.body.assign(1, compressed_);
  }
  for (const auto piece : request_.body) body_size_ += piece.size();
  return true;
}

bool Transfer::append_header(const std::string& line) {
  auto* list = curl_slist_append(static_cast<curl_slist*>(headers_.get()), line.c_str());
  if (list == nullptr) return false;
  static_cast<void>(headers_.release());
  headers_.reset(list);
  return true;
}

bool Transfer::build_headers() {
  // curl waits up to a second for "100 Continue" on large bodies unless told not to ask for it
  bool built = append_header("Expect:");
  if (request_.gzip) built = built && append_header("Content-Encoding: gzip");
  for (const auto& line : request_.headers) built = built && append_header(line);
  if (const auto& secret = request_.secret_header) {
    built = built && append_header(secret->name + ": " + secret->value.reveal());
  }
  return built;
}

bool Transfer::set_options(const HttpLoopOptions& options) {
  return set_security_options(options) && set_connection_options(options) && set_body_options() &&
         set_reply_options();
}

bool Transfer::set_security_options(const HttpLoopOptions& options) {
  void* easy = easy_.get();
#if LIBCURL_VERSION_NUM >= 0x075500
  const bool protocols = set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
  const bool protocols = set(easy, CURLOPT_PROTOCOLS, long{CURLPROTO_HTTP | CURLPROTO_HTTPS});
#endif
  return protocols && set(easy, CURLOPT_URL, request_.url.c_str()) &&
         set(easy, CURLOPT_FOLLOWLOCATION, 0L) &&  // a redirect must not carry the key away
         set(easy, CURLOPT_SSL_VERIFYPEER, 1L) && set(easy, CURLOPT_SSL_VERIFYHOST, 2L) &&
         (options.ca_file.empty() || set(easy, CURLOPT_CAINFO, options.ca_file.c_str()));
}

bool Transfer::set_connection_options(const HttpLoopOptions& options) {
  void* easy = easy_.get();
#if LIBCURL_VERSION_NUM >= 0x075700
  // without it closing the handle joins a resolver thread whose server never answers
  if (!set(easy, CURLOPT_QUICK_EXIT, 1L)) return false;
#endif
  // Both proxy options are set even when empty: left alone, curl reads the environment.
  return set(easy, CURLOPT_PROXY, proxy_for(options.proxy, url_).c_str()) &&
         set(easy, CURLOPT_NOPROXY, options.proxy.no_proxy.c_str()) &&
         set(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L) && set(easy, CURLOPT_NOSIGNAL, 1L) &&
         set(easy, CURLOPT_TCP_KEEPALIVE, 1L) &&
         set(easy, CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1}) &&
         set(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(request_.timeout.count())) &&
         set(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request_.connect_timeout.count()));
}

bool Transfer::set_body_options() {
  void* easy = easy_.get();
  const bool get = request_.method == HttpMethod::get;
  const char* const other_name = request_.method == HttpMethod::patch ? "PATCH" : nullptr;
  if (!set(easy, CURLOPT_CUSTOMREQUEST, other_name) || !set(easy, CURLOPT_HTTPHEADER, headers_.get()))
    return false;
  if (get) return set(easy, CURLOPT_HTTPGET, 1L);
  return set(easy, CURLOPT_POST, 1L) &&
         set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body_size_)) &&
         set(easy, CURLOPT_UPLOAD_BUFFERSIZE, upload_buffer_bytes) &&
         set(easy, CURLOPT_READFUNCTION, &TransferCallbacks::read) && set(easy, CURLOPT_READDATA, this) &&
         // a resend on a fresh connection starts the body again
         set(easy, CURLOPT_SEEKFUNCTION, &TransferCallbacks::seek) && set(easy, CURLOPT_SEEKDATA, this);
}

bool Transfer::set_reply_options() {
  void* easy = easy_.get();
  return set(easy, CURLOPT_WRITEFUNCTION, &TransferCallbacks::write) && set(easy, CURLOPT_WRITEDATA, this) &&
         set(easy, CURLOPT_HEADERFUNCTION, &TransferCallbacks::header) &&
         set(easy, CURLOPT_HEADERDATA, this) &&
         // a compressed reply was not asked for, so it is kept as bytes and never inflated
         set(easy, CURLOPT_HTTP_CONTENT_DECODING, 0L) && set(easy, CURLOPT_PRIVATE, this);
}

std::size_t Transfer::read_body(char* target, std::size_t room) noexcept {
  std::size_t copied = 0;
  while (copied < room && piece_ < request_.body.size()) {
    const auto rest = request_.body[piece_].substr(piece_offset_);
    const auto part = std::min(rest.size(), room - copied);
    if (part != 0) std::memcpy(target + copied, rest.data(), part);
    copied += part;
    piece_offset_ += part;
    if (part == rest.size()) {
      ++piece_;
      piece_offset_ = 0;
    }
  }
  return copied;
}

bool Transfer::seek_body(std::int64_t offset) noexcept {
  const bool is_on_its_way = piece_ != 0 || piece_offset_ != 0;
  if (offset != 0 || (is_on_its_way && !request_.may_repeat)) return false;
  piece_ = 0;
  piece_offset_ = 0;
  return true;
}

bool Transfer::store_body(std::string_view bytes) {
  const auto room = request_.most_reply_bytes - reply_.body.size();
  reply_.body.append(bytes.substr(0, room));
  reply_.body_cut = bytes.size() > room;
  return !reply_.body_cut;
}

bool Transfer::store_header(std::string_view line) {
  header_bytes_ += line.size();
  if (header_bytes_ > max_reply_bytes) {
    reply_.body_cut = true;
    return false;
  }
  if (line.substr(0, 5) == "HTTP/") {  // the final response after an interim one
    reply_.retry_after.clear();
    date_.clear();
  }
  const auto colon = std::min(line.find(':'), line.size());
  const auto name = line.substr(0, colon);
  const auto value = trimmed(line.substr(std::min(colon + 1, line.size())));
  if (same_name(name, "Retry-After")) reply_.retry_after = value;
  if (same_name(name, "Date")) date_ = value;
  return true;
}

bool Transfer::retry_on_fresh_connection(int curl_code) noexcept {
  const bool broke =
      curl_code == CURLE_SEND_ERROR || curl_code == CURLE_RECV_ERROR || curl_code == CURLE_GOT_NOTHING;
  long new_connections = 1;
  curl_easy_getinfo(easy_.get(), CURLINFO_NUM_CONNECTS, &new_connections);
  if (!broke || retried_ || new_connections != 0 || header_bytes_ != 0) return false;
  retried_ = true;
  return seek_body(0) && set(easy_.get(), CURLOPT_FRESH_CONNECT, 1L);
}

void Transfer::cap(Clock::time_point deadline) noexcept { expires_at_ = std::min(expires_at_, deadline); }

void Transfer::complete(int curl_code) noexcept {
  const auto code = static_cast<CURLcode>(curl_code);
  long status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  reply_.status = static_cast<int>(status);
  reply_.date = parse_http_date(date_).value_or(std::chrono::system_clock::now());
  const bool stopped_by_us = code == CURLE_WRITE_ERROR && reply_.body_cut;
  const auto outcome = stopped_by_us ? HttpReply::Outcome::answered : outcome_of(code);
  finish(outcome, outcome == HttpReply::Outcome::answered ? "" : curl_easy_strerror(code));
}

// Only curl's fixed text for the code and the address: its error buffer can quote what it was given.
void Transfer::finish(HttpReply::Outcome outcome, const char* error) noexcept {
  finished_ = true;
  reply_.outcome = outcome;
  try {
    reply_.error = error;
    if (!reply_.error.empty() && !url_.host.empty()) reply_.error += " (" + authority(url_) + ")";
  } catch (...) {
    reply_.error.clear();  // the outcome alone must do when memory is short
  }
}

}  // namespace llmtrace::net
