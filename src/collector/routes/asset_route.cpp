#include "collector/http/inflater.hpp"
#include "collector/routes/routes.hpp"

namespace llmtrace::collector::routes {
namespace {

constexpr std::string_view plain_page =
    "llmtrace collects traces here. This build has no viewer; see: llmtrace help\n";

http::Response without_viewer() {
  http::Response response;
  response.content_type = "text/plain; charset=utf-8";
  response.body = plain_page;
  return response;
}

std::string inflated(std::string_view bytes) {
  constexpr std::size_t largest_asset = 64 * 1024 * 1024;
  http::Inflater inflater{largest_asset};
  std::string out;
  static_cast<void>(inflater.feed(bytes, out));  // our own bytes
  return out;
}

}  // namespace

http::Response asset(const Call& call) {
  const std::string& path = call.request.path;
  const FindAsset find = call.services.find_asset;
  if (find == nullptr && path == "/") return without_viewer();
  const Asset* found = find != nullptr ? find(path) : nullptr;
  if (found == nullptr) return error_response(404, "there is nothing here");
  http::Response response;
  response.content_type = found->content_type;
  response.headers.emplace_back("ETag", found->etag);
  // A page is asked for again each time, by its ETag.
  response.headers.emplace_back("Cache-Control",
                                found->is_fixed() ? "public, max-age=31536000, immutable" : "no-cache");
  response.headers.emplace_back("Vary", "Accept-Encoding");
  if (call.request.header("if-none-match").find(found->etag) != std::string_view::npos) {
    response.status = 304;
    response.content_type.clear();
    return response;
  }
  if (call.request.header("accept-encoding").find("gzip") == std::string_view::npos) {
    response.body = inflated(found->gzip);
    return response;
  }
  response.headers.emplace_back("Content-Encoding", "gzip");
  response.fixed_body = found->gzip;
  return response;
}

}  // namespace llmtrace::collector::routes
