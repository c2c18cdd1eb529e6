#include "instrument/handle_state.hpp"

#include "instrument/exchange.hpp"

#include <algorithm>
#include <cstring>

namespace llmtrace::instrument {
namespace {

constexpr std::size_t largest_copy = 8u << 20;  // of a body; a longer one is recorded as not there

enum Known : std::uint32_t { write_known = 1, write_data_known = 2, header_known = 4, header_data_known = 8 };

// Programs pass an int where a long is asked for: what lies above it is anything.
int number_in(void* value) noexcept {
  return static_cast<int>(static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(value)));
}
bool flag_in(void* value) noexcept { return number_in(value) != 0; }

template <class Function>
Function function_in(void* value) noexcept {
  return reinterpret_cast<Function>(value);
}

void set_copied_body(Body& body, const char* bytes) {
  body.fields = nullptr;
  body.copy.clear();
  body.is_copy = false;
  if (bytes == nullptr) return;
  const std::size_t size = body.size < 0 ? std::strlen(bytes) : static_cast<std::size_t>(body.size);
  if (size > largest_copy) return;
  body.copy.assign(bytes, size);
  body.is_copy = true;
}

// libcurl drops its copy of a body when the size grows behind it.
void set_size(Body& body, std::int64_t size) noexcept {
  if (body.is_copy && size > body.size && size >= 0) {
    body.is_copy = false;
    body.copy.clear();
  }
  body.size = std::max<std::int64_t>(size, -1);
}

}  // namespace

HandleState::HandleState() = default;
HandleState::~HandleState() = default;

bool is_tracked(CURLoption option) noexcept {
  switch (static_cast<int>(option)) {
    case CURLOPT_URL:
    case CURLOPT_CURLU:
    case CURLOPT_WRITEFUNCTION:
    case CURLOPT_WRITEDATA:
    case CURLOPT_HEADERFUNCTION:
    case CURLOPT_HEADERDATA:
    case CURLOPT_READFUNCTION:
    case CURLOPT_READDATA:
    case CURLOPT_SEEKFUNCTION:
    case CURLOPT_SEEKDATA:
    case 20130:  // IOCTLFUNCTION, which newer headers call deprecated
    case CURLOPT_POSTFIELDS:
    case CURLOPT_COPYPOSTFIELDS:
    case CURLOPT_POSTFIELDSIZE:
    case CURLOPT_POSTFIELDSIZE_LARGE:
    case CURLOPT_POST:
    case CURLOPT_HTTPGET:
    case CURLOPT_NOBODY:
    case CURLOPT_UPLOAD:
    case 54:     // PUT, deprecated too
    case 10024:  // HTTPPOST
    case CURLOPT_MIMEPOST:
    case CURLOPT_HTTPHEADER:
    case CURLOPT_HEADER:
    case CURLOPT_ACCEPT_ENCODING:
    case CURLOPT_CONNECT_ONLY: return true;
    default: return false;
  }
}

void HandleState::reset() noexcept {
  complete = true;
  known = 0;
  url.clear();
  parsed_url = nullptr;
  method = Method::get;
  include_header = decodes = connect_only = false;
  callbacks = {};
  body = {};
  headers = nullptr;
  mime = nullptr;
}

void HandleState::copy_from(const HandleState& other) {
  const char* own_copy = other.body.is_copy ? other.body.copy.data() : nullptr;
  url = other.url;
  body = other.body;
  if (own_copy != nullptr) body.fields = nullptr;
  complete = other.complete;
  known = other.known;
  parsed_url = other.parsed_url;
  method = other.method;
  include_header = other.include_header;
  decodes = other.decodes;
  connect_only = other.connect_only;
  callbacks = other.callbacks;
  headers = other.headers;
  mime = nullptr;  // libcurl copies the parts, to addresses of its own
}

bool HandleState::knows_callbacks() const noexcept {
  constexpr std::uint32_t all = write_known | write_data_known | header_known | header_data_known;
  return complete || (known & all) == all;
}

namespace {

// Each of these knows some of the options, and says whether it knew this one.
bool note_response_callback(HandleState& state, CURLoption option, void* value) noexcept {
  Callbacks& to = state.callbacks;
  switch (option) {
    case CURLOPT_WRITEFUNCTION:
      to.write = function_in<curl_write_callback>(value);
      state.known |= write_known;
      return true;
    case CURLOPT_WRITEDATA:
      to.write_data = value;
      to.write_data_set = true;
      state.known |= write_data_known;
      return true;
    case CURLOPT_HEADERFUNCTION:
      to.header = function_in<curl_write_callback>(value);
      state.known |= header_known;
      return true;
    case CURLOPT_HEADERDATA:
      to.header_data = value;
      state.known |= header_data_known;
      return true;
    default: return false;
  }
}

bool note_request_callback(Callbacks& to, CURLoption option, void* value) noexcept {
  switch (static_cast<int>(option)) {
    case CURLOPT_READFUNCTION: to.read = function_in<curl_read_callback>(value); return true;
    case CURLOPT_READDATA:
      to.read_data = value;
      to.read_data_set = true;
      return true;
    case CURLOPT_SEEKFUNCTION: to.seek = function_in<curl_seek_callback>(value); return true;
    case CURLOPT_SEEKDATA: to.seek_data = value; return true;
    case 20130: to.ioctl = value; return true;
    default: return false;
  }
}

bool note_body(HandleState& state, CURLoption option, void* value) {
  Body& body = state.body;
  switch (option) {
    case CURLOPT_POSTFIELDS:
      body.fields = static_cast<const char*>(value);
      body.is_copy = false;
      body.copy.clear();
      state.method = Method::post;
      return true;
    case CURLOPT_COPYPOSTFIELDS:
      state.method = Method::post;
      set_copied_body(body, static_cast<const char*>(value));
      return true;
    case CURLOPT_POSTFIELDSIZE: set_size(body, number_in(value)); return true;
    case CURLOPT_POSTFIELDSIZE_LARGE:
      set_size(body, static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(value)));
      return true;
    case CURLOPT_MIMEPOST:
      state.mime = value;
      state.method = Method::mime;
      return true;
    default: return false;
  }
}

bool note_method(Method& method, CURLoption option, void* value) noexcept {
  switch (static_cast<int>(option)) {
    case CURLOPT_POST: method = flag_in(value) ? Method::post : Method::get; return true;
    case CURLOPT_HTTPGET:
      if (flag_in(value)) method = Method::get;
      return true;
    case CURLOPT_NOBODY:
      if (flag_in(value))
        method = Method::head;
      else if (method == Method::head)
        method = Method::get;
      return true;
    case CURLOPT_UPLOAD:
    case 54: method = flag_in(value) ? Method::put : Method::get; return true;
    case 10024: method = Method::form; return true;
    default: return false;
  }
}

}  // namespace

void HandleState::note(CURLoption option, void* value) {
  if (note_response_callback(*this, option, value) || note_request_callback(callbacks, option, value) ||
      note_body(*this, option, value) || note_method(method, option, value))
    return;
  switch (option) {
    case CURLOPT_URL: url.assign(value != nullptr ? static_cast<const char*>(value) : ""); break;
    case CURLOPT_CURLU: parsed_url = static_cast<const CURLU*>(value); break;
    case CURLOPT_HTTPHEADER: headers = static_cast<curl_slist*>(value); break;
    case CURLOPT_HEADER: include_header = flag_in(value); break;
    case CURLOPT_ACCEPT_ENCODING: decodes = value != nullptr; break;
    case CURLOPT_CONNECT_ONLY: connect_only = flag_in(value); break;
    default: break;
  }
}

}  // namespace llmtrace::instrument
