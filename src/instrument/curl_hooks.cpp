#include "instrument/curl_hooks.hpp"

#include "instrument/exchange.hpp"
#include "instrument/handle_table.hpp"
#include "instrument/mime_models.hpp"
#include "instrument/tracking.hpp"

#include <atomic>
#include <cerrno>
#include <new>

namespace llmtrace::instrument {
namespace {

std::atomic<LastEnded> last_ended{nullptr};

// Programs look at errno behind calls that are not ours to change.
class ErrnoKept {
 public:
  ErrnoKept() noexcept = default;
  ~ErrnoKept() { errno = kept_; }
  ErrnoKept(const ErrnoKept&) = delete;
  ErrnoKept& operator=(const ErrnoKept&) = delete;

 private:
  int kept_ = errno;
};

std::string url_of(const CurlFunctions& curl, CURL* handle, const HandleState& state) {
  if (state.parsed_url != nullptr && curl.url_get != nullptr && curl.free != nullptr) {
    char* text = nullptr;
    if (curl.url_get(state.parsed_url, CURLUPART_URL, &text, 0) != CURLUE_OK || text == nullptr) return {};
    const std::unique_ptr<char, void (*)(void*)> freed{text, curl.free};
    return text;
  }
  if (!state.url.empty() || state.complete) return state.url;
  const char* url = nullptr;
  const CURLcode code = curl.easy_getinfo(handle, CURLINFO_EFFECTIVE_URL, &url);
  return code == CURLE_OK && url != nullptr ? url : "";
}

// A call of a model sends something. Of an older handle that is not known.
bool may_send(const HandleState& state) noexcept {
  if (state.connect_only) return false;
  return !state.complete || (state.method != Method::get && state.method != Method::head);
}

void propagate(const CurlFunctions& curl, CURL* handle, HandleState& state) {
  const SpanContext context = state.exchange ? state.exchange->context() : SpanContext::current();
  if (!context.valid()) return;
  state.propagated = std::make_unique<PropagatedContext>();
  state.propagated->put(curl, handle, state, context);
}

// Opens the exchange if the transfer is a call of a model.
void begin_or_throw(const CurlFunctions& curl, CURL* handle, HandleState& state) {
  const auto rules = current_rules();
  if (!rules) return;
  const std::string url = url_of(curl, handle, state);
  const Call call = may_send(state) ? rules->decide(url) : Call{};
  if (call.traced && ensure_tracer()) {
    state.exchange = std::make_unique<Exchange>(curl, handle, state, rules, call);
    state.exchange->take_over();
  }
  if (rules->propagates_to(url)) propagate(curl, handle, state);
}

void begin(const CurlFunctions& curl, CURL* handle, HandleState& state) noexcept {
  const ErrnoKept kept;
  try {
    begin_or_throw(curl, handle, state);
  } catch (const std::bad_alloc&) {
    state.exchange.reset();
  }
}

HandleState* state_to_trace(CURL* handle) noexcept {
  return handle != nullptr && is_tracking() ? handles().find_or_add(handle) : nullptr;
}

// A transfer of the easy interface, from here to wherever it ends: also by an exception of the program's.
class Performance {
 public:
  Performance(const CurlFunctions& curl, CURL* handle, HandleState& state) noexcept : state_{state} {
    begin(curl, handle, state);
  }
  ~Performance() {
    if (ended_) return;
    if (state_.exchange) state_.exchange->fail();
    clear();
  }
  Performance(const Performance&) = delete;
  Performance& operator=(const Performance&) = delete;

  CURLcode end(CURLcode code) noexcept {
    const ErrnoKept kept;
    if (state_.exchange) state_.exchange->end(code);
    clear();
    ended_ = true;
    return code;
  }

 private:
  void clear() noexcept {
    state_.propagated.reset();
    state_.exchange.reset();
  }

