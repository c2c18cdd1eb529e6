// Opt-in: a transfer of libcurl whose handle the program owns, as the span of a call of a model. It needs the
// program to include and link libcurl; nothing else of this library's interface does.
#pragma once

#include <llmtrace/stream.hpp>

#include <curl/curl.h>

#include <functional>
#include <string>
#include <string_view>

LLMTRACE_BEGIN_NAMESPACE

// Lies between the handle and the program's own callbacks while it lives: it takes over the handle's write
// and header functions, hands everything on, and gives them back. Set all else on the handle as ever.
//
//   TracedTransfer transfer{handle};
//   transfer.post(body).on_body([&](std::string_view bytes) { … });
//   const CURLcode code = transfer.perform();
//
// With curl_multi, call done() with the transfer's result. What dies before that is cancelled.
class TracedTransfer {
 public:
  explicit TracedTransfer(CURL* handle, const StreamOptions& options = {})
      : handle_{handle}, recorder_{options} {
    curl_easy_setopt(handle_, CURLOPT_WRITEFUNCTION, &TracedTransfer::write);
    curl_easy_setopt(handle_, CURLOPT_WRITEDATA, this);
    curl_easy_setopt(handle_, CURLOPT_HEADERFUNCTION, &TracedTransfer::header);
    curl_easy_setopt(handle_, CURLOPT_HEADERDATA, this);
    recorder_.set_exchange({});
  }
  TracedTransfer(const TracedTransfer&) = delete;
  TracedTransfer& operator=(const TracedTransfer&) = delete;
  ~TracedTransfer() {
    curl_easy_setopt(handle_, CURLOPT_WRITEFUNCTION, program_write_);
    curl_easy_setopt(handle_, CURLOPT_WRITEDATA, program_write_ != nullptr ? program_write_data_ : stdout);
    curl_easy_setopt(handle_, CURLOPT_HEADERFUNCTION, program_header_);
    curl_easy_setopt(handle_, CURLOPT_HEADERDATA, program_header_data_);
  }

  // Sends this body, which is copied, and records it. Of a body that is set otherwise: record_request().
  TracedTransfer& post(Text body) {
    curl_easy_setopt(handle_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    curl_easy_setopt(handle_, CURLOPT_COPYPOSTFIELDS, body.data());
    return record_request(body);
  }
  TracedTransfer& record_request(Text body) noexcept {
    recorder_.span().record_request(body);
    return *this;
  }

  // Where the response goes: a callable that gets each piece as a std::string_view, and may return false to
  // end the transfer; or what the program gave to curl before. Without either it is collected in body().
  template <class OnBody>
  TracedTransfer& on_body(OnBody on_body) {
    on_body_ = [to = std::move(on_body)](std::string_view bytes) mutable {
      if constexpr (std::is_same_v<decltype(to(bytes)), bool>)
        return to(bytes);
      else
        return to(bytes), true;
    };
    return *this;
  }
  TracedTransfer& write_to(curl_write_callback function, void* data) noexcept {
    program_write_ = function;
    program_write_data_ = data;
    return *this;
  }
  TracedTransfer& headers_to(curl_write_callback function, void* data) noexcept {
    program_header_ = function;
    program_header_data_ = data;
    return *this;
  }

  CURLcode perform() {
    CURLcode code = CURLE_OK;
    detail::move_stream(recorder_, [&] { code = curl_easy_perform(handle_); });
    done(code);
    return code;
  }
  // The transfer has ended.
  void done(CURLcode code) noexcept {
    describe();
    if (code == CURLE_OK) return recorder_.finish();
    if (stopped_) return recorder_.cancel();
    SpanRef span = recorder_.span();
    if (!span.has_field(detail::Tag::error)) span.set_error("curl", curl_easy_strerror(code));
    recorder_.finish();
  }

  [[nodiscard]] const std::string& body() const noexcept { return body_; }
  [[nodiscard]] SpanRef span() const noexcept { return recorder_.span(); }
  [[nodiscard]] StreamRecorder& recorder() noexcept { return recorder_; }

 private:
  static std::size_t write(char* bytes, std::size_t size, std::size_t count, void* self) {
    return static_cast<TracedTransfer*>(self)->take_body(bytes, size, count);
  }
  static std::size_t header(char* line, std::size_t size, std::size_t count, void* self) {
    return static_cast<TracedTransfer*>(self)->take_header(line, size, count);
  }

  std::size_t take_body(char* bytes, std::size_t size, std::size_t count) {
    const std::string_view piece{bytes, size * count};
    recorder_.bytes(piece);
    const std::size_t taken = hand_on(bytes, size, count, piece);
    stopped_ = taken != piece.size() && taken != CURL_WRITEFUNC_PAUSE;
    return taken;
  }
  std::size_t hand_on(char* bytes, std::size_t size, std::size_t count, std::string_view piece) {
    if (program_write_ != nullptr) return program_write_(bytes, size, count, program_write_data_);
    if (on_body_) return on_body_(piece) ? piece.size() : 0;
    body_.append(piece);
    return piece.size();
  }

  // Each response begins with a status line: what came before it was a redirect, or asked for a password.
  std::size_t take_header(char* line, std::size_t size, std::size_t count) {
    const std::string_view text{line, size * count};
    if (text.substr(0, 5) == "HTTP/") {
      recorder_.restart();
      if (program_write_ == nullptr) body_.clear();
    }
    for (const char* name : {"x-request-id:", "request-id:", "x-amzn-requestid:", "apim-request-id:"})
      if (is_field(text, name)) recorder_.set_exchange(with_request_id(text.substr(std::strlen(name))));
    if (program_header_ != nullptr) return program_header_(line, size, count, program_header_data_);
    return text.size();
  }
  static bool is_field(std::string_view line, std::string_view name) noexcept {
    if (line.size() < name.size()) return false;
    for (std::size_t i = 0; i < name.size(); ++i) {
      const char letter = line[i];
      if ((letter >= 'A' && letter <= 'Z' ? letter + ('a' - 'A') : letter) != name[i]) return false;
    }
    return true;
  }
  static ExchangeHints with_request_id(std::string_view value) noexcept {
    while (!value.empty() && static_cast<unsigned char>(value.front()) <= ' ') value.remove_prefix(1);
    while (!value.empty() && static_cast<unsigned char>(value.back()) <= ' ') value.remove_suffix(1);
    ExchangeHints hints;
    hints.request_id = value;
    return hints;
  }

  void describe() noexcept {
    ExchangeHints hints;
    const char* url = nullptr;
    const char* type = nullptr;
    long status = 0;
    if (curl_easy_getinfo(handle_, CURLINFO_EFFECTIVE_URL, &url) == CURLE_OK && url != nullptr)
      hints.url = url;
    if (curl_easy_getinfo(handle_, CURLINFO_CONTENT_TYPE, &type) == CURLE_OK && type != nullptr)
      hints.content_type = type;
    if (curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK)
      hints.status = static_cast<int>(status);
    recorder_.set_exchange(hints);
  }

  CURL* handle_;
  StreamRecorder recorder_;
  std::function<bool(std::string_view)> on_body_;
  curl_write_callback program_write_ = nullptr;
  void* program_write_data_ = nullptr;
  curl_write_callback program_header_ = nullptr;
  void* program_header_data_ = nullptr;
  std::string body_;
  bool stopped_ = false;
};

LLMTRACE_END_NAMESPACE
