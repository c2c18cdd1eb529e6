// The viewer's files as they lie in the program.
#pragma once

#include <string_view>

namespace llmtrace::collector {

struct Asset {
  std::string_view path;  // "/", "/assets/{tag}/app.js", …
  std::string_view content_type;
  std::string_view etag;  // with its quotes
  std::string_view gzip;  // the file, compressed
  // What lies below a tag never changes; only the page that names the tag does.
  [[nodiscard]] bool is_fixed() const noexcept { return path != "/"; }
};

// nullptr when there is no such file.
using FindAsset = const Asset* (*)(std::string_view path);

}  // namespace llmtrace::collector
