#include "compile/include_directions.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace llmtrace::testing_tree {
namespace {

namespace fs = std::filesystem;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string read(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream{file}.rdbuf();
  return text.str();
}

bool is_code(const fs::path& file) { return file.extension() == ".hpp" || file.extension() == ".cpp"; }

std::vector<std::string> violations_under(const fs::path& root, const char* part) {
  std::vector<std::string> all;
  for (const auto& entry : fs::recursive_directory_iterator{root / part}) {
    if (!is_code(entry.path())) continue;
    const auto path = fs::relative(entry.path(), root).generic_string();
    for (auto& violation : violations_of(path, read(entry.path()))) all.push_back(std::move(violation));
  }
  return all;
}

TEST(IncludeDirections, hold_in_the_sources) {
  EXPECT_THAT(violations_under(LLMTRACE_TREE, "src"), IsEmpty());
}

TEST(IncludeDirections, hold_in_the_public_headers) {
  EXPECT_THAT(violations_under(LLMTRACE_TREE, "include"), IsEmpty());
}

TEST(IncludeDirections, let_the_arrows_pass) {
  EXPECT_THAT(violations_of("src/core/ids.cpp", "#include \"core/ids.hpp\"\n#include <vector>\n"), IsEmpty());
  EXPECT_THAT(violations_of("src/export/worker.cpp", "#include \"net/http.hpp\"\n"), IsEmpty());
  EXPECT_THAT(violations_of("src/core/ids.cpp", "#include <llmtrace/span.hpp>\n"), IsEmpty());
  EXPECT_THAT(violations_of("src/net/http.cpp", "#include <curl/curl.h>\n"), IsEmpty());
  EXPECT_THAT(violations_of("include/llmtrace/json.hpp", "#include <nlohmann/json.hpp>\n"), IsEmpty());
}

TEST(IncludeDirections, refuse_an_arrow_that_points_up) {
  EXPECT_THAT(violations_of("src/core/ids.cpp", "#include \"journal/segment.hpp\"\n"), SizeIs(1));
  EXPECT_THAT(violations_of("src/net/http.cpp", "#include \"llm/openai.hpp\"\n"), SizeIs(1));
  EXPECT_THAT(violations_of("src/runtime/tracer.cpp", "  #  include \"net/http.hpp\"\n"), SizeIs(1));
  EXPECT_THAT(violations_of("src/collector/store.cpp", "#include <runtime/tracer.hpp>\n"), SizeIs(1));
}

TEST(IncludeDirections, refuse_a_way_around_the_arrows) {
  EXPECT_THAT(violations_of("src/core/ids.cpp", "#include \"../journal/segment.hpp\"\n"), SizeIs(1));
  EXPECT_THAT(violations_of("src/core/ids.cpp", "#include \"ids.hpp\"\n"), SizeIs(1));
  EXPECT_THAT(violations_of("src/attic/ids.cpp", "#include <vector>\n"), SizeIs(1));
}

TEST(IncludeDirections, refuse_a_dependency_in_the_wrong_place) {
  EXPECT_THAT(violations_of("src/export/worker.cpp", "#include <curl/curl.h>\n"), SizeIs(1));
  EXPECT_THAT(violations_of("include/llmtrace/span.hpp", "#include <fmt/core.h>\n"), SizeIs(1));
  EXPECT_THAT(violations_of("include/llmtrace/span.hpp", "#include <nlohmann/json.hpp>\n"), SizeIs(1));
  EXPECT_THAT(violations_of("include/llmtrace/json.hpp", "#include <curl/curl.h>\n"), SizeIs(1));
  EXPECT_THAT(violations_of("src/collector/routes/router.cpp", "#include <boost/asio.hpp>\n"), SizeIs(1));
  EXPECT_THAT(violations_of("src/collector/routes/router.cpp", "#include <sqlite3.h>\n"), SizeIs(1));
  EXPECT_THAT(violations_of("src/collector/http/server.cpp", "#include <boost/asio.hpp>\n"), IsEmpty());
}

}  // namespace
}  // namespace llmtrace::testing_tree
