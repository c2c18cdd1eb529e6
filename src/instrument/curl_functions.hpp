// What the engine calls of one libcurl, and which of its functions it lays itself before.
#pragma once

#include "instrument/elf_image.hpp"

#include <curl/curl.h>

#include <cstdarg>

// They are macros that check types, and here the functions themselves are meant.
#undef curl_easy_setopt
#undef curl_easy_getinfo

// In a variadic function: `value`, the one word behind `before`. clang doubts an enumerator there,
// which is how libcurl declares it.
#define LLMTRACE_VALUE_BEHIND(before)                                                               \
  _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wvarargs\"") va_list arguments; \
  va_start(arguments, before);                                                                      \
  void* value = va_arg(arguments, void*);                                                           \
  va_end(arguments);                                                                                \
  _Pragma("GCC diagnostic pop")

namespace llmtrace::instrument {

struct CurlFunctions {
  CURL* (*easy_init)() = nullptr;
  CURLcode (*easy_setopt)(CURL*, CURLoption, ...) = nullptr;
  CURLcode (*easy_perform)(CURL*) = nullptr;
  void (*easy_cleanup)(CURL*) = nullptr;
  void (*easy_reset)(CURL*) = nullptr;
  CURL* (*easy_duphandle)(CURL*) = nullptr;
  CURLMcode (*multi_add_handle)(CURLM*, CURL*) = nullptr;
  CURLMcode (*multi_remove_handle)(CURLM*, CURL*) = nullptr;
  CURLMsg* (*multi_info_read)(CURLM*, int*) = nullptr;
  CURLMcode (*multi_cleanup)(CURLM*) = nullptr;
  curl_mimepart* (*mime_addpart)(curl_mime*) = nullptr;
  CURLcode (*mime_name)(curl_mimepart*, const char*) = nullptr;
  CURLcode (*mime_data)(curl_mimepart*, const char*, std::size_t) = nullptr;
  void (*mime_free)(curl_mime*) = nullptr;
  // Only called.
  CURLcode (*easy_getinfo)(CURL*, CURLINFO, ...) = nullptr;
  const char* (*easy_strerror)(CURLcode) = nullptr;
  char* (*version)() = nullptr;
  // Absent in very old ones.
  CURLUcode (*url_get)(const CURLU*, CURLUPart, char**, unsigned) = nullptr;
  void (*free)(void*) = nullptr;
};

// Of all that must be there each is found, else `easy_perform` is null: then it is no libcurl, but perhaps
// another tool that lies before one.
[[nodiscard]] CurlFunctions find_curl_functions(const ElfImage& image) noexcept;

// In the order of CurlFunctions; those that the engine lays itself before.
enum class Hooked : unsigned char {
  easy_init,
  easy_setopt,
  easy_perform,
  easy_cleanup,
  easy_reset,
  easy_duphandle,
  multi_add_handle,
  multi_remove_handle,
  multi_info_read,
  multi_cleanup,
  mime_addpart,
  mime_name,
  mime_data,
  mime_free,
  count
};
inline constexpr std::size_t hooked_count = static_cast<std::size_t>(Hooked::count);

// Their addresses; null where this libcurl has none.
struct HookedFunctions {
  void* address[hooked_count] = {};
};
[[nodiscard]] HookedFunctions hooked_functions(const CurlFunctions& from) noexcept;

// `count` when it is none of them.
[[nodiscard]] Hooked hooked_by_name(std::string_view name) noexcept;

}  // namespace llmtrace::instrument
