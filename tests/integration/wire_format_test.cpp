// docs/wire-format.md shows what really goes over the wire: its JSON is compared with what the example
// records.
#include "../../docs/snippets/wire_example.hpp"
#include "support/markdown.hpp"
#include "support/temporary_directory.hpp"
#include <llmtrace/llmtrace.hpp>
#include <llmtrace/testing.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <map>
#include <memory>

using namespace std::chrono_literals;

namespace {

std::shared_ptr<llmtrace::FakeClock> example_clock() {
  static const auto clock = std::make_shared<llmtrace::FakeClock>();
  return clock;
}

}  // namespace

std::string call_model(const std::string&) {
  example_clock()->advance(812'400us);
  return "On its way.";
}

bool call_tool(int) {
  example_clock()->advance(3'000'125us);
  return false;
}

namespace llmtrace::testing_support {
namespace {

using nlohmann::json;
using Items = std::map<std::string, json>;  // by what they are and which

// Ids that look as ids do, the same each time (splitmix64).
class ExampleIds final : public IdSource {
 public:
  std::uint64_t next() noexcept override {
    std::uint64_t mixed = state_ += 0x9e3779b97f4a7c15ULL;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9ULL;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebULL;
    return mixed ^ (mixed >> 31);
  }

 private:
  std::uint64_t state_ = 2026;
};

// What differs from machine to machine.
json portable(json item) {
  if (!item.contains("resource")) return item;
  json& resource = item["resource"];
  EXPECT_TRUE(resource.at("host.name").is_string());
  EXPECT_TRUE(resource.at("process.pid").is_number_integer());
  resource["host.name"] = "web-3";
  resource["process.pid"] = 4242;
  resource["process.executable.name"] = "support-bot";
  return item;
}

std::string key_of(const json& item) {
  if (item.contains("span_type")) return "span " + item.at("name").get<std::string>();
  return "trace " + item.at("status").get<std::string>();
}

Items recorded(const std::string& lines) {
  Items items;
  for (const std::string& line : lines_of(lines)) {
    const json parsed = json::parse(line);
    const json item = portable(parsed.begin().value());
    EXPECT_TRUE(items.emplace(key_of(item), item).second) << "twice: " << key_of(item);
  }
  return items;
}

Items documented() {
  Items items;
  for (const MarkdownBlock& block : blocks_of(contents(LLMTRACE_TREE "/docs/wire-format.md"))) {
    if (block.language != "json") continue;
    std::string text;
    for (const std::string& line : block.lines) text += line + "\n";
    const json item = json::parse(text);
    items.emplace(key_of(item), item);
  }
  return items;
}

TEST(WireFormat, is_what_the_documentation_shows) {
  const TemporaryDirectory directory;
  Options options;
  options.project = "support-bot";
  options.environment = "production";
  options.release = "1.4.2";
  options.exporter = "file:" + directory.file("example.jsonl");
  options.read_environment = false;
  options.batch.flush_interval = std::chrono::minutes{10};  // shown as running when the example flushes
  options.clock = example_clock();
  options.id_source = std::make_shared<ExampleIds>();
  auto tracing = Tracer::init(options);
  record_wire_example();
  EXPECT_TRUE(tracing.close());

  const Items real = recorded(contents(directory.file("example.jsonl")));
  const Items shown = documented();
  for (const auto& [key, item] : real)
    EXPECT_EQ(shown.count(key) != 0 ? shown.at(key) : json{}, item) << key << " is really\n" << item.dump(2);
  EXPECT_EQ(shown.size(), real.size());
}

}  // namespace
}  // namespace llmtrace::testing_support
