// What the program has told a handle of curl: a shadow of the few options that matter here. Never a key: the
// list of headers is known by its address alone.
#pragma once

#include "instrument/curl_functions.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

namespace llmtrace::instrument {

class Exchange;
class PropagatedContext;

enum class Method : std::uint8_t { get, post, put, mime, form, head };

struct Callbacks {
  curl_write_callback write = nullptr;
  void* write_data = nullptr;
  bool write_data_set = false;  // unset it is stdout
  curl_write_callback header = nullptr;
  void* header_data = nullptr;
  curl_read_callback read = nullptr;
  void* read_data = nullptr;
  bool read_data_set = false;  // unset it is stdin
  curl_seek_callback seek = nullptr;
  void* seek_data = nullptr;
  void* ioctl = nullptr;
};

struct Body {
  const char* fields = nullptr;  // the program's own until the transfer is over, or `copy`
  std::string copy;
  bool is_copy = false;
  std::int64_t size = -1;  // -1: up to the first zero
};

struct HandleState {
  // Whether every option that was ever set is known. If not, only those with their bit in `known` are.
  bool complete = false;
  std::uint32_t known = 0;
  std::uint32_t generation = 0;
  std::string url;
  const CURLU* parsed_url = nullptr;
  Method method = Method::get;
  bool include_header = false;  // in the body
  bool decodes = false;         // compressed bodies
  bool connect_only = false;
  Callbacks callbacks;
  Body body;
  curl_slist* headers = nullptr;
  const void* mime = nullptr;
  std::unique_ptr<Exchange> exchange;  // the transfer that runs
  std::unique_ptr<PropagatedContext> propagated;
  std::atomic<const void*> multi{nullptr};  // to which it was added; other threads ask, too

  HandleState();
  ~HandleState();
  HandleState(const HandleState&) = delete;
  HandleState& operator=(const HandleState&) = delete;

  // As curl_easy_init() makes it.
  void reset() noexcept;
  // As curl_easy_duphandle() does. Throws bad_alloc.
  void copy_from(const HandleState& other);
  // Of an option that is_tracked(). `value` is as it was passed: of a number only the low half is sure.
  void note(CURLoption option, void* value);

  [[nodiscard]] bool knows_callbacks() const noexcept;
};

[[nodiscard]] bool is_tracked(CURLoption option) noexcept;

}  // namespace llmtrace::instrument
