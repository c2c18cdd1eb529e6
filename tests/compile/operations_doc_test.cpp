// docs/operations.md promises to have every option and every kind of diagnostic. Its tables are compared with
// the headers and the sources, in both directions.
#include "support/markdown.hpp"
#include "support/temporary_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace llmtrace::testing_support {
namespace {

namespace fs = std::filesystem;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using Names = std::set<std::string>;

const fs::path tree{LLMTRACE_TREE};

Names without(const Names& all, const Names& known) {
  Names rest;
  for (const std::string& name : all)
    if (known.count(name) == 0) rest.insert(name);
  return rest;
}

void add_matches(const std::string& text, const std::regex& pattern, Names& names) {
  for (std::sregex_iterator at{text.begin(), text.end(), pattern}, end; at != end; ++at)
    names.insert((*at)[1]);
}

// What stands in code marks in the first column of the table that begins with this heading.
Names first_column(const std::string& heading) {
  Names names;
  bool inside = false;
  for (const std::string& line : lines_of(contents((tree / "docs/operations.md").string()))) {
    inside = line.starts_with("| " + heading + " |") || (inside && line.starts_with("|"));
    if (inside) add_matches(line.substr(0, line.find('|', 1)), std::regex{"`([^`]+)`"}, names);
  }
  return names;
}

struct Member {
  std::string type, name;
};
using Structs = std::map<std::string, std::vector<Member>>;

// `type name = value;` or `type name{value};`, over one line or several.
std::vector<Member> members_in(const std::string& body) {
  const std::regex member{R"(^\s*([\w:]+)[^={;]*?(\w+)\s*([={][^;]*)?;)"};
  std::vector<Member> members;
  std::string rest = body;
  for (std::smatch found; std::regex_search(rest, found, member, std::regex_constants::match_continuous);) {
    members.push_back({found[1], found[2]});
    rest = found.suffix();
  }
  EXPECT_EQ(rest.find(';'), std::string::npos) << "is no member: " << rest;
  return members;
}

Structs options_in(const char* header) {
  const std::string code =
      std::regex_replace(contents((tree / "include/llmtrace" / header).string()), std::regex{"//[^\n]*"}, "");
  const std::regex head{R"(struct (\w*Options) \{)"};
  Structs structs;
  for (std::sregex_iterator at{code.begin(), code.end(), head}, end; at != end; ++at) {
    const auto begin = static_cast<std::size_t>(at->position() + at->length());
    structs[(*at)[1]] = members_in(code.substr(begin, code.find("\n};", begin) - begin));
  }
  return structs;
}

// `tail.rate` for the member of a member.
Names names_of_options() {
  Structs structs;
  for (const char* header : {"tracer.hpp", "sampler.hpp", "redact.hpp"}) structs.merge(options_in(header));
  Names names;
  for (const Member& member : structs["Options"]) {
    const auto nested = structs.find(member.type);
    if (nested == structs.end())
      names.insert(member.name);
    else
      for (const Member& inner : nested->second) names.insert(member.name + "." + inner.name);
  }
  return names;
}

TEST(Operations, name_every_option_and_no_other) {
  const Names options = names_of_options();
  ASSERT_THAT(options, IsSupersetOf({"enabled", "on_error", "id_source", "tail.rate", "tail.buffer_bytes",
                                     "redact.hook", "limits.open_spans", "retry.connect_timeout"}));
  const Names documented = first_column("option");
  EXPECT_THAT(without(options, documented), IsEmpty()) << "are missing";
  EXPECT_THAT(without(documented, options), IsEmpty()) << "are no options";
}

// Wherever the SDK tells something, in one of three forms: warn("kind", text), Told{level, "kind", text} and
// case Warning::kind: return "kind".
Names kinds_of_diagnostics() {
  const std::regex told{R"re((?:\b(?:warn|told|ignore|add_problem)\(|\bLevel::\w+,)\s*"([a-z_]+)",)re"};
  const std::regex named{R"re(\bcase Warning::\w+: return "(\w+)";)re"};
  Names kinds;
  for (const char* folder : {"src/runtime", "src/export", "src/instrument"})
    for (const auto& entry : fs::recursive_directory_iterator{tree / folder}) {
      if (!entry.is_regular_file()) continue;
      const std::string code = contents(entry.path().string());
      add_matches(code, told, kinds);
      add_matches(code, named, kinds);
    }
  return kinds;
}

TEST(Operations, name_every_kind_of_diagnostic_and_no_other) {
  const Names kinds = kinds_of_diagnostics();
  ASSERT_THAT(kinds, IsSupersetOf({"config", "later", "startup", "unknown_price", "worker", "expired"}));
  const Names documented = first_column("kind");
  EXPECT_THAT(without(kinds, documented), IsEmpty()) << "are missing";
  EXPECT_THAT(without(documented, kinds), IsEmpty()) << "are no kinds";
}

}  // namespace
}  // namespace llmtrace::testing_support
