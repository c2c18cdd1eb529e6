// Prices by provider and model, as pydantic/genai-prices publishes them, with a few members of our own.
// Prices are per million tokens in the file and per token here.
#pragma once

#include "llm/money.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace llmtrace::llm {

// {"equals": …}, {"starts_with": …}, {"ends_with": …}, {"contains": …}, {"regex": …}, {"or": […]}, {"and":
// […]}
struct MatchRule {
  enum class Kind : std::uint8_t { never, equals, starts_with, ends_with, contains, pattern, any_of, all_of };

  Kind kind = Kind::never;
  std::string text;  // in lower case, but for a pattern
  std::vector<MatchRule> rules;

  // `name` is in lower case.
  [[nodiscard]] bool matches(std::string_view name) const;
};

// What one token costs, dearer beyond a number of input tokens.
struct Price {
  struct Tier {
    std::uint64_t above;
    Money each;
  };

  Money each;
  std::vector<Tier> tiers;

  [[nodiscard]] Money at(std::uint64_t input_tokens) const noexcept;
};

using MaybePrice = std::optional<Price>;

// When a price list holds: from a day on, or during hours of the day (UTC, may reach over midnight).
struct Validity {
  std::optional<std::int64_t> from;  // seconds since 1970
  std::optional<std::int32_t> begin_second_of_day;
  std::optional<std::int32_t> end_second_of_day;

  [[nodiscard]] bool holds(std::int64_t time) const noexcept;
};

struct PriceList {
  Validity validity;
  MaybePrice input;
  MaybePrice output;
  MaybePrice cache_read;
  MaybePrice cache_write;  // that lives 5 minutes, or as long as it lives where there is one kind
  MaybePrice cache_write_1h;
  MaybePrice input_audio;
  MaybePrice output_audio;
  MaybePrice cache_audio_read;
  MaybePrice input_image;
  MaybePrice output_image;
  MaybePrice output_reasoning;
  MaybePrice request;
};

// What all prices are multiplied by in a service tier: "flex" 0.5.
struct ServiceTier {
  std::string name;
  std::int64_t thousandths;
};

struct ModelPrices {
  std::string id;
  MatchRule match;
  std::vector<PriceList> lists;
  std::vector<ServiceTier> service_tiers;

  // The last list that holds at that time.
  [[nodiscard]] const PriceList* at(std::int64_t time) const noexcept;
};

struct ProviderPrices {
  std::string id;
  MatchRule match;                     // of a provider's name
  MatchRule model_match;               // of models that are this provider's where no provider is known
  std::vector<std::string> fallbacks;  // providers whose models it also serves at their price
  std::vector<ServiceTier> service_tiers;
  std::optional<std::int64_t> cache_write_1h_thousandths;  // of the price of input
  std::vector<ModelPrices> models;

  [[nodiscard]] const ModelPrices* find(std::string_view model) const;
};

struct PriceTable {
  std::vector<ProviderPrices> providers;

  [[nodiscard]] const ProviderPrices* find_by_id(std::string_view id) const;
  // By the conventions' name ("azure.ai.openai"), an id, or what the table's rules say.
  [[nodiscard]] const ProviderPrices* find_provider(std::string_view name) const;
  [[nodiscard]] const ProviderPrices* find_by_model(std::string_view model) const;
  // Providers and models of `other` replace those of the same id and are asked before the others.
  void merge(PriceTable&& other);
};

// Reads the JSON of a table; nothing, and `problem`, when it is none.
[[nodiscard]] std::optional<PriceTable> parse_prices(std::string_view json, std::string& problem);

}  // namespace llmtrace::llm
