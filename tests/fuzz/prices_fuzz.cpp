#include "fuzz/fuzz_input.hpp"
#include "llm/prices/price_table.hpp"

#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace llmtrace;
  const std::string_view json{reinterpret_cast<const char*>(data), size};
  std::string problem;
  auto table = llm::parse_prices(json, problem);
  fuzz::require(table.has_value() == problem.empty(), "a refusal has a reason");
  if (!table) return 0;
  for (const auto& provider : table->providers) {
    if (const auto* model = provider.find("gpt-4o-20250101")) (void)model->at(1'780'000'000);
  }
  (void)table->find_provider("openai");
  (void)table->find_by_model("o3-mini");
  llm::PriceTable other = *table;
  table->merge(std::move(other));
  return 0;
}
