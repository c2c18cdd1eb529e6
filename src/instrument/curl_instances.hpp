// The libcurls of this process, each with functions of its own that lead to its hooks: what a program calls
// with a handle of one must never reach another. They are never given back, since a program may keep the
// address of a function for as long as it likes.
#pragma once

#include "instrument/curl_functions.hpp"
#include "instrument/loaded_modules.hpp"

#include <string>

namespace llmtrace::instrument {

struct CurlInstance {
  CurlFunctions functions;
  HookedFunctions original;
  HookedFunctions replacement;
  MemoryRange range;
  std::string path;
  std::string soname;
};

inline constexpr std::size_t most_instances = 8;

// One thread at a time; the hooks of those that are there may run meanwhile.
class CurlInstances {
 public:
  // Finds out whether the module is a libcurl, and keeps it loaded for good if so. Null: it is none, or there
  // are too many. Throws bad_alloc.
  CurlInstance* add(const LoadedModule& module);
  [[nodiscard]] CurlInstance* find(const void* address) noexcept;  // inside it
  [[nodiscard]] CurlInstance* find_soname(std::string_view soname) noexcept;
  // Whose function stands for this one of the engine's.
  [[nodiscard]] CurlInstance* replaced_by(const void* replacement) noexcept;

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] CurlInstance& operator[](std::size_t index) noexcept;

 private:
  std::size_t size_ = 0;
};

}  // namespace llmtrace::instrument
