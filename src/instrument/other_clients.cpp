#include "instrument/other_clients.hpp"

#include "instrument/curl_functions.hpp"
#include "instrument/library_loading.hpp"
#include "instrument/loaded_modules.hpp"

namespace llmtrace::instrument {
namespace {

struct Imports {
  bool curl = false;
  bool tls = false;
};

Imports imports_of(const ElfImage& image) {
  Imports found;
  image.for_each_import([&](const ImportSlot& slot) {
    found.curl = found.curl || slot.name.starts_with("curl_easy_");
    found.tls = found.tls || slot.name == "SSL_connect" || slot.name == "gnutls_handshake";
  });
  return found;
}

DiscoveredLibrary note(const LoadedModule& module, const char* name, const char* what) {
  DiscoveredLibrary library;
  library.name = name;
  library.path = module.path;
  library.note = what;
  return library;
}

bool is_libcurl(const LoadedModule& module) {
  return module.image.find_export("curl_easy_perform") != nullptr;
}

void look_at(const LoadedModule& module, std::vector<DiscoveredLibrary>& found) {
  if (is_libcurl(module)) return;
  const Imports imports = imports_of(module.image);
  if (!imports.curl && module.image.holds_text("libcurl/7.") + module.image.holds_text("libcurl/8.") != 0)
    found.push_back(
        note(module, "static libcurl",
             "is linked into this module, where nothing can be patched: link it with the CMake function "
             "llmtrace_instrument(target)"));
  else if (imports.tls && !imports.curl)
    found.push_back(
        note(module, "own TLS",
             "makes TLS connections without libcurl (cpp-httplib, Boost.Beast, Poco, …), which is not "
             "covered: use the adapter for httplib, or Traced<Client>"));
}

}  // namespace

std::vector<DiscoveredLibrary> find_other_clients() {
  const QuietLoading quiet;
  std::vector<DiscoveredLibrary> found;
  for (const LoadedModule& module : loaded_modules()) look_at(module, found);
  return found;
}

}  // namespace llmtrace::instrument