  HandleState& state_;
  bool ended_ = false;
};

void leave_multi(HandleState& state) noexcept {
  const bool was_attached = state.multi.exchange(nullptr) != nullptr;
  state.propagated.reset();
  state.exchange.reset();
  if (!was_attached || !multi_transfer_ends()) return;
  if (const LastEnded told = last_ended.load(std::memory_order_acquire)) told();
}

// What the program took away before it asked how it had ended: done, if all that was promised has come.
bool has_all(const CurlFunctions& curl, CURL* handle) noexcept {
  curl_off_t promised = -1;
  curl_off_t come = 0;
  const bool known = curl.easy_getinfo(handle, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &promised) == CURLE_OK &&
                     curl.easy_getinfo(handle, CURLINFO_SIZE_DOWNLOAD_T, &come) == CURLE_OK;
  return known && promised >= 0 && promised == come;
}

void give_up(const CurlFunctions& curl, CURL* handle, HandleState& state) noexcept {
  const ErrnoKept kept;
  if (state.exchange) {
    if (has_all(curl, handle))
      state.exchange->end(CURLE_OK);
    else
      state.exchange->cancel();
  }
  leave_multi(state);
}

bool is_running(const HandleState* state) noexcept {
  return state != nullptr && (state->exchange || state->multi.load(std::memory_order_relaxed) != nullptr);
}

void note(HandleState& state, CURLoption option, void* value) noexcept {
  try {
    state.note(option, value);
  } catch (const std::bad_alloc&) {
    state.complete = false;  // what it was set to is not known
    state.known = 0;
  }
}

}  // namespace

void set_last_ended(LastEnded told) noexcept { last_ended.store(told, std::memory_order_release); }

namespace hooks {

CURL* easy_init(const CurlFunctions& curl) noexcept {
  CURL* handle = curl.easy_init();
  const ErrnoKept kept;
  HandleState* state = state_to_trace(handle);
  if (state == nullptr) return handle;
  if (state->exchange) state->exchange->forget_handle();  // another handle's, which went away unseen
  leave_multi(*state);
  state->reset();
  return handle;
}

CURLcode easy_setopt(const CurlFunctions& curl, CURL* handle, CURLoption option, void* value) {
  if (!is_tracked(option) || handle == nullptr) return curl.easy_setopt(handle, option, value);
  HandleState* state = is_tracking() ? handles().find_or_add(handle) : handles().find(handle);
  if (state == nullptr) return curl.easy_setopt(handle, option, value);
  const bool is_ours = state->exchange && state->exchange->keeps(option);
  const CURLcode code = is_ours ? CURLE_OK : curl.easy_setopt(handle, option, value);
  if (code == CURLE_OK) note(*state, option, value);
  return code;
}

CURLcode easy_perform(const CurlFunctions& curl, CURL* handle) {
  HandleState* state = state_to_trace(handle);
  if (state == nullptr || is_running(state)) return curl.easy_perform(handle);
  Performance performance{curl, handle, *state};
  return performance.end(curl.easy_perform(handle));
}

void easy_cleanup(const CurlFunctions& curl, CURL* handle) {
  if (HandleState* state = handle != nullptr ? handles().find(handle) : nullptr) {
    give_up(curl, handle, *state);
    handles().remove(handle);  // before the address can be another's
  }
  curl.easy_cleanup(handle);
}

void easy_reset(const CurlFunctions& curl, CURL* handle) {
  HandleState* state = state_to_trace(handle);
  if (state != nullptr && is_running(state)) give_up(curl, handle, *state);
  curl.easy_reset(handle);
  if (state != nullptr) state->reset();
}

CURL* easy_duphandle(const CurlFunctions& curl, CURL* handle) {
  CURL* copy = curl.easy_duphandle(handle);
  if (copy == nullptr) return copy;
  const ErrnoKept kept;
  HandleState* state = state_to_trace(copy);
  const HandleState* original = handles().find(handle);
  if (original == nullptr) return copy;
  if (original->exchange) original->exchange->give_back_to(copy);
  if (original->propagated) curl.easy_setopt(copy, CURLOPT_HTTPHEADER, original->headers);
  if (state == nullptr) return copy;
  try {
    state->copy_from(*original);
  } catch (const std::bad_alloc&) {
    state->complete = false;
    state->known = 0;
  }
  return copy;
}

// The parent is what is current now, not where the bytes come in.
CURLMcode multi_add_handle(const CurlFunctions& curl, CURLM* multi, CURL* handle) {
  const CURLMcode code = curl.multi_add_handle(multi, handle);
  if (code != CURLM_OK) return code;
  multi_transfer_begins();  // first, so that whoever stops tracking sees this one or is seen by it
  HandleState* state = state_to_trace(handle);
  if (state != nullptr && !is_running(state)) {
    begin(curl, handle, *state);
    if (state->exchange || state->propagated) {
      state->multi.store(multi, std::memory_order_release);
      return code;
    }
  }
  if (multi_transfer_ends())
    if (const LastEnded told = last_ended.load(std::memory_order_acquire)) told();
  return code;
}

CURLMcode multi_remove_handle(const CurlFunctions& curl, CURLM* multi, CURL* handle) {
  const CURLMcode code = curl.multi_remove_handle(multi, handle);
  if (code != CURLM_OK || multi_transfers() == 0 || handle == nullptr) return code;
  HandleState* state = handles().find(handle);
  if (state != nullptr && state->multi.load(std::memory_order_relaxed) == multi)
    give_up(curl, handle, *state);
  return code;
}

CURLMsg* multi_info_read(const CurlFunctions& curl, CURLM* multi, int* left) {
  CURLMsg* message = curl.multi_info_read(multi, left);
  if (message == nullptr || message->msg != CURLMSG_DONE || multi_transfers() == 0) return message;
  const ErrnoKept kept;
  HandleState* state = handles().find(message->easy_handle);
  if (state == nullptr || state->multi.load(std::memory_order_relaxed) != multi) return message;
  if (state->exchange) state->exchange->end(message->data.result);
  leave_multi(*state);
  return message;
}

CURLMcode multi_cleanup(const CurlFunctions& curl, CURLM* multi) {
  if (multi != nullptr && multi_transfers() != 0) {
    try {
      for (CURL* handle : handles().attached_to(multi))
        if (HandleState* state = handles().find(handle)) give_up(curl, handle, *state);
    } catch (const std::bad_alloc&) {
      return curl.multi_cleanup(multi);  // they end with their handles
    }
  }
  return curl.multi_cleanup(multi);
}

curl_mimepart* mime_addpart(const CurlFunctions& curl, curl_mime* mime) {
  curl_mimepart* part = curl.mime_addpart(mime);
  if (is_tracking()) note_mime_part(part, mime);
  return part;
}

CURLcode mime_name(const CurlFunctions& curl, curl_mimepart* part, const char* name) {
  const CURLcode code = curl.mime_name(part, name);
  if (code == CURLE_OK && is_tracking()) note_mime_name(part, name);
  return code;
}

CURLcode mime_data(const CurlFunctions& curl, curl_mimepart* part, const char* data, std::size_t size) {
  const CURLcode code = curl.mime_data(part, data, size);
  if (code == CURLE_OK && is_tracking()) note_mime_data(part, data, size);
  return code;
}

void mime_free(const CurlFunctions& curl, curl_mime* mime) {
  if (mime != nullptr) forget_mime(mime);
  curl.mime_free(mime);
}

}  // namespace hooks
}  // namespace llmtrace::instrument
