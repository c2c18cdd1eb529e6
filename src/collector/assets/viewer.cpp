#include "collector/assets/viewer.hpp"

#include "collector/assets/asset_table.hpp"

#include <algorithm>
#include <array>

namespace llmtrace::collector {
namespace {

constexpr std::array pages =
    std::to_array<std::string_view>({"/sessions", "/dashboard", "/search", "/status"});
constexpr std::array pages_with_id = std::to_array<std::string_view>({"/traces/", "/sessions/"});

bool is_page(std::string_view path) {
  if (std::find(pages.begin(), pages.end(), path) != pages.end()) return true;
  return std::any_of(pages_with_id.begin(), pages_with_id.end(), [&](std::string_view beginning) {
    return path.starts_with(beginning) && path.size() > beginning.size() &&
           path.find('/', beginning.size()) == std::string_view::npos;
  });
}

}  // namespace

const Asset* find_viewer_asset(std::string_view path) {
  const std::string_view wanted = is_page(path) ? "/" : path;
  const auto table = asset_table();
  const auto found =
      std::find_if(table.begin(), table.end(), [&](const Asset& asset) { return asset.path == wanted; });
  return found == table.end() ? nullptr : &*found;
}

}  // namespace llmtrace::collector
