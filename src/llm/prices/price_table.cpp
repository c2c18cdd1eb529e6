#include "llm/prices/price_table.hpp"

#include "llm/prices/name_pattern.hpp"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <utility>

namespace llmtrace::llm {
namespace {

constexpr std::int64_t seconds_in_day = 86'400;

std::string lower(std::string_view text) {
  std::string low{text};
  std::transform(low.begin(), low.end(), low.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return low;
}

struct Name {
  std::string_view convention;
  std::string_view table;
};

// Where the table's rules would not find the provider by its name in the conventions, or find another one.
constexpr Name names[] = {
    {"azure.ai.openai", "azure"}, {"azure.ai.inference", "azure"},
    {"aws.bedrock", "aws"},       {"gcp.gemini", "google"},
    {"gcp.vertex_ai", "google"},  {"gcp.gen_ai", "google"},
    {"mistral_ai", "mistral"},    {"x_ai", "x-ai"},
    {"together_ai", "together"},  {"moonshot_ai", "moonshotai"},
    {"zhipu_ai", "zhipuai"},
};

// Models are also called by where they stand: "models/gemini-2.5-flash".
std::string_view without_folder(std::string_view model) {
  for (const std::string_view folder : {"models/", "publishers/google/models/"}) {
    if (model.starts_with(folder)) return model.substr(folder.size());
  }
  return model;
}

}  // namespace

bool MatchRule::matches(std::string_view name) const {
  const auto does = [&](const MatchRule& rule) { return rule.matches(name); };
  switch (kind) {
    case Kind::never: return false;
    case Kind::equals: return name == text;
    case Kind::starts_with: return name.starts_with(text);
    case Kind::ends_with: return name.ends_with(text);
    case Kind::contains: return name.find(text) != std::string_view::npos;
    case Kind::pattern: return matches_name_pattern(text, name);
    case Kind::any_of: return std::any_of(rules.begin(), rules.end(), does);
    case Kind::all_of: return !rules.empty() && std::all_of(rules.begin(), rules.end(), does);
  }
  return false;
}

Money Price::at(std::uint64_t input_tokens) const noexcept {
  Money price = each;
  std::uint64_t reached = 0;
  for (const Tier& tier : tiers) {
    if (input_tokens > tier.above && tier.above >= reached) {
      price = tier.each;
      reached = tier.above;
    }
  }
  return price;
}

bool Validity::holds(std::int64_t time) const noexcept {
  if (from && time < *from) return false;
  if (!begin_second_of_day || !end_second_of_day) return true;
  const auto second = static_cast<std::int32_t>((time % seconds_in_day + seconds_in_day) % seconds_in_day);
  const bool after = second >= *begin_second_of_day;
  const bool before = second < *end_second_of_day;
  return *begin_second_of_day <= *end_second_of_day ? after && before : after || before;
}

const PriceList* ModelPrices::at(std::int64_t time) const noexcept {
  const auto found = std::find_if(lists.rbegin(), lists.rend(),
                                  [&](const PriceList& list) { return list.validity.holds(time); });
  return found != lists.rend() ? &*found : nullptr;
}

const ModelPrices* ProviderPrices::find(std::string_view model) const {
  const std::string low = lower(without_folder(model));
  const auto found = std::find_if(models.begin(), models.end(),
                                  [&](const ModelPrices& one) { return one.match.matches(low); });
  return found != models.end() ? &*found : nullptr;
}

const ProviderPrices* PriceTable::find_by_id(std::string_view id) const {
  const auto found = std::find_if(providers.begin(), providers.end(),
                                  [&](const ProviderPrices& one) { return one.id == id; });
  return found != providers.end() ? &*found : nullptr;
}

const ProviderPrices* PriceTable::find_provider(std::string_view name) const {
  for (const Name& known : names) {
    if (known.convention != name) continue;
    if (const ProviderPrices* provider = find_by_id(known.table)) return provider;
  }
  if (const ProviderPrices* provider = find_by_id(name)) return provider;
  const std::string low = lower(name);
  const auto found = std::find_if(providers.begin(), providers.end(),
                                  [&](const ProviderPrices& one) { return one.match.matches(low); });
  return found != providers.end() ? &*found : nullptr;
}

const ProviderPrices* PriceTable::find_by_model(std::string_view model) const {
  const std::string low = lower(without_folder(model));
  const auto found = std::find_if(providers.begin(), providers.end(),
                                  [&](const ProviderPrices& one) { return one.model_match.matches(low); });
  return found != providers.end() ? &*found : nullptr;
}

namespace {

template <typename Item>
Item* find_same(std::vector<Item>& items, const std::string& id) {
  const auto found = std::find_if(items.begin(), items.end(), [&](const Item& one) { return one.id == id; });
  return found != items.end() ? &*found : nullptr;
}

void merge_tiers(std::vector<ServiceTier>& into, std::vector<ServiceTier>&& from) {
  if (!from.empty()) into = std::move(from);
}

void merge_provider(ProviderPrices& into, ProviderPrices&& from) {
  if (from.match.kind != MatchRule::Kind::never) into.match = std::move(from.match);
  if (from.model_match.kind != MatchRule::Kind::never) into.model_match = std::move(from.model_match);
  if (!from.fallbacks.empty()) into.fallbacks = std::move(from.fallbacks);
  merge_tiers(into.service_tiers, std::move(from.service_tiers));
  if (from.cache_write_1h_thousandths) into.cache_write_1h_thousandths = from.cache_write_1h_thousandths;
  for (ModelPrices& model : from.models) {
    std::erase_if(into.models, [&](const ModelPrices& one) { return one.id == model.id; });
  }
  into.models.insert(into.models.begin(), std::make_move_iterator(from.models.begin()),
                     std::make_move_iterator(from.models.end()));
}

}  // namespace

void PriceTable::merge(PriceTable&& other) {
  std::size_t added = 0;
  for (ProviderPrices& provider : other.providers) {
    if (ProviderPrices* const same = find_same(providers, provider.id)) {
      merge_provider(*same, std::move(provider));
    } else {
      providers.insert(providers.begin() + static_cast<std::ptrdiff_t>(added++), std::move(provider));
    }
  }
}

}  // namespace llmtrace::llm
