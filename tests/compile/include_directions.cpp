#include "compile/include_directions.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <sstream>

namespace llmtrace::testing_tree {
namespace {

using Names = std::set<std::string, std::less<>>;

// A folder may always include itself and the public headers.
const std::map<std::string, Names, std::less<>>& arrows() {
  static const std::map<std::string, Names, std::less<>> table{
      {"core", {}},
      {"journal", {"core"}},
      {"llm", {"core"}},
      {"net", {"core"}},
      {"privacy", {"core"}},
      {"export", {"core", "journal", "llm", "net", "privacy"}},
      {"runtime", {"core", "journal", "export"}},
      {"instrument", {"runtime", "export", "llm"}},
      {"collector", {"core", "llm"}},
      {"cli", {"collector", "llm", "net", "export", "core", "instrument"}},
  };
  return table;
}

struct Include {
  bool quoted;
  std::string target;
  std::string folder;  // the first part of the target's path, empty when it has only one
};

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  return first == std::string_view::npos ? std::string_view{} : text.substr(first);
}

std::optional<Include> include_on(std::string_view line) {
  line = trimmed(line);
  if (!line.starts_with('#')) return std::nullopt;
  line = trimmed(line.substr(1));
  if (!line.starts_with("include")) return std::nullopt;
  line = trimmed(line.substr(std::string_view{"include"}.size()));
  if (!line.starts_with('"') && !line.starts_with('<')) return std::nullopt;

  const bool quoted = line.front() == '"';
  const auto end = line.find(quoted ? '"' : '>', 1);
  if (end == std::string_view::npos) return std::nullopt;
  const std::string target{line.substr(1, end - 1)};
  const auto slash = target.find('/');
  return Include{quoted, target, slash == std::string::npos ? "" : target.substr(0, slash)};
}

std::string folder_of_source(std::string_view path) {
  path.remove_prefix(std::string_view{"src/"}.size());
  return std::string{path.substr(0, path.find('/'))};
}

// Each of these has one room, so that it could be replaced without looking anywhere else.
std::string wrong_dependency(std::string_view path, const Include& include) {
  if (include.folder == "boost" && !path.starts_with("src/collector/http/"))
    return "names Boost, which only collector/http may";
  if (include.target == "sqlite3.h" && !path.starts_with("src/collector/store/"))
    return "names SQLite, which only collector/store may";
  return "";
}

std::string wrong_in_source(const std::string& folder, const Include& include) {
  if (include.folder == "curl" && folder != "net" && folder != "instrument") {
    return "names curl, which only net and instrument may";
  }
  if (include.folder == "llmtrace") return "";
  const bool ours = include.quoted || arrows().contains(include.folder);
  if (!ours || include.folder == folder) return "";
  if (!arrows().contains(include.folder)) return "is not written relative to src/";
  if (!arrows().at(folder).contains(include.folder)) return "points against the arrows";
  return "";
}

std::string wrong_in_public_header(std::string_view path, const Include& include) {
  static const Names hidden{"curl", "fmt", "nlohmann"};
  const bool bridge = path == "include/llmtrace/json.hpp" && include.folder == "nlohmann";
  const bool adapter = path == "include/llmtrace/adapters/curl.hpp" && include.folder == "curl";
  if (hidden.contains(include.folder) && !bridge && !adapter) return "shows a dependency to the user";
  if (include.quoted || arrows().contains(include.folder)) return "is not a public or a standard header";
  return "";
}

std::string wrong_with(std::string_view path, const Include& include) {
  if (path.starts_with("include/")) return wrong_in_public_header(path, include);
  const std::string folder = folder_of_source(path);
  if (!arrows().contains(folder)) return "stands in a folder that has no arrows";
  if (std::string wrong = wrong_dependency(path, include); !wrong.empty()) return wrong;
  return wrong_in_source(folder, include);
}

}  // namespace

std::vector<std::string> violations_of(std::string_view path, std::string_view text) {
  std::vector<std::string> violations;
  std::istringstream lines{std::string{text}};
  for (std::string line; std::getline(lines, line);) {
    const auto include = include_on(line);
    if (!include) continue;
    const std::string wrong = wrong_with(path, *include);
    if (!wrong.empty()) violations.push_back(std::string{path} + ": " + include->target + " " + wrong);
  }
  return violations;
}

}  // namespace llmtrace::testing_tree
