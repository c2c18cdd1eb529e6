// What an exchange costs: what the provider says it charges, else what the tables say. The built-in table is
// extended and overridden by a file.
#pragma once

#include "llm/facts.hpp"
#include "llm/money.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace llmtrace::llm {

enum class CostSource : std::uint8_t { caller, provider, table };

struct CostPart {
  std::string_view name;  // input, input_cached, input_cache_write, input_cache_write_1h, output, request, …
  Money amount;
};

struct Cost {
  Money total;
  std::vector<CostPart>
      parts;  // of non-zero counts; their sum is the total. Empty where the provider said one sum
  CostSource source = CostSource::table;
  std::string table;  // its date, or the name of the file
  std::string note;   // what the price is not exact about; usually empty

  // "provider", "table 2026-11-21"
  [[nodiscard]] std::string source_text() const;
};

enum class CostOutcome : std::uint8_t {
  known,
  no_usage,          // there is nothing to count
  unknown_provider,  // no table for it
  unknown_model,     // the caller warns once for each name
};

struct CostResult {
  CostOutcome outcome = CostOutcome::no_usage;
  std::optional<Cost> cost;  // set when the outcome is `known`
};

struct PricedUsage {
  std::string_view provider;  // may be empty: then the model's name decides
  std::string_view model;
  std::string_view other_model = {};  // asked when the first one is not in the table
  std::string_view service_tier = {};
  const Usage* usage = nullptr;
};

// Not synchronised: the worker's. May throw std::bad_alloc.
class PriceBook {
 public:
  PriceBook();
  ~PriceBook();
  PriceBook(PriceBook&&) noexcept;
  PriceBook& operator=(PriceBook&&) noexcept;

  // A file in the format of the table. Read now, and again by refresh() when it has changed; while it cannot
  // be read the prices stay as they are.
  void set_file(std::string path);
  // One stat(); true when the file was read again.
  bool refresh();
  // Why the file was not read; empty when it was.
  [[nodiscard]] const std::string& problem() const noexcept { return problem_; }

  // `time` is when the exchange began, in seconds since 1970.
  [[nodiscard]] CostResult cost_of(const Facts& facts, std::int64_t time) const;
  [[nodiscard]] CostResult cost_of(const PricedUsage& used, std::int64_t time) const;

 private:
  struct Tables;
  void read_file();

  std::unique_ptr<Tables> tables_;
  std::string path_;
  std::string problem_;
};

}  // namespace llmtrace::llm
