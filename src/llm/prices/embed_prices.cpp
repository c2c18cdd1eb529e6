// embed_prices OUTPUT DATE TABLE…: makes tables of prices into a source file. Leaves out what no cost needs,
// and fails on a table that the library could not read.
#include "llm/json_scanner.hpp"
#include "llm/prices/price_table.hpp"

#include <cstdio>
#include <exception>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace {

using namespace llmtrace::llm;

std::string read_file(const char* path) {
  std::ostringstream text;
  const std::ifstream file{path, std::ios::binary};
  if (!file) throw std::runtime_error{std::string{"cannot read "} + path};
  text << file.rdbuf();
  return text.str();
}

// Copies the members that are asked for, which are all captured as JSON.
class Copier final : public JsonTarget {
 public:
  void problem(Problem, std::string_view detail) override {
    throw std::runtime_error{"cannot read " + std::string{detail}};
  }
  std::string json = "[";
  std::string members;
  std::string models;
};

void add_to(std::string& members, std::string_view key, std::string_view json) {
  if (!members.empty()) members += ',';
  members.append("\"").append(key).append("\":").append(json);
}

std::string quoted(std::string_view text) {
  if (text.find_first_of("\"\\") != std::string_view::npos) throw std::runtime_error{"an id needs an escape"};
  return "\"" + std::string{text} + "\"";
}

void begin_provider(Copier& copier, const JsonValue&) {
  copier.members.clear();
  copier.models.clear();
}
void copy_id(Copier& copier, const JsonValue& value) { add_to(copier.members, "id", quoted(value.text)); }
void copy_provider_match(Copier& copier, const JsonValue& value) {
  add_to(copier.members, "provider_match", value.text);
}
void copy_model_match(Copier& copier, const JsonValue& value) {
  add_to(copier.members, "model_match", value.text);
}
void copy_fallbacks(Copier& copier, const JsonValue& value) {
  add_to(copier.members, "fallback_model_providers", value.text);
}
void copy_tiers(Copier& copier, const JsonValue& value) {
  add_to(copier.members, "service_tiers", value.text);
}
void copy_factor(Copier& copier, const JsonValue& value) {
  add_to(copier.members, "cache_write_1h_of_input", value.text);
}
void begin_model(Copier& copier, const JsonValue&) { copier.models += copier.models.empty() ? "{" : ",{"; }
void copy_model_id(Copier& copier, const JsonValue& value) {
  copier.models.append("\"id\":").append(quoted(value.text));
}
void copy_match(Copier& copier, const JsonValue& value) {
  copier.models.append(",\"match\":").append(value.text);
}
void copy_prices(Copier& copier, const JsonValue& value) {
  copier.models.append(",\"prices\":").append(value.text);
}
void end_model(Copier& copier, const JsonValue&) { copier.models += '}'; }
void end_provider(Copier& copier, const JsonValue&) {
  if (copier.json.size() > 1) copier.json += ',';
  if (!copier.models.empty()) add_to(copier.members, "models", "[" + copier.models + "]");
  copier.json += "{" + copier.members + "}";
}

constexpr JsonRow rows[] = {
    row<&begin_provider>("[]", take::enter),
    row<&copy_id>("[].id", take::text),
    row<&copy_provider_match>("[].provider_match", take::object),
    row<&copy_model_match>("[].model_match", take::object),
    row<&copy_fallbacks>("[].fallback_model_providers", take::array),
    row<&copy_tiers>("[].service_tiers", take::object),
    row<&copy_factor>("[].cache_write_1h_of_input", take::number),
    row<&begin_model>("[].models[]", take::enter),
    row<&copy_model_id>("[].models[].id", take::text),
    row<&copy_match>("[].models[].match", take::object),
    row<&copy_prices>("[].models[].prices", take::object | take::array),
    row<&end_model>("[].models[]", take::leave),
    row<&end_provider>("[]", take::leave),
};

std::string shortened(const std::string& json) {
  const JsonTable table{{{rows}}};
  Copier copier;
  JsonScanner scanner{table, copier};
  scanner.feed(json);
  scanner.end_document();
  copier.json += "]";
  std::string problem;
  if (!parse_prices(copier.json, problem)) throw std::runtime_error{"no table of prices: " + problem};
  return std::move(copier.json);
}

void write_array(std::ostream& to, std::size_t number, const std::string& text) {
  to << "constexpr char table_" << number << "[] = {";
  std::size_t column = 0;
  for (const char byte : text) to << (column++ % 24 == 0 ? "\n" : "") << static_cast<int>(byte) << ",";
  to << "\n};\n";
}

void embed(const char* output, const char* date, const char* const* files, std::size_t count) {
  std::ostringstream text;
  text << "#include \"llm/prices/built_in_prices.hpp\"\n\nnamespace llmtrace::llm {\nnamespace {\n\n";
  for (std::size_t i = 0; i < count; ++i) write_array(text, i, shortened(read_file(files[i])));
  text << "constexpr std::string_view tables[] = {\n";
  for (std::size_t i = 0; i < count; ++i) text << "{table_" << i << ", sizeof table_" << i << "},\n";
  const std::string day = read_file(date).substr(0, 10);
  text << "};\n\n}  // namespace\n\n"
       << "std::span<const std::string_view> built_in_prices() noexcept { return tables; }\n"
       << "std::string_view built_in_prices_date() noexcept { return \"" << day << "\"; }\n\n"
       << "}  // namespace llmtrace::llm\n";
  std::ofstream file{output, std::ios::binary};
  if (!(file << text.str() << std::flush)) throw std::runtime_error{std::string{"cannot write "} + output};
}

}  // namespace

int main(int count, char** arguments) try {
  if (count < 4) throw std::invalid_argument{"usage: embed_prices OUTPUT DATE TABLE..."};
  embed(arguments[1], arguments[2], arguments + 3, static_cast<std::size_t>(count - 3));
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "embed_prices: %s\n", error.what());
  return 1;
}
