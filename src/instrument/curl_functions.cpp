#include "instrument/curl_functions.hpp"

#include <cstring>

namespace llmtrace::instrument {
namespace {

constexpr std::string_view hooked_names[] = {
    "curl_easy_init",       "curl_easy_setopt",    "curl_easy_perform",     "curl_easy_cleanup",
    "curl_easy_reset",      "curl_easy_duphandle", "curl_multi_add_handle", "curl_multi_remove_handle",
    "curl_multi_info_read", "curl_multi_cleanup",  "curl_mime_addpart",     "curl_mime_name",
    "curl_mime_data",       "curl_mime_free",
};
static_assert(std::size(hooked_names) == hooked_count);

template <class Function>
bool find(const ElfImage& image, std::string_view name, Function*& into) noexcept {
  into = reinterpret_cast<Function*>(image.find_export(name));
  return into != nullptr;
}

bool find_easy(const ElfImage& image, CurlFunctions& to) noexcept {
  return find(image, "curl_easy_setopt", to.easy_setopt) && find(image, "curl_easy_init", to.easy_init) &&
         find(image, "curl_easy_cleanup", to.easy_cleanup) && find(image, "curl_easy_reset", to.easy_reset) &&
         find(image, "curl_easy_duphandle", to.easy_duphandle) &&
         find(image, "curl_easy_getinfo", to.easy_getinfo) &&
         find(image, "curl_easy_strerror", to.easy_strerror) && find(image, "curl_version", to.version);
}

bool find_multi(const ElfImage& image, CurlFunctions& to) noexcept {
  return find(image, "curl_multi_add_handle", to.multi_add_handle) &&
         find(image, "curl_multi_remove_handle", to.multi_remove_handle) &&
         find(image, "curl_multi_info_read", to.multi_info_read) &&
         find(image, "curl_multi_cleanup", to.multi_cleanup);
}

void find_newer(const ElfImage& image, CurlFunctions& to) noexcept {
  find(image, "curl_mime_addpart", to.mime_addpart);
  find(image, "curl_mime_name", to.mime_name);
  find(image, "curl_mime_data", to.mime_data);
  find(image, "curl_mime_free", to.mime_free);
  find(image, "curl_url_get", to.url_get);
  find(image, "curl_free", to.free);
}

template <class Function>
void* address(Function* function) noexcept {
  return reinterpret_cast<void*>(function);
}

}  // namespace

CurlFunctions find_curl_functions(const ElfImage& image) noexcept {
  CurlFunctions functions;
  if (!find(image, "curl_easy_perform", functions.easy_perform)) return functions;
  if (!find_easy(image, functions) || !find_multi(image, functions)) return {};
  find_newer(image, functions);
  return functions;
}

HookedFunctions hooked_functions(const CurlFunctions& from) noexcept {
  return {{address(from.easy_init), address(from.easy_setopt), address(from.easy_perform),
           address(from.easy_cleanup), address(from.easy_reset), address(from.easy_duphandle),
           address(from.multi_add_handle), address(from.multi_remove_handle), address(from.multi_info_read),
           address(from.multi_cleanup), address(from.mime_addpart), address(from.mime_name),
           address(from.mime_data), address(from.mime_free)}};
}

Hooked hooked_by_name(std::string_view name) noexcept {
  if (name.substr(0, 5) != "curl_") return Hooked::count;
  for (std::size_t i = 0; i < hooked_count; ++i)
    if (hooked_names[i] == name) return static_cast<Hooked>(i);
  return Hooked::count;
}

}  // namespace llmtrace::instrument
